import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { dirname } from "node:path";
import {
  changeConfig,
  configOf,
  holotomographyConfig,
} from "../../../../train/jobs/train/config.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { trainHolotomography } from "../../../../train/jobs/train/holotomography.ts";
import { decodeFocusTable } from "../../../../train/images/series/focus_table.ts";
import { readModelFile } from "../../../../train/jobs/disk/model_files.ts";
import { readingOf } from "../../../../train/models/model_file.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import { type SynthStackFiles, synthStackFiles } from "../../../../train/jobs/synth_files.ts";
import { train } from "../../../../train/jobs/train/train.ts";
import { filesIn, withFolder } from "../../fixtures/temporary.ts";
import { tinyConfig, trainToEnd, withTinyData } from "../../fixtures/tiny_run.ts";

/** Tiny stacks, and an empty folder for runs. */
async function withStacks(
  use: (files: SynthStackFiles, runs: string) => Promise<void>,
): Promise<void> {
  await withFolder({}, async (folder) => {
    const out = `${folder}/data`;
    await use(
      await synthStackFiles({ out, stills: 4, frames: 4, size: 32, depth: 9 }),
      `${folder}/runs`,
    );
  });
}

function configFor({ stills, movie, truth, dots, focus }: SynthStackFiles, change: SettingChange) {
  return changeConfig(tinyConfig(""), {
    change: {
      ...{ stills, video: [movie], truth, markers: dots, focus, planes: 1 },
      ...{ test: 0.25, depthGap: 2 },
      ...change,
    },
    source: "the test",
  });
}

Deno.test("a run on z-stacks learns from the planes around focus, and predicts with a focus table", async () => {
  await withStacks(async (files, runs) => {
    const config = configFor(files, { depthPairs: true });
    const events = await trainToEnd({ config, out: `${runs}/a` });
    const result = events.find((event) => event.type === "result")!;
    const row = result.table.rows.find(({ source }) => source === "consistent")!;
    assert(Number.isFinite(row.values.area_change?.mean));
    assert(Number.isFinite(row.values.dots?.mean));
    const kinds = new Set(
      (await Deno.readTextFile(`${runs}/a/metrics.jsonl`)).trim().split("\n")
        .map((line) => JSON.parse(line)).filter(({ type }) => type === "step")
        .map(({ kind }) => kind),
    );
    assertEquals([...kinds].toSorted(), ["consistency", "depth", "segmentation"]);
    const model = await readModelFile(`${runs}/a`);
    assertEquals(readingOf(model).planes, 1);
    assertEquals(model.weights.tensors.get("down.0.0.weight")?.shape, [2, 3, 3, 3]);

    const out = `${runs}/labels`;
    const options = { model: `${runs}/a`, inputs: [files.movie], out };
    await Array.fromAsync(predict({ ...options, focus: files.focus }));
    const names = (await Array.fromAsync(Deno.readDir(out), ({ name }) => name)).toSorted();
    assertEquals(names, ["predict.json", "t000.tif", "t001.tif", "t002.tif", "t003.tif"]);
    await assertRejects(
      () => Array.fromAsync(predict({ ...options, overwrite: true })),
      Error,
      "give a table of focus planes (.csv) or the folder of a run of model focus",
    );
  });
});

Deno.test("a focus model finds planes, and trains and predicts with what it finds", async () => {
  await withStacks(async (files, runs) => {
    const focusRun = `${runs}/focus`;
    const focusConfig = changeConfig(configFor(files, {}), {
      change: { model: "focus", warmup: 4, patch: 32, pairs: 2, validateEvery: 2, planes: 0 },
      source: "the test",
    });
    const events = await Array.fromAsync(train({ config: focusConfig, out: focusRun }));
    assertEquals(events.at(-1), {
      ...{ type: "stage", seed: focusConfig.seed, stage: "focus", reason: "done" },
      weights: `${focusRun}/weights.safetensors`,
    });
    assertGreater(events.filter(({ type }) => type === "validation").length, 0);

    const found = `${runs}/found`;
    const finding = { model: focusRun, inputs: [files.movie], out: found };
    const told = await Array.fromAsync(predict(finding));
    assertEquals(told.filter(({ type }) => type === "focus").length, 4);
    const table = `${found}/focus.csv`;
    const rows = decodeFocusTable(await Deno.readTextFile(table), table);
    assertEquals(rows.map(({ stack }) => stack), ["t000", "t001", "t002", "t003"]);
    assertEquals((await Array.fromAsync(predict(finding))).at(-1), {
      ...{ type: "done", out: found, written: 0, kept: 1, table },
    });

    const config = configFor(files, { focus: focusRun, warmup: 2, rounds: 1 });
    await Array.fromAsync(train({ config, out: `${runs}/b` }));
    const out = `${runs}/labels`;
    await Array.fromAsync(predict({ model: `${runs}/b`, inputs: [files.movie], out }));
    assertEquals((await Array.fromAsync(Deno.readDir(out))).length, 4 + 1);
  });
});

Deno.test("a volume without labels makes a model of 2D stills consistent in depth, without a video", async () => {
  await withStacks(async ({ movie }, runs) => {
    await withTinyData(async ({ data }) => {
      const change = { video: [], truth: "", volume: [movie], depthGap: 2, control: false };
      const events = await trainToEnd({ config: tinyConfig(data, change), out: `${runs}/a` });
      const kinds = events.flatMap((event) => event.type === "step" ? [event.kind] : []);
      assertEquals([...new Set(kinds)].toSorted(), ["depth", "segmentation"]);
      const validations = events.filter((event) => event.type === "validation");
      assert(validations.at(-1)!.depth! > 0);
      assertEquals(validations.map(({ consistency }) => consistency), validations.map(() => null));
    }, { stills: 4, videos: [] });
  });
});

Deno.test("train() says what a focus model needs", async () => {
  await withStacks(async (files, runs) => {
    const focus = (change: SettingChange) =>
      Array.fromAsync(train({
        config: configFor(files, { model: "focus", planes: 0, ...change }),
        out: `${runs}/none`,
      }));
    await assertRejects(() => focus({ focus: "" }), RangeError, "--focus a table (.csv)");
    const other = `${files.stills}/other.csv`;
    await Deno.writeTextFile(other, "stack,plane\nelsewhere,1\n");
    await assertRejects(() => focus({ focus: other }), RangeError, "names none of the 4 stacks");
  });
});

Deno.test("trainHolotomography() goes from stacks to a report, also after an interruption", async () => {
  await withFolder({}, async (out) => {
    const config = {
      ...tinyConfig("", { stills: "", video: [], truth: "", patch: 16, control: false }),
      planes: 1,
      postprocess: holotomographyConfig.postprocess!,
    };
    const options = {
      ...{ config, out },
      data: { stills: 4, frames: 3, size: 32, depth: 9 },
      focusModel: { warmup: 2, patch: 32, pairs: 1 },
    };
    for await (const event of trainHolotomography(options)) {
      if (event.type === "step" && event.stage === "focus") break;
    }
    const events = await Array.fromAsync(trainHolotomography({ ...options, resume: true }));
    assertEquals(events.at(-1)?.type, "result");
    const names = (await Array.fromAsync(Deno.readDir(out), ({ name }) => name)).toSorted();
    assertEquals(names.filter((name) => !name.includes("safetensors")), [
      ...["config.json", "curves.svg", "data", "focus", "kernels.json", "metrics.jsonl"],
      "report.html",
      "results.json",
    ]);
    assertEquals(readingOf(await readModelFile(out)).planes, 1);
    await assertRejects(
      () => Array.fromAsync(trainHolotomography(options)),
      Error,
      "already holds",
    );
  });
});

Deno.test("trainHolotomography() refuses what it cannot train before it trains a classifier for it", async () => {
  await withFolder({}, async (out) => {
    const tiny = { ...tinyConfig("", { stills: "", video: [], truth: "" }), planes: 1 };
    const data = { stills: 4, frames: 3, size: 32, depth: 9 };
    const wrong = [
      [{ field: 40 }, "field is 40"],
      [{ base: 512, memory: 8 }, "limit"],
      [{ gap: 9 }, "no 2 frames follow each other 9 apart"],
    ] as const;
    for (const [change, says] of wrong) {
      const config = { ...tiny, ...change };
      const run = () => Array.fromAsync(trainHolotomography({ config, out, data }));
      await assertRejects(run, Error, says);
      const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
      assertEquals(names, ["data"]);
    }
  });
});

Deno.test("trainHolotomography() leaves folders of others as they are", async () => {
  const config = { ...tinyConfig("", { stills: "", video: [], truth: "", patch: 16 }), planes: 1 };
  const data = { stills: 4, frames: 3, size: 32, depth: 9 };
  const weights = "focus/weights.safetensors";
  for (const mine of ["data/mine.txt", "focus/mine.txt", "data/stills/mine.txt", weights]) {
    await withFolder({ [mine]: "mine" }, async (out) => {
      const run = () => Array.fromAsync(trainHolotomography({ config, out, data }));
      await assertRejects(run, Error, `${out}/${dirname(mine).split("/")[0]}: it already holds`);
      assertEquals(Object.keys(await filesIn(out)), [mine]);
    });
  }
  for (const mine of ["data", "focus"]) {
    await withFolder({ [mine]: "mine" }, async (out) => {
      const run = () => Array.fromAsync(trainHolotomography({ config, out, data }));
      await assertRejects(run, Error, `${out}/${mine}: it is a file or a link`);
      assertEquals(Object.keys(await filesIn(out)), [mine]);
    });
  }
  // Stacks that look like the example's.
  for (const change of ["a note", "other stacks"]) {
    await withFolder({}, async (out) => {
      const isNote = change === "a note";
      const stacks = `${out}/data`;
      await synthStackFiles({ ...data, out: stacks, seed: isNote ? 1 : 2 });
      if (isNote) await Deno.writeTextFile(`${stacks}/movie/note.txt`, "mine");
      const before = await filesIn(out);
      const run = () => Array.fromAsync(trainHolotomography({ config, out, data }));
      const says = `${stacks}: it already holds ${isNote ? "movie/note.txt" : "dots/t000.tif"}`;
      await assertRejects(run, Error, says);
      assertEquals(await filesIn(out), before);
    });
  }
});

Deno.test("trainHolotomography() keeps stacks and a classifier that are what it would make", async () => {
  await withFolder({}, async (out) => {
    const config = {
      ...tinyConfig("", { stills: "", video: [], truth: "", patch: 16 }),
      planes: 1,
    };
    const data = { stills: 4, frames: 3, size: 32, depth: 9 };
    const options = { config, out, data, focusModel: { warmup: 2, patch: 32, pairs: 1 } };
    /** The stages that are planned until one of models is, and what is noted. */
    const begin = async (change: Partial<typeof options> = {}) => {
      const [stages, notes]: string[][] = [[], []];
      for await (const event of trainHolotomography({ ...options, ...change })) {
        if (event.type === "note") notes.push(event.text);
        if (event.type === "stage") assertEquals(dirname(event.weights), `${out}/focus`);
        if (event.type === "plan") stages.push(event.stages[0].stage);
        if (stages.at(-1) === "baseline") break;
      }
      return { stages, notes };
    };
    assertEquals((await begin()).stages, ["focus", "baseline"]);
    const before = await filesIn(`${out}/focus`);
    const { stages, notes } = await begin();
    assertEquals(stages, ["baseline"]);
    assertEquals(notes.filter((text) => text.includes("and kept")).length, 1);
    const other = begin({ config: { ...config, seed: 7 } });
    await assertRejects(() => other, Error, `${out}/focus: it already holds one with another`);
    assertEquals(await filesIn(`${out}/focus`), before);
    assert(!(await Array.fromAsync(Deno.readDir(out))).some(({ name }) => name === ".example"));
  });
});

Deno.test("trainHolotomography() trains its classifier whatever the losses and rates of the models", async () => {
  await withFolder({}, async (out) => {
    const change = { patience: 1, decay: "plateau", patch: 16, depth: 1, seed: 5, planes: 1 };
    const source = { source: "the test" };
    for (const model of ["stardist", "unet"]) {
      const options = {
        config: configOf({ model, ...change }, source),
        out: `${out}/${model}`,
        data: { stills: 4, frames: 3, size: 32, depth: 9 },
        focusModel: { warmup: 2, patch: 32, pairs: 1 },
      };
      for await (const event of trainHolotomography(options)) {
        if (event.type === "step" && event.stage === "baseline") break;
      }
      const config = JSON.parse(await Deno.readTextFile(`${options.out}/focus/config.json`));
      const { patience, decay, seed, warmup, validation } = config;
      const usual = configOf({ model: "focus" }, source);
      assertEquals(
        { patience, decay, seed, warmup, validation },
        { patience: 0, decay: usual.decay, seed: 5, warmup: 2, validation: usual.validation },
      );
    }
  });
});
