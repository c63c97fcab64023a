// Whole tiny runs of StarDist: thresholds, given weights, seeds, and the same bits after an interruption.
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { defaultRayThresholds } from "../../../../nn/labels/stardist/thresholds.ts";
import { decodeSafeTensors, type SafeTensors } from "../../../../nn/safetensors.ts";
import { loadNetwork, parameterTensors, readTensors } from "../../../../nn/weights.ts";
import type { TrainConfig } from "../../../../train/jobs/train/config.ts";
import { runConfig } from "../../../../train/console/run_config.ts";
import type { StageEvent, TrainEvent } from "../../../../train/jobs/train/events.ts";
import { readModelFile } from "../../../../train/jobs/disk/model_files.ts";
import { versions } from "../../../../train/jobs/disk/version.ts";
import { encodeModel, readingOf } from "../../../../train/models/model_file.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { starDist } from "../../../../train/models/stardist/kind.ts";
import { pickThresholds } from "../../../../train/models/stardist/thresholds.ts";
import { train } from "../../../../train/jobs/train/train.ts";
import { loadTrainingSet } from "../../../../train/jobs/train/training_set.ts";
import { brightNetwork } from "../../fixtures/models/star_network.ts";
import { runContent, tinyConfig, trainToEnd, withTinyData } from "../../fixtures/tiny_run.ts";

const DATA = { videos: [3], stills: 5 };
const STARDIST = { rays: 6, grid: 2, features: 2 };

/** Settings of a tiny StarDist run, which saves a state in the middle of both stages. */
function starConfig(data: string, change: SettingChange = {}): TrainConfig {
  return tinyConfig(data, {
    ...{ model: "stardist", segmentationLoss: "stardist", consistencyLoss: "squared-dice" },
    ...{ control: false, warmup: 3, rounds: 2, segmentationShare: 1, validateEvery: 3 },
    stardist: STARDIST,
    ...change,
  });
}

function stagesOf(events: readonly TrainEvent[]): StageEvent[] {
  return events.filter((event) => event.type === "stage");
}

async function weightsAt(file: string): Promise<SafeTensors> {
  return decodeSafeTensors(await Deno.readFile(file), file);
}

/** Runs until all weights are written; what follows only measures them. */
async function trainUntilMeasured(config: TrainConfig, out: string): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train({ config, out, resume: true })) {
    if (event.type === "note" && event.text.startsWith("Measuring")) break;
    events.push(event);
  }
  return events;
}

const GIVEN = { prob: 0.61, nms: 0.33 };

/** A weights file of a network that finds some objects in the stills, with thresholds of its own. */
async function writeGiven(file: string, config: TrainConfig): Promise<SafeTensors> {
  using device = await openDevice();
  const network = brightNetwork(device, { ...STARDIST, length: 8 });
  const weights = await readTensors(device, parameterTensors(network));
  const content = encodeModel({
    ...{ kind: starDist, architecture: network.architecture, weights },
    ...{ intensities: config, decode: GIVEN, planes: null, versions: versions() },
  });
  await Deno.writeFile(file, content);
  return decodeSafeTensors(content, file);
}

Deno.test("train() of StarDist picks thresholds after each stage and keeps them with the weights", async () => {
  await withTinyData(async ({ data, runs }) => {
    const [given, out] = [`${runs}/given.safetensors`, `${runs}/run`];
    await writeGiven(given, starConfig(data));
    const config = await configFrom(given, { data, flags: { control: true } });
    const events = await trainToEnd({ config, out });
    const stages = stagesOf(events);
    assertEquals(stages.map(({ stage, reason }) => `${stage} ${reason}`), [
      ...["baseline given", "control done", "consistent done"],
    ]);
    using device = await openDevice();
    const { validation } = await loadTrainingSet(config);
    assertEquals(validation.length, 1);
    for (const { stage, weights: file, thresholds } of stages) {
      assertEquals(file, `${out}/${stage}.safetensors`);
      const weights = await weightsAt(file);
      assertEquals(JSON.parse(weights.metadata.thresholds), thresholds);
      assertEquals(readingOf(await readModelFile(file)).decode, thresholds);
      using _scope = device.scope();
      const network = loadNetwork(device, { weights, from: file });
      assertEquals(await pickThresholds(device, { network, stills: validation }), thresholds);
      assertNotEquals(thresholds, defaultRayThresholds, "nothing is found: the test says little");
    }
    assertEquals(
      await Deno.readFile(`${out}/weights.safetensors`),
      await Deno.readFile(`${out}/consistent.safetensors`),
    );
    const losses = events.flatMap((event) => event.type === "step" ? [event.loss] : []);
    assert(losses.length > 3 && losses.every(Number.isFinite), `${losses}`);
    assertEquals(events.at(-1)!.type, "result");
  }, DATA);
});

Deno.test("a StarDist run that is abandoned and resumed ends with the same bits", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = starConfig(data);
    const told = await trainUntilMeasured(config, `${runs}/whole`);
    const whole = await runContent(`${runs}/whole`);
    const baseline = told.findIndex(({ type }) => type === "stage");
    // In the baseline, at its end before the other stage has a state, and in the other stage.
    for (const after of [3, baseline + 1, baseline + 4]) {
      const out = `${runs}/${after}`;
      let left = after;
      for await (const _ of train({ config, out })) if (--left === 0) break;
      assertNotEquals(await runContent(out), whole);
      await trainUntilMeasured(config, out);
      assertEquals(await runContent(out), whole, `abandoned after ${after} events`);
    }
  }, DATA);
});

/** The settings of a run that goes on from another's weights, as the command line makes them. */
async function configFrom(
  given: string,
  { data, flags = {} }: { data: string; flags?: Record<string, unknown> },
): Promise<TrainConfig> {
  const { validateEvery, saveEvery } = starConfig(data);
  return await runConfig({
    ...{ "resume-from": given, stills: `${data}/stills`, video: [`${data}/video-0`] },
    ...{ patch: "16", batch: "2", pairs: "2", rounds: "2", control: false },
    ...{ "validate-every": String(validateEvery), "save-every": String(saveEvery) },
    ...flags,
  }, { out: "nowhere" });
}

const NORMALIZATION = { low: 2, high: 98, videoNormalization: "frame" };

Deno.test("train() from StarDist weights keeps network, weights and normalisation, not thresholds", async () => {
  await withTinyData(async ({ data, runs }) => {
    const first = starConfig(data, NORMALIZATION);
    await Deno.mkdir(`${runs}/given`);
    const from = await writeGiven(`${runs}/given/weights.safetensors`, first);
    const config = await configFrom(`${runs}/given`, { data });
    const { model, depth, base, stardist, low, high, videoNormalization } = config;
    assertEquals([model, depth, base], ["stardist", 1, 2]);
    assertEquals(stardist, first.stardist);
    assertEquals({ low, high, videoNormalization }, NORMALIZATION);
    assertEquals([config.segmentationLoss, config.consistencyLoss], ["stardist", "squared-dice"]);

    const out = `${runs}/on`;
    const events = stagesOf(await trainUntilMeasured(config, out));
    assertEquals(events.map(({ stage, reason }) => `${stage} ${reason}`), [
      ...["baseline given", "consistent done"],
    ]);
    const [baseline, consistent] = await Promise.all(
      ["baseline", "consistent"].map((stage) => weightsAt(`${out}/${stage}.safetensors`)),
    );
    assertEquals(baseline.tensors, from.tensors);
    assertNotEquals(consistent.tensors, from.tensors);
    for (const key of ["architecture", "normalization"]) {
      assertEquals(baseline.metadata[key], from.metadata[key], key);
      assertEquals(consistent.metadata[key], from.metadata[key], key);
    }
    assertEquals(JSON.parse(baseline.metadata.thresholds), events[0].thresholds);
    assertNotEquals(events[0].thresholds, GIVEN);
  }, DATA);
});

Deno.test("train() from given weights without validation stills keeps their thresholds", async () => {
  await withTinyData(async ({ data, runs }) => {
    const given = `${runs}/given.safetensors`;
    await writeGiven(given, starConfig(data));
    const config = await configFrom(given, { data, flags: { validation: "0", rounds: "1" } });
    const events = stagesOf(await trainUntilMeasured(config, `${runs}/on`));
    assertEquals(events.map(({ reason }) => reason), ["given", "done"]);
    for (const event of events) {
      assertEquals(event.thresholds, GIVEN);
      assertEquals(readingOf(await readModelFile(event.weights)).decode, GIVEN);
    }
  }, DATA);
});

Deno.test("train() does not resume in a folder that holds a model but no training", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = starConfig(data);
    await writeGiven(`${runs}/weights.safetensors`, config);
    await Deno.writeTextFile(`${runs}/config.json`, JSON.stringify(config));
    await assertRejects(
      () => trainToEnd({ config, out: runs, resume: true }),
      Error,
      `it holds a model, but no training; go on from it with --resume-from ${runs} and another --out`,
    );
  }, DATA);
});

Deno.test("train() from a U-Net run goes on with it, for every seed the same baseline", async () => {
  await withTinyData(async ({ data, runs }) => {
    const given = `${runs}/given`;
    await trainUntilMeasured(
      tinyConfig(data, { rounds: 0, warmup: 2, control: false, ...NORMALIZATION }),
      given,
    );
    const config = await configFrom(`${given}/baseline.safetensors`, { data });
    assertEquals([config.model, config.depth, config.base], ["unet", 1, 2]);
    assertEquals([config.low, config.high, config.videoNormalization], [2, 98, "frame"]);
    assertEquals(config.segmentationLoss, "dice");
    const out = `${runs}/on`;
    const events = stagesOf(await trainToEnd({ config, out, seeds: 2 }));
    assertEquals(events.map(({ stage, seed, reason }) => `${seed} ${stage} ${reason}`), [
      ...["1 baseline given", "1 consistent done", "2 baseline given", "2 consistent done"],
    ]);
    assertEquals(events.map(({ thresholds }) => thresholds), Array(4).fill(undefined));
    const from = await weightsAt(`${given}/baseline.safetensors`);
    const read = (seed: number, stage: string) =>
      weightsAt(`${out}/seed-${seed}/${stage}.safetensors`);
    for (const seed of [1, 2]) {
      assertEquals((await read(seed, "baseline")).tensors, from.tensors);
    }
    const [one, two] = [await read(1, "consistent"), await read(2, "consistent")];
    assertNotEquals(one.tensors, two.tensors);
  }, DATA);
});

Deno.test("train() refuses given weights of another network, with the file's name", async () => {
  await withTinyData(async ({ data, runs }) => {
    const file = `${runs}/given.safetensors`;
    await writeGiven(file, starConfig(data));
    const changes: SettingChange[] = [
      { base: 3 },
      { depth: 2 },
      { stardist: { ...STARDIST, rays: 7 } },
      { stardist: { ...STARDIST, grid: 4 } },
      { model: "unet", segmentationLoss: "dice" },
    ];
    for (const [i, change] of changes.entries()) {
      const config = starConfig(data, { resumeFrom: file, ...change });
      const run = () => trainToEnd({ config, out: `${runs}/${i}` });
      const { message } = await assertRejects(run, RangeError, `Cannot use ${file}`);
      assert(/architecture/.test(message), message);
    }
    const missing = starConfig(data, { resumeFrom: `${runs}/none` });
    await assertRejects(
      () => trainToEnd({ config: missing, out: `${runs}/missing` }),
      Error,
      `Cannot read ${runs}/none/weights.safetensors`,
    );
  }, DATA);
});
