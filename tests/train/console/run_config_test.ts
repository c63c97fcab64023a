import { assertEquals, assertRejects } from "@std/assert";
import { changeConfig, defaultConfig, syntheticConfig } from "../../../train/jobs/train/config.ts";
import { runConfig } from "../../../train/console/run_config.ts";
import { UsageError } from "../../../train/console/usage_error.ts";
import { withFolder } from "../fixtures/temporary.ts";

/** Runs with files of JSON in a folder. */
function withJson<T>(files: Record<string, unknown>, use: (path: string) => Promise<T>) {
  const texts = Object.entries(files).map(([name, value]) => [name, JSON.stringify(value)]);
  return withFolder(Object.fromEntries(texts), use);
}

Deno.test("runConfig() without anything is the synthetic run", async () => {
  const config = await runConfig({}, { out: "nowhere" });
  assertEquals(config, { ...defaultConfig, ...syntheticConfig });
});

Deno.test("runConfig() with stills, from a flag or a file, begins with the defaults", async () => {
  await withJson({ "c.json": { stills: "s" } }, async (path) => {
    const expected = { ...defaultConfig, stills: "s" };
    assertEquals(await runConfig({ stills: "s" }, { out: "nowhere" }), expected);
    assertEquals(await runConfig({}, { out: "nowhere", file: `${path}/c.json` }), expected);
  });
});

Deno.test("runConfig() lets flags win over the file, setting by setting", async () => {
  const file = {
    stills: "s",
    video: ["a", "b"],
    control: true,
    depth: 2,
    augmentation: { noise: 0.3, elastic: { amplitude: 4 } },
    versions: { kymo: "0.0.1" },
  };
  await withJson({ "c.json": file }, async (path) => {
    const flags = {
      video: ["c"],
      control: false,
      "augmentation-noise": "0",
      "augmentation-elastic-probability": "1",
    };
    const { versions: _, ...change } = file;
    const fromFile = changeConfig(defaultConfig, { change, source: "the test" });
    assertEquals(await runConfig(flags, { out: "nowhere", file: `${path}/c.json` }), {
      ...fromFile,
      video: ["c"],
      control: false,
      augmentation: {
        ...fromFile.augmentation,
        noise: 0,
        elastic: { ...fromFile.augmentation.elastic, probability: 1 },
      },
    });
  });
});

Deno.test("runConfig() names who gave a setting that makes no sense with others", async () => {
  const files = { "c.json": { patch: 100 }, "run/config.json": { ...defaultConfig, low: 99.9 } };
  await withJson(files, async (path) => {
    const [file, out] = [`${path}/c.json`, `${path}/run`];
    const flag = runConfig({ patch: "100" }, { out: "nowhere", file });
    const expected = "expected a multiple of 8 for depth 3";
    await assertRejects(() => flag, UsageError, `Cannot use --patch 100: ${expected}`);
    const given = runConfig({ depth: "3" }, { out: "nowhere", file });
    await assertRejects(() => given, RangeError, `Cannot use ${file}: patch is 100, ${expected}`);
    const usual = runConfig({ depth: "6" }, { out: "nowhere" });
    const says = "Cannot use the default of --patch, 96: expected a multiple of 64 for depth 6";
    await assertRejects(() => usual, UsageError, says);
    const resumed = runConfig({}, { out, resume: true });
    await assertRejects(() => resumed, RangeError, `Cannot use ${out}/config.json: low is 99.9`);
  });
});

const RUN = { ...defaultConfig, stills: "s", depth: 2, control: true, versions: { kymo: "1" } };

Deno.test("runConfig() goes on with the settings of the run", async () => {
  await withJson({ "run/config.json": RUN, "c.json": { depth: 2 } }, async (path) => {
    const { versions: _, ...saved } = RUN;
    const out = `${path}/run`;
    assertEquals(await runConfig({}, { out, resume: true }), saved);
    // The command that began the run may be repeated word for word.
    const flags = { stills: "s", control: true, "warmup-rate": String(saved.warmupRate) };
    assertEquals(await runConfig(flags, { out, resume: true, file: `${path}/c.json` }), saved);
  });
});

Deno.test("runConfig() refuses to go on with other settings, and names them", async () => {
  await withJson({ "run/config.json": RUN, "c.json": { depth: 3 } }, async (path) => {
    const out = `${path}/run`;
    const resumed = runConfig({ control: false, seed: "1" }, { out, resume: true });
    await assertRejects(
      () => resumed,
      UsageError,
      `Cannot resume ${out} with other settings: --control is true, not false; leave them out`,
    );
    const fromFile = runConfig({}, { out, resume: true, file: `${path}/c.json` });
    await assertRejects(() => fromFile, UsageError, "--depth is 2, not 3");
  });
});

Deno.test("runConfig() begins anew where there is no run to go on with", async () => {
  await withFolder({}, async (out) => {
    assertEquals((await runConfig({ stills: "s" }, { out, resume: true })).stills, "s");
  });
});

Deno.test("runConfig() does not go on with damaged settings", async () => {
  await withFolder({ "config.json": '{ "depth": 2,' }, async (out) => {
    const resumed = runConfig({}, { out, resume: true });
    await assertRejects(() => resumed, SyntaxError, `Cannot read ${out}/config.json`);
  });
});

Deno.test("runConfig() says that a focus model of an earlier version is trained anew", async () => {
  const early = { model: "focus", blocks: 4, base: 8, steps: 600, versions: { kymo: "0" } };
  await withJson({ "run/config.json": early }, async (path) => {
    const out = `${path}/run`;
    const remedy = "cannot be gone on with; train it anew into another --out";
    await assertRejects(() => runConfig({}, { out, resume: true }), TypeError, remedy);
    const file = `${out}/config.json`;
    await assertRejects(() => runConfig({}, { out: "nowhere", file }), TypeError, remedy);
  });
});

Deno.test("runConfig() goes on as it was with a run that knew of no gaps and summed pixels", async () => {
  const { neighbours: _, generalisedDice: __, ...before } = defaultConfig;
  await withJson({ "config.json": before, "now/config.json": defaultConfig }, async (path) => {
    const resumed = await runConfig({}, { out: path, resume: true });
    assertEquals([resumed.neighbours, resumed.generalisedDice], ["order", "sums"]);
    const now = await runConfig({}, { out: `${path}/now`, resume: true });
    assertEquals([now.neighbours, now.generalisedDice], ["numbers", "shares"]);
    const fresh = await runConfig({}, { out: "nowhere", file: `${path}/config.json` });
    assertEquals(fresh.neighbours, "numbers");
  });
});

Deno.test("runConfig() goes on without other exposures with a run that knew of none", async () => {
  const { exposure: _, ...augmentation } = defaultConfig.augmentation;
  const files = {
    "config.json": { ...defaultConfig, augmentation },
    "c.json": { augmentation: { noise: 0 } },
  };
  await withJson(files, async (path) => {
    const resumed = await runConfig({}, { out: path, resume: true });
    assertEquals(resumed.augmentation.exposure, {
      ...defaultConfig.augmentation.exposure,
      probability: 0,
    });
    const fresh = await runConfig({}, { out: "nowhere", file: `${path}/c.json` });
    assertEquals(fresh.augmentation.exposure, defaultConfig.augmentation.exposure);
  });
});

Deno.test("runConfig() goes on with a run whose thresholds were beyond 0 and 1", async () => {
  const postprocess = { ...defaultConfig.postprocess, otsuFloor: -1, otsuCeiling: 2 };
  await withJson({ "config.json": { ...defaultConfig, postprocess } }, async (path) => {
    const resumed = await runConfig({}, { out: path, resume: true });
    assertEquals(resumed.postprocess, { ...postprocess, otsuFloor: 0, otsuCeiling: 1 });
  });
});

Deno.test("runConfig() fills holes for StarDist, and not in a run that was begun without", async () => {
  const { fillHoles: _, ...before } = {
    ...defaultConfig,
    model: "stardist",
    segmentationLoss: "stardist",
  };
  await withJson({ "config.json": before }, async (path) => {
    assertEquals((await runConfig({}, { out: path, resume: true })).fillHoles, false);
    const fresh = async (model: string) =>
      (await runConfig({ stills: "s", model }, { out: "nowhere" })).fillHoles;
    assertEquals([await fresh("stardist"), await fresh("unet")], [true, false]);
  });
});
