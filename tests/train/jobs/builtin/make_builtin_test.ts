import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { unzipSync } from "fflate";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { renderCard } from "../../../../train/jobs/builtin/card.ts";
import { builtinConfig, makeBuiltin } from "../../../../train/jobs/builtin/make_builtin.ts";
import { configOf, defaultConfigOf } from "../../../../train/jobs/train/config.ts";
import { loadTrainingSet } from "../../../../train/jobs/train/training_set.ts";
import { heldSource } from "../../../../train/images/source.ts";
import { listStills, readStill } from "../../../../train/images/series/stills.ts";
import { splitStills } from "../../../../train/learn/training_set.ts";
import { defaultKinds } from "../../../../train/models/list.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { withTinyData } from "../../fixtures/tiny_run.ts";

Deno.test("makeBuiltin() cuts stills out of the training part alone, with their masks", async () => {
  await withTinyData(async ({ data, runs }) => {
    const stills = `${data}/stills`;
    const options = { stills, out: `${runs}/builtin`, stillsOnly: true };
    const events = await Array.fromAsync(makeBuiltin(options));
    assertEquals(events.at(-1), { type: "builtin", files: [`${runs}/builtin/stills.zip`] });
    const files = unzipSync(await Deno.readFile(`${runs}/builtin/stills.zip`));
    const rows = new TextDecoder().decode(files["index.csv"]).trim().split("\n");
    assertEquals(rows.shift(), "patch,still,x,y,side,objects");
    const all = (await listStills(disk, stills)).train;
    const { train } = splitStills(all, { config: builtinConfig(stills), heldBack: [] });
    // Of nine stills to learn from each group has at most one.
    const learned = train.map(({ name }) => name);
    assertEquals(rows.length > 0, true);
    const made = await listStills(heldSource(new Map(Object.entries(files))), ".");
    for (const [at, row] of rows.entries()) {
      const [patch, name, x, y, side] = row.split(",");
      assertEquals(learned.includes(name), true, name);
      assertEquals([x, y, side], ["0", "0", "32"], "all of a small image");
      const whole = await readStill(disk, all.find((still) => still.name === name)!);
      const cut = await readStill(heldSource(new Map(Object.entries(files))), made.train[at]);
      assertEquals(`${cut.name}.png`, patch);
      assertEquals(cut.image.data, whole.image.data);
      assertEquals(cut.labels.data.map(Math.sign), whole.labels.data.map(Math.sign));
    }
  }, { stills: 12, videos: [] });
});

Deno.test("loadTrainingSet() takes the built-in stills for builtin, wherever it is called", async () => {
  const config = configOf({ stills: "builtin" }, { source: "the test" });
  const { train, validation, test } = await loadTrainingSet(config, {
    source: heldSource(new Map()),
  });
  assertEquals([train.length, validation.length, test.length], [30, 4, 6]);
  assertEquals(train[0].width, 160);
});

Deno.test("makeBuiltin() goes on with no run of other settings: its card would tell of these", async () => {
  await withFolder({ "run/config.json": '{"model":"stardist","seed":7}' }, async (folder) => {
    const options = { stills: `${folder}/stills`, out: `${folder}/run`, resume: true };
    await assertRejects(
      () => Array.fromAsync(makeBuiltin(options)),
      RangeError,
      "its run has seed 7, not 1",
    );
  });
});

Deno.test("builtinConfig() is StarDist's defaults but for the settings in the file", () => {
  const config = builtinConfig("stills");
  const usual = defaultConfigOf(defaultKinds);
  assertEquals(
    [config.model, config.seed, config.warmup, config.averaging, config.validateEvery],
    ["stardist", 1, 12000, 0.998, 500],
  );
  assertEquals([config.patch, config.batch], [usual.patch, usual.batch]);
});

Deno.test("renderCard() tells the figures of the run, its split, its settings and the size of objects", () => {
  const config = builtinConfig("stills");
  const card = renderCard({
    config,
    settings: { model: "stardist", seed: 1 },
    table: {
      columns: [{ key: "ap50_stills", label: "AP 0.5, stills" }, { key: "seg", label: "SEG" }],
      rows: [{ source: "baseline", values: { ap50_stills: { mean: 0.8125 }, seg: { mean: 0.5 } } }],
    },
    parts: [300, 40, 60],
    scale: { median: 30, low: 10, high: 50 },
    bytes: 1_898_765,
    patches: 40,
    versions: { kymo: "0.1.0" },
  });
  assertMatch(card, /\| AP 0\.5, stills \| 0\.81[23] \|/);
  assertEquals(card.includes("SEG"), false, "there is no video");
  assertStringIncludes(card, "400 stills of BBBC038v1");
  assertStringIncludes(card, "300 to learn from, 40 (10 %)");
  assertStringIncludes(card, "30 pixels in diameter in the median still, 10 to 50 in four of five");
  assertStringIncludes(card, "model stardist, seed 1");
  assertStringIncludes(card, "1,899 kB");
});
