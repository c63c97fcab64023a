// Whole tiny runs, from files to report.
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { assertNotMatch, assertStringIncludes } from "@std/assert";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import type { PlanEvent, ResultEvent, TrainEvent } from "../../../../train/jobs/train/events.ts";
import { train } from "../../../../train/jobs/train/train.ts";
import { VERSION } from "../../../../train/jobs/disk/version.ts";
import {
  frameName,
  runContent,
  tinyConfig,
  tinyFiles,
  trainToEnd,
  withTinyData,
} from "../../fixtures/tiny_run.ts";
import { withFolder } from "../../fixtures/temporary.ts";

/** The end of a run. */
function resultOf(events: readonly TrainEvent[]): ResultEvent {
  const last = events.at(-1);
  assert(last?.type === "result");
  return last;
}

/** What a run planned. */
function planOf(events: readonly TrainEvent[]): PlanEvent {
  const plan = events.find((event) => event.type === "plan");
  assert(plan && "stills" in plan);
  return plan;
}

/** The events of a type, without those of other types. */
function stagesOf(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "stage" ? [`${event.stage} ${event.reason}`] : []
  );
}

Deno.test("train() leaves a folder that explains itself", async () => {
  await withTinyData(async ({ data, runs }) => {
    const out = `${runs}/deep/run`;
    const config = tinyConfig(data);
    const events = await trainToEnd({ config, out });
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).toSorted(), [
      "baseline.safetensors",
      "config.json",
      "consistent.safetensors",
      "control.safetensors",
      "curves.svg",
      "kernels.json",
      "last.safetensors",
      "metrics.jsonl",
      "report.html",
      "results.json",
      "state.safetensors",
      "weights.safetensors",
    ]);

    const { versions, ...settings } = JSON.parse(await Deno.readTextFile(`${out}/config.json`));
    assertEquals(settings, config);
    assertEquals([versions.kymo, versions.deno], [VERSION, Deno.version.deno]);
    assert(versions.adapter.length > 0);
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("../../../../deno.json", import.meta.url)),
    );
    assertEquals(VERSION, version);

    const lines = (await Deno.readTextFile(`${out}/metrics.jsonl`)).trimEnd().split("\n");
    const told = events.filter(({ type }) => ["step", "validation", "warning"].includes(type));
    assertEquals(lines.map((line) => JSON.parse(line)), told);
    const steps = (stage: string) =>
      told.filter((event) => event.type === "step" && event.stage === stage).length;
    assertEquals(["baseline", "control", "consistent"].map(steps), [6, 4, 6]);

    const plan = planOf(events);
    assertEquals([plan.stills, plan.frames], [[4, 1, 1], 5]);
    assertEquals(plan.stages.map(({ stage, steps }) => `${stage} ${steps}`), [
      "baseline 6",
      "control 4",
      "consistent 6",
    ]);
    assertEquals(stagesOf(events), ["baseline done", "control done", "consistent done"]);

    const { table, report, weights } = resultOf(events);
    assertEquals([report, weights], [`${out}/report.html`, `${out}/weights.safetensors`]);
    assertEquals(table.rows.map(({ source }) => source), [
      "baseline",
      "control",
      "consistent",
      "filtered",
      "voted",
      "views",
      "truth",
    ]);
    const html = await Deno.readTextFile(report);
    assertStringIncludes(html, "Segmentation of video-0");
    assertNotMatch(html, /(?:src|href)="(?!data:|#)/);
    assertNotMatch(html, /@import|url\((?!#|data:|"data:)/);
    assertStringIncludes(await Deno.readTextFile(`${out}/curves.svg`), "<svg");

    const again = await trainToEnd({ config, out: `${runs}/again` });
    assertEquals(await runContent(`${runs}/again`), await runContent(out));
    assertEquals(resultOf(again).table, table);
  });
});

Deno.test("train() makes a run of its own for every seed, and a table over all", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { seed: 5, rounds: 1, control: false });
    const out = `${runs}/both`;
    const { table, weights } = resultOf(await trainToEnd({ config, out, seeds: 2 }));
    assertEquals(weights, `${out}/seed-5/weights.safetensors`);
    const names = [...Deno.readDirSync(out)].map(({ name }) => name).toSorted();
    assertEquals(
      names,
      ["config.json", "curves.svg", "kernels.json", "report.html", "seed-5", "seed-6"],
    );
    for (const { source, values } of table.rows) {
      assertEquals(values.area_change?.sd === undefined, source === "truth", source);
    }
    assertStringIncludes(await Deno.readTextFile(`${out}/report.html`), "over 2 seeds");
    const contents = await Promise.all([5, 6].map((seed) => runContent(`${out}/seed-${seed}`)));
    for (const name of ["baseline.safetensors", "consistent.safetensors", "metrics.jsonl"]) {
      assertNotEquals(contents[0][name], contents[1][name]);
    }
    const { seed } = JSON.parse(await Deno.readTextFile(`${out}/seed-6/config.json`));
    assertEquals(seed, 6);
    // A seed gives the same run alone as in a series.
    await trainToEnd({ config: { ...config, seed: 6 }, out: `${runs}/six` });
    assertEquals(await runContent(`${runs}/six`), contents[1]);
  }, { videos: [3], stills: 4 });
});

Deno.test("train() works without video, without validation and without test stills", async () => {
  await withTinyData(async ({ data, runs }) => {
    const alone: SettingChange = { video: [], truth: "", rounds: 1 };
    const flicker = [
      ...["area_change", "dice_instability", "death_rate", "birth_rate", "blink_rate"],
      ...["pairs", "death_objects", "birth_objects", "blink_objects"],
    ];
    const cases: [SettingChange, stages: string[], columns: string[]][] = [
      [alone, ["baseline done"], ["ap50_stills", "mean_ap_stills"]],
      [{ ...alone, validation: 0, test: 0 }, ["baseline done"], []],
      [
        {
          truth: "",
          test: 0,
          validation: 0,
          rounds: 1,
          control: false,
          videoNormalization: "frame",
        },
        ["baseline done", "consistent done"],
        flicker,
      ],
      [{ ...alone, video: [`${data}/video-0`], rounds: 0 }, ["baseline done"], [
        ...["ap50_stills", "mean_ap_stills"],
        ...flicker,
      ]],
    ];
    for (const [i, [change, stages, columns]] of cases.entries()) {
      const out = `${runs}/${i}`;
      const config = tinyConfig(data, { exposure: 1, ...change });
      const events = await trainToEnd({ config, out });
      assertEquals(stagesOf(events), stages);
      const { table, report } = resultOf(events);
      assertEquals(table.columns.map(({ key }) => key), columns);
      const title = change.video && i < 2 ? "Segmentation of stills" : "Segmentation of video-0";
      assertStringIncludes(await Deno.readTextFile(report), title);
    }
  }, { videos: [3], stills: 4 });
});

Deno.test("train() learns from several videos, pairs of frames two apart", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, {
      ...{ video: [`${data}/video-0`, `${data}/video-1`], gap: 2, rounds: 1, control: false },
      ...{ unit: "epochs", pairs: 2, segmentationShare: 1 },
    });
    const events = await trainToEnd({ config, out: `${runs}/run` });
    assertEquals(planOf(events).frames, 7);
    // Two stills are one batch; two and one pairs of frames are two.
    assertEquals(planOf(events).stages.at(-1), { stage: "consistent", steps: 1 + 2 });
    assertEquals(stagesOf(events), ["baseline done", "consistent done"]);
  }, { videos: [4, 3], stills: 4 });
});

Deno.test("train() refuses a folder that holds a run, and leaves it alone", async () => {
  await withTinyData(async ({ data, runs }) => {
    await Deno.writeTextFile(`${runs}/config.json`, "{}");
    await assertRejects(
      () => trainToEnd({ config: tinyConfig(data), out: runs }),
      Error,
      `Cannot train into ${runs}: it already holds a run; add --resume or give another --out`,
    );
    assertEquals([...Deno.readDirSync(runs)].map(({ name }) => name), ["config.json"]);
  });
});

Deno.test("train() finds what is wrong before it makes a run of it", async () => {
  await withTinyData(async ({ data, runs }) => {
    const cases: [SettingChange, message: string][] = [
      [{ video: [`${data}/video-0`], truth: "" }, "it has 1 frame, at least 2 are needed"],
      [{ video: [], truth: "", validation: 0.5, test: 0.4 }, "leave none to learn from"],
      [{ stills: `${data}/nowhere` }, `${data}/nowhere: it does not exist`],
      [{ base: 0 }, "base is 0"],
    ];
    for (const [i, [change, message]] of cases.entries()) {
      const out = `${runs}/${i}`;
      await assertRejects(
        () => trainToEnd({ config: tinyConfig(data, change), out }),
        Error,
        message,
      );
      const files = await Deno.stat(`${out}/config.json`).catch(() => null);
      assertEquals(files, null);
    }
    for (const seeds of [0, -1, 1.5]) {
      await assertRejects(
        () => trainToEnd({ config: tinyConfig(data), out: `${runs}/x`, seeds }),
        RangeError,
        `seeds is ${seeds}, expected a whole number ≥ 1`,
      );
    }
    await Deno.writeTextFile(`${runs}/file`, "");
    const config = tinyConfig(data, { video: [], truth: "" });
    await assertRejects(
      () => trainToEnd({ config, out: `${runs}/file` }),
      Error,
      `Cannot create ${runs}/file: `,
    );
  }, { videos: [1], stills: 2 });
});

Deno.test("train() refuses frames of which no two follow each other, unless they are taken in order", async () => {
  const files = tinyFiles({ videos: [8] });
  for (const t of [1, 2, 4, 5, 6]) delete files[`video-0/${frameName("t", t)}`];
  await withFolder(files, async (data) => {
    const events = trainToEnd({ config: tinyConfig(data), out: `${data}/run` });
    const says = "Cannot train on video-0: no 2 frames follow each other 1 apart by their numbers";
    await assertRejects(() => events, RangeError, says);
    await assertRejects(() => Deno.stat(`${data}/run/config.json`), Deno.errors.NotFound);
    const config = tinyConfig(data, { neighbours: "order", rounds: 1, control: false });
    assertEquals(stagesOf(await trainToEnd({ config, out: `${data}/in-order` })), [
      ...["baseline done", "consistent done"],
    ]);
  });
});

Deno.test("train() stops with the path when a file cannot be written, and goes on from there", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { control: false, rounds: 1 });
    const out = `${runs}/run`;
    // A folder in place of a file: every write to it fails, whoever runs the test.
    for (const name of ["metrics.jsonl", "state.safetensors", "weights.safetensors"]) {
      await Deno.mkdir(`${out}/${name}/in the way`, { recursive: true });
      await assertRejects(() => trainToEnd({ config, out, resume: true }), Error, `${out}/${name}`);
      await Deno.remove(`${out}/${name}`, { recursive: true });
      const left = [...Deno.readDirSync(out)].map(({ name }) => name);
      assertEquals(left.filter((name) => name.endsWith(".tmp")), []);
    }
    await trainToEnd({ config, out, resume: true });
    await trainToEnd({ config, out: `${runs}/whole` });
    assertEquals(await runContent(out), await runContent(`${runs}/whole`));
  }, { videos: [3], stills: 4 });
});

Deno.test("train() refuses to resume from another network and from damaged files", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { rounds: 0 });
    const out = `${runs}/run`;
    for await (const { type } of train({ config, out })) if (type === "validation") break;
    await assertRejects(
      () => trainToEnd({ config: { ...config, base: 4 }, out, resume: true }),
      RangeError,
      `Cannot use ${out}/state.safetensors: `,
    );
    const state = await Deno.readFile(`${out}/state.safetensors`);
    await Deno.writeFile(`${out}/state.safetensors`, state.subarray(0, state.length / 2));
    await assertRejects(
      () => trainToEnd({ config, out, resume: true }),
      SyntaxError,
      `Cannot resume from ${out}/state.safetensors: it is damaged; remove it`,
    );
    await Deno.remove(`${out}/state.safetensors`);
    await trainToEnd({ config, out, resume: true });
    await trainToEnd({ config, out: `${runs}/whole` });
    assertEquals(await runContent(out), await runContent(`${runs}/whole`));
  }, { videos: [3], stills: 4 });
});

Deno.test("train() measures only the frames that have truth", async () => {
  await withTinyData(async ({ data, runs }) => {
    await Deno.remove(`${data}/truth/${frameName("man_seg", 1)}`);
    const config = tinyConfig(data, { rounds: 0 });
    const { table } = resultOf(await trainToEnd({ config, out: `${runs}/run` }));
    const keys = table.columns.map(({ key }) => key);
    assert(keys.includes("ap50_video") && keys.includes("seg"));
    assert(!keys.some((key) => key.startsWith("excess")), `${keys}`);
  }, { videos: [3], stills: 4 });
});
