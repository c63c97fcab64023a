import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { experiment, type ExperimentEvent } from "../../../../train/jobs/experiment/experiment.ts";
import { holotomographyConfig, type TrainConfig } from "../../../../train/jobs/train/config.ts";
import { ownSettings, parseProtocol } from "../../../../train/jobs/experiment/protocol.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tinyConfig, withTinyData } from "../../fixtures/tiny_run.ts";

/** Settings for a protocol: those of a tiny run that an experiment does not set itself. */
function settingsOf(data: string, change: Partial<TrainConfig>): SettingChange {
  const settings = Object.entries(tinyConfig(data, change));
  return Object.fromEntries(settings.filter(([name]) => !ownSettings.includes(name)));
}

Deno.test("experiment() trains and measures what its protocol names, once", async () => {
  await withTinyData(async ({ data, runs: folder }) => {
    const settings = settingsOf(data, { warmup: 2, rounds: 1, validateEvery: 2, teacherViews: 2 });
    const recipes = ["baseline", "control-auto-votes", "teacher"];
    const protocol = { settings, recipes, measureFrom: 0.2, blocks: 2 };
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify(protocol));
    const run = async (): Promise<ExperimentEvent[]> =>
      await Array.fromAsync(experiment({ file: `${folder}/p.json`, out: `${folder}/out` }));
    const first = await run();
    const stages = first.flatMap((event) => event.type === "stage" ? [event.stage] : []);
    // The baseline is trained once, and taken as it is by the others.
    assertEquals(stages, ["baseline", "baseline", "control", "baseline", "consistent"]);
    const measured = (events: ExperimentEvent[]) =>
      events.flatMap((event) => event.type === "recipe" ? [[event.name, event.isKept]] : []);
    const names = ["baseline", "control", "control-auto-votes", "teacher"];
    assertEquals(measured(first), names.map((name) => [name, false]));
    const table = await Deno.readTextFile(`${folder}/out/comparison.md`);
    const { model } = first.findLast((event) => event.type === "comparison")!;
    assertEquals(model, `${folder}/out/seed-1/siamese/control.safetensors`);
    assert((await Deno.stat(model)).isFile);
    for (const name of names) assert(table.includes(`| ${name} `), table);
    await Deno.remove(`${folder}/out/seed-1/teacher.json`);
    const again = await run();
    assertEquals(measured(again), names.map((name) => [name, name !== "teacher"]));
    assert(again.every(({ type }) => type !== "step"));
    const seconds = /^\| [a-z-]+ +\| +1\.00 \| +\d+ \|$/gm;
    const plain = (text: string) => text.replaceAll(seconds, "");
    assertEquals(plain(await Deno.readTextFile(`${folder}/out/comparison.md`)), plain(table));
    // A recipe may be added that needs another stage of a run that is over.
    const more = { ...protocol, recipes: [...recipes, "siamese"] };
    await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify(more));
    const added = await run();
    const trained = added.flatMap((event) => event.type === "stage" ? [event.stage] : []);
    assertEquals(trained, ["consistent"]);
    assertEquals(measured(added).filter(([, isKept]) => !isKept), [["siamese", false]]);
    // A result that is damaged, or none, is told before anything is trained.
    const result = `${folder}/out/seed-1/teacher.json`;
    const whole = await Deno.readTextFile(result);
    const { video: _, ...partly } = JSON.parse(whole);
    const noFlicker = { ...JSON.parse(whole), blocks: [{ frames: 2 }, { frames: 2 }] };
    const [block] = JSON.parse(whole).blocks;
    const others = [{}, null, [], 3, partly, noFlicker, { ...JSON.parse(whole), blocks: [block] }];
    await Deno.rename(`${folder}/out/seed-1/baseline`, `${folder}/baseline`);
    for (const text of [whole.slice(0, 40), "", ...others.map((other) => JSON.stringify(other))]) {
      await Deno.writeTextFile(result, text);
      const { message } = await assertRejects(run, SyntaxError, `Cannot read ${result}: it `);
      assertStringIncludes(message, "; remove it, and its recipe is measured again");
    }
    await Deno.writeTextFile(result, whole);
    await Deno.rename(`${folder}/baseline`, `${folder}/out/seed-1/baseline`);
    await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify({ ...protocol, blocks: 3 }));
    await assertRejects(
      run,
      RangeError,
      `Cannot measure 4 frames in 3 blocks: each needs two; lower blocks or measureFrom in ${folder}/p.json`,
    );
    await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify({ ...protocol, measureFrom: 0 }));
    await assertRejects(run, Error, `Cannot go on in ${folder}/out`);
  });
});

Deno.test("experiment() takes another protocol into its folder until a run has something to show", async () => {
  await withTinyData(async ({ data, runs: folder }) => {
    const given = settingsOf(data, { warmup: 2, rounds: 1, validateEvery: 2 });
    const run = async (change: Partial<TrainConfig>): Promise<ExperimentEvent[]> => {
      const protocol = { settings: { ...given, ...change }, recipes: ["control"], blocks: 2 };
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify(protocol));
      return await Array.fromAsync(experiment({ file: `${folder}/p.json`, out: `${folder}/out` }));
    };
    const says = `or raise settings.memory in ${folder}/p.json`;
    await assertRejects(() => run({ memory: 1, patch: 32, base: 64 }), OutOfMemoryError, says);
    await assertRejects(() => run({ field: 40 }), Error, "40");
    const record = () => Deno.readTextFile(`${folder}/out/protocol.json`);
    assertStringIncludes(await record(), `"field": 40`);
    // A run that was stopped before it saved anything is none, and is begun anew.
    const baseline = `${folder}/out/seed-1/baseline`;
    await Deno.mkdir(baseline, { recursive: true });
    await Deno.writeTextFile(`${baseline}/config.json`, `{ "field": 40, "versions": {} }`);
    await Deno.writeTextFile(`${baseline}/metrics.jsonl`, `{ "former": true }\n`);
    const events = await run({});
    assertEquals(events.at(-1)?.type, "comparison");
    assertStringIncludes(await record(), `"field": 0`);
    assert(!(await Deno.readTextFile(`${baseline}/metrics.jsonl`)).includes("former"));
    const refusal = `Cannot go on in ${folder}/out: its results are those of the settings`;
    await assertRejects(() => run({ field: 2 }), Error, refusal);
    // A run that is out of memory may get more.
    assertEquals((await run({ memory: 2048 })).some(({ type }) => type === "stage"), false);
    // Earlier versions noted what an experiment sets itself, too.
    const { settings, ...others } = JSON.parse(await record());
    const former = { settings: { seed: 5, ...settings, control: false }, ...others };
    await Deno.writeTextFile(`${folder}/out/protocol.json`, JSON.stringify(former, null, 2));
    assertEquals((await run({})).some(({ type }) => type === "stage"), false);
    // Without the results, what was trained still is of the former settings.
    await Deno.remove(`${folder}/out/seed-1/control.json`);
    await assertRejects(() => run({ field: 2 }), Error, "give another --out");
    assertStringIncludes(await record(), `"field": 0`);
  });
});

Deno.test("experiment() goes on with the data that its results are of, and with no other", async () => {
  await withTinyData(async ({ data, runs: folder }) => {
    // What a link leads to is what a relative path is from another folder.
    const link = `${folder}/data`;
    await Deno.symlink(data, link);
    const settings = settingsOf(link, { warmup: 2, rounds: 1, validateEvery: 2 });
    const protocol = { settings, recipes: ["control"], blocks: 2 };
    const [file, out] = [`${folder}/p.json`, `${folder}/out`];
    await Deno.writeTextFile(file, JSON.stringify(protocol));
    const run = () => Array.fromAsync(experiment({ file, out }));
    await run();
    const refused = (setting: string, path: string) =>
      assertRejects(
        run,
        Error,
        `Cannot go on in ${out}: its results are of ${setting} ${link}/${path} as it was before it ` +
          "changed; give another --out",
      );
    const places = {
      ...{ stills: "stills/masks/s1.tif", video: "video-0/t002.tif" },
      truth: "truth/man_seg002.tif",
    };
    for (const [setting, path] of Object.entries(places)) {
      const bytes = await Deno.readFile(`${data}/${path}`);
      const other = await Deno.readFile(`${data}/${path.replace(/\d\.tif/, "3.tif")}`);
      await Deno.writeFile(`${data}/${path}`, other);
      await refused(setting, path.replace(/\/.*/, ""));
      await Deno.writeFile(`${data}/${path}`, bytes);
    }
    const record = JSON.parse(await Deno.readTextFile(`${out}/protocol.json`));
    await withTinyData(async ({ data: other }) => {
      await Deno.remove(link);
      await Deno.symlink(other, link);
      await refused("stills", "stills");
      // The same data may lie elsewhere, and earlier versions did not note what they were of.
      const before = await Deno.readTextFile(`${out}/protocol.json`);
      const { data: _, ...former } = record;
      await Deno.writeTextFile(`${out}/protocol.json`, JSON.stringify(former));
      assertEquals((await run()).some(({ type }) => type === "stage"), false);
      await Deno.writeTextFile(`${out}/protocol.json`, before);
      await Deno.remove(link);
      await Deno.rename(data, `${other}/moved`);
      await Deno.symlink(`${other}/moved`, link);
      assertEquals((await run()).some(({ type }) => type === "stage"), false);
      await Deno.rename(`${other}/moved`, data);
    }, { size: 48 });
    // A record can be used as a protocol.
    await Deno.remove(link);
    await Deno.symlink(data, link);
    const noted = await Deno.readTextFile(`${out}/protocol.json`);
    assertEquals(
      parseProtocol(noted, "it").config,
      parseProtocol(JSON.stringify(protocol), "it").config,
    );
  });
});

Deno.test("experiment() makes the stacks of the built-in holotomography, and goes on with them", async () => {
  await withFolder({}, async (folder) => {
    const { stills: _, video: _v, truth: _t, ...tiny } = settingsOf("", { warmup: 2, rounds: 1 });
    const settings = {
      ...{ ...tiny, synthetic: "holotomography", patch: 16, planes: 1 },
      ...{ postprocess: holotomographyConfig.postprocess },
    };
    const protocol = { settings, recipes: ["control-votes"], blocks: 2 };
    const run = async (change: object = {}): Promise<ExperimentEvent[]> => {
      await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify({ ...protocol, ...change }));
      return await Array.fromAsync(experiment({
        ...{ file: `${folder}/p.json`, out: `${folder}/out` },
        stacks: {
          data: { stills: 4, frames: 6, size: 32, depth: 9 },
          focusModel: { warmup: 2, patch: 32, pairs: 1 },
        },
      }));
    };
    const untrained = async (change: object, says: string) => {
      await assertRejects(() => run(change), Error, says);
      const isTrained = await Deno.stat(`${folder}/out/focus`).then(() => true, () => false);
      assert(!isTrained, "the classifier is trained for nothing");
    };
    await untrained({ blocks: 4 }, `lower blocks in ${folder}/p.json`);
    await untrained({ settings: { ...settings, field: 40 } }, "field");
    const measured = (events: ExperimentEvent[]) =>
      events.flatMap((event) => event.type === "recipe" ? [[event.name, event.isKept]] : []);
    assertEquals(measured(await run()), [["control", false], ["control-votes", false]]);
    const { video: { frames } } = JSON.parse(
      await Deno.readTextFile(`${folder}/out/seed-1/control.json`),
    );
    assertEquals(frames, 6);
    const again = await run();
    assertEquals(measured(again), [["control", true], ["control-votes", true]]);
    assert(again.every(({ type }) => type !== "step"), "nothing is trained again");
  });
});
