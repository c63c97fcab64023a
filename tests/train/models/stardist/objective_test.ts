// What StarDist is trained for: the targets of what it is shown, and consistency without labels.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { StarDistanceError } from "../../../../kernels/ops/star_distance_loss.ts";
import { IGNORED_LABEL } from "../../../../kernels/targets/label_grid.ts";
import { Tape, Variable } from "../../../../nn/autodiff.ts";
import { starDistTargets } from "../../../../nn/labels/stardist/targets.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import { type Batch, StillStream } from "../../../../train/learn/batches.ts";
import { changeConfig, defaultConfig } from "../../../../train/jobs/train/config.ts";
import type { TrainConfig } from "../../../../train/jobs/train/config.ts";
import { applyAugmentation, drawAugmentation } from "../../../../train/learn/patches/augment.ts";
import { PatchSampler } from "../../../../train/learn/patches/patches.ts";
import { Random } from "../../../../train/images/random.ts";
import type { Sample } from "../../../../train/images/sample.ts";
import { Learner } from "../../../../train/learn/learner.ts";
import { stageTasks } from "../../../../train/learn/stage_data.ts";
import { defaultKinds, freshNetwork } from "../../../../train/models/list.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import type { Objective } from "../../../../train/models/objective.ts";
import { starDist } from "../../../../train/models/stardist/kind.ts";
import { assertClose, device } from "../../../kernels/fixtures/check_operation.ts";
import {
  discs,
  labelImage,
  objectProbabilityReference,
  starDistancesReference,
  subsample,
} from "../../../kernels/targets/fixtures/reference.ts";

const PATCH = 16;

/** Settings of a tiny StarDist run. */
function starConfig({ stardist = {}, ...change }: SettingChange = {}): TrainConfig {
  return changeConfig(defaultConfig, {
    change: {
      ...{ model: "stardist", segmentationLoss: "stardist", consistencyLoss: "squared-dice" },
      ...{ depth: 1, base: 3, patch: PATCH, batch: 3, pairs: 1 },
      stardist: { rays: 6, grid: 2, features: 5, ...stardist as SettingChange },
      ...change,
    },
    source: "the test",
  });
}

function objectiveOf(config: TrainConfig): Objective {
  return starDist.objects!.objective(config, defaultKinds);
}

function newLearner(config: TrainConfig): Learner {
  const network = freshNetwork(device, { kind: starDist, settings: config });
  const tasks = stageTasks(objectiveOf(config), { settings: config, hasVolumes: false });
  return new Learner(device, { network, tasks, patch: config.patch });
}

/** Stills whose labels are discs; the last one has no object. */
function stills(): Sample[] {
  return [1, 2, 3, 4].map((seed) => {
    const [width, height] = [20 + seed, 27 - seed];
    const random = new Random(seed, 7);
    const image = Float32Array.from({ length: width * height }, () => random.normal());
    const labels = seed === 4
      ? labelImage([height, width], () => 0)
      : discs([height, width], { seed, count: 6 });
    return { channels: 1, width, height, image, labels: Uint32Array.from(labels.data) };
  });
}

/** Patches that a stream with these settings shows, augmented. */
function patchesOf(config: TrainConfig, count: number): Sample[] {
  const sampler = new PatchSampler(stills(), { size: PATCH, foregroundOnly: 0.5, seed: 5 });
  const random = new Random(5, 1);
  return Array.from({ length: count }, () => {
    const patch = sampler.next();
    return applyAugmentation(drawAugmentation(random, config.augmentation), patch);
  });
}

/** Maps `[n, channels, rows, columns]` as an accessor. */
function accessor(data: ArrayLike<number>, channels: number) {
  return ({ n, at, area }: { n: number; at: number; area: number }) => (channel: number) =>
    data[(n * channels + channel) * area + at];
}

/** StarDist's loss by its definition, in float64, over the pixels of all patches. */
function definedLoss(
  { prob, dist }: { prob: Float32Array; dist: Float32Array },
  { patches, config }: { patches: readonly Sample[]; config: TrainConfig },
): number {
  const { rays, grid, distanceLoss, distanceWeight, background } = config.stardist;
  const area = (PATCH / grid) ** 2;
  const [probAt, distAt] = [accessor(prob, 1), accessor(dist, rays)];
  const sums = { entropy: 0, inside: 0, outside: 0, mask: 0, pixels: 0 };
  for (const [n, patch] of patches.entries()) {
    const labels = { ...patch, data: Int32Array.from(patch.labels!) };
    const truths = objectProbabilityReference(subsample(labels, grid));
    const lengths = starDistancesReference(labels, { rays, grid });
    for (let at = 0; at < area; at++) {
      const [t, place] = [truths[at], { n, at, area }];
      const p = Math.min(Math.max(probAt(place)(0), 1e-7), 1 - 1e-7);
      sums.entropy -= t * Math.log(p) + (1 - t) * Math.log(1 - p);
      const pairs = Array.from(
        { length: rays },
        (_, k) => [distAt(place)(k), lengths[k * area + at]] as const,
      );
      sums.inside += t * errorOf(pairs, distanceLoss);
      sums.outside += (1 - t) * mean(pairs.map(([d]) => Math.abs(d)));
      sums.mask += t;
      sums.pixels++;
    }
  }
  const { entropy, inside, outside, mask, pixels } = sums;
  const distances = inside / pixels / (mask / pixels + 1e-7) + background * outside / pixels;
  return entropy / pixels + distanceWeight * distances;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The error of one pixel's distances against the true ones. */
function errorOf(pairs: readonly (readonly [number, number])[], error: StarDistanceError): number {
  if (error === "mae") return mean(pairs.map(([d, t]) => Math.abs(d - t)));
  if (error === "mse") return mean(pairs.map(([d, t]) => (d - t) ** 2));
  const overlap = mean(pairs.map(([d, t]) => Math.sign(d) * Math.min(d, t) ** 2));
  return 1 - overlap / (mean(pairs.map(([d, t]) => Math.max(d, t) ** 2)) + 1e-7);
}

/** What the learner's network says about a batch. */
async function answersTo(learner: Learner, { shape, images }: Batch) {
  using _scope = device.scope();
  const tape = new Tape(device, { record: false });
  const { prob, dist } = learner.network.forward(tape, new Variable(device.upload(shape, images)));
  return { prob: await device.read(prob.value), dist: await device.read(dist.value) };
}

Deno.test("StarDist's objective leaves out what a teacher doubts: it is no object", async () => {
  const config = starConfig({ stardist: { grid: 1 } });
  const { encode } = objectiveOf(config);
  const labels = Uint32Array.of(7, 7, 0, IGNORED_LABEL, IGNORED_LABEL, 0);
  using _scope = device.scope();
  const numbers = encode(labels, { width: 6, height: 1 }) as Uint32Array<ArrayBuffer>;
  const targets = device.upload<"u32">([1, 1, 1, 6], numbers);
  const { prob } = starDistTargets(device, targets, { rays: 6, grid: 1 });
  const known = [...await device.read(prob)];
  assertEquals(known.map((value) => value < 0), [false, false, false, true, true, false]);
});

Deno.test("StarDist's objective is the defined loss on targets of the augmented patches", async () => {
  const augmentation = {
    ...{ flip: 0.5, transpose: 0.5, noise: 0.1 },
    elastic: { probability: 1, amplitude: 3, spacing: 8 },
  };
  for (const [grid, distanceLoss] of [[1, "mae"], [2, "mse"], [4, "iou"]] as const) {
    const config = starConfig({
      stardist: { grid, distanceLoss, background: 0.01, distanceWeight: 0.3 },
      augmentation,
    });
    const stream = new StillStream(stills(), {
      ...{ patch: PATCH, count: 3, seed: 5, foreground: 0.5, augmentation: config.augmentation },
      encode: objectiveOf(config).encode,
    });
    const patches = patchesOf(config, 9);
    const learner = newLearner(config);
    // The computation is captured at the first batch and replayed at the others.
    for (let first = 0; first < 9; first += 3) {
      const batch = await stream.next();
      const shown = patches.slice(first, first + 3);
      assertEquals([...batch.images], shown.flatMap(({ image }) => [...image]));
      const measured = await learner.measure("segmentation", [batch]);
      const expected = definedLoss(await answersTo(learner, batch), { patches: shown, config });
      const what = `${distanceLoss} on grid ${grid}`;
      assertClose([measured!.loss], [expected], { limit: 1e-5, what });
      learner.step("segmentation", batch, 1e-2);
      const [{ loss }] = await learner.readLosses();
      assertClose([loss], [expected], { limit: 1e-5, what: `${what}, in a step` });
    }
    learner.release();
  }
});

Deno.test("StarDist's objective learns: its loss of a batch falls", async () => {
  const config = starConfig({ base: 6 });
  const { encode } = objectiveOf(config);
  const labels = Uint32Array.from(
    { length: 256 },
    (_, i) => Math.hypot(i % 16 - 8, Math.floor(i / 16) - 7) < 5 ? 1 : 0,
  );
  const images = Float32Array.from(labels);
  const targets = encode(labels, { width: 16, height: 16 });
  const batch: Batch = { shape: [1, 1, 16, 16], images, targets };
  const learner = newLearner(config);
  for (let i = 0; i < 60; i++) learner.step("segmentation", batch, 5e-3);
  const losses = (await learner.readLosses()).map(({ loss }) => loss);
  assert(losses[59] < 0.6 * losses[0], `${losses[0]} to ${losses[59]}`);
  learner.release();
});

/** Two answers of random maps, and what they are made of. */
function randomAnswers(seed: number) {
  const random = new Random(seed);
  const learnt = { needsGradient: true };
  const make = () => {
    const prob = Float32Array.from({ length: 2 * 12 }, () => random.next());
    const dist = Float32Array.from({ length: 2 * 6 * 12 }, () => 1 + 3 * random.normal());
    return {
      values: { prob, dist },
      variables: {
        prob: new Variable(device.upload([2, 1, 3, 4], prob), learnt),
        dist: new Variable(device.upload([2, 6, 3, 4], dist), learnt),
      },
    };
  };
  return [make(), make()] as const;
}

/** 1 − (2Σab + 1)/(Σa² + Σb² + 1), and its gradient to a. */
function squaredDiceOf(a: ArrayLike<number>, b: ArrayLike<number>) {
  let [shared, squares] = [0.5, 1];
  for (let i = 0; i < a.length; i++) {
    shared += a[i] * b[i];
    squares += a[i] ** 2 + b[i] ** 2;
  }
  const value = 1 - 2 * shared / squares;
  const da = Array.from(a, (x, i) => -2 * b[i] / squares + 4 * shared * x / squares ** 2);
  return { value, da };
}

Deno.test("StarDist's consistency is squared Dice with a gradient to both frames", async () => {
  using _scope = device.scope();
  for (const rayConsistency of [0, 0.25]) {
    const { consistency } = objectiveOf(starConfig({ stardist: { rayConsistency } }));
    const [first, second] = randomAnswers(3);
    const tape = new Tape(device);
    const loss = consistency(tape, [first.variables, second.variables]);
    const weights = { prob: 1, dist: rayConsistency };
    const parts = (["prob", "dist"] as const).map((map) =>
      weights[map] * squaredDiceOf(first.values[map], second.values[map]).value
    );
    assertClose(await device.read(loss.value), [parts[0] + parts[1]], {
      limit: 1e-5,
      what: "the loss",
    });
    const gradients = tape.backward(loss);
    for (const map of ["prob", "dist"] as const) {
      for (const [one, other] of [[first, second], [second, first]]) {
        const gradient = gradients.get(one.variables[map]);
        if (weights[map] === 0) {
          assertEquals(gradient, undefined, "distances have no part in it");
          continue;
        }
        const { da } = squaredDiceOf(one.values[map], other.values[map]);
        const expected = da.map((slope) => weights[map] * slope);
        const found = await device.read(gradient!);
        assertClose(found, expected, { limit: 1e-4, what: `the gradient to ${map}` });
      }
    }
  }
});

Deno.test("the consistency loss of the settings is that of the probabilities", async () => {
  using _scope = device.scope();
  const values = async (consistencyLoss: string) => {
    const [{ variables: first }, { variables: second }] = randomAnswers(4);
    const { consistency } = objectiveOf(starConfig({ consistencyLoss }));
    return await device.read(consistency(new Tape(device), [first, second]).value);
  };
  const [{ values: a }, { values: b }] = randomAnswers(4);
  let [shared, sum, squares] = [0, 0, 0];
  a.prob.forEach((p, i) => {
    shared += p * b.prob[i];
    sum += p + b.prob[i];
    squares += (p - b.prob[i]) ** 2;
  });
  const close = (found: ArrayLike<number>, expected: number) =>
    assertClose(found, [expected], { limit: 1e-5, what: "the loss" });
  close(await values("dice"), 1 - (2 * shared + 1) / (sum + 1));
  close(await values("mse"), squares / a.prob.length);
});

/** A batch of one pair of noisy frames. */
function pairBatch(): Batch {
  const random = new Random(9);
  const images = Float32Array.from({ length: 2 * PATCH * PATCH }, () => random.normal());
  return { shape: [2, 1, PATCH, PATCH], images, targets: null };
}

/** Names of the arrays that differ. */
function changedNames(
  before: ReadonlyMap<string, NamedArray>,
  after: ReadonlyMap<string, NamedArray>,
): string[] {
  assertEquals([...after.keys()], [...before.keys()]);
  return [...before].filter(([name, { data }]) =>
    data.some((value, i) => !Object.is(value, after.get(name)!.data[i]))
  ).map(([name]) => name).toSorted();
}

/** Opens every ReLU, so that no gradient is zero by chance. */
function openReLUs(learner: Learner): void {
  for (const [name, { value }] of learner.network.parameters) {
    if (name.endsWith("bias")) device.write(value, new Float32Array(value.size).fill(0.5));
  }
}

Deno.test("a consistency step leaves the distances' head alone unless it has a part in it", async () => {
  for (const rayConsistency of [0, 1]) {
    const learner = newLearner(starConfig({ stardist: { rayConsistency } }));
    openReLUs(learner);
    const still: Batch = {
      shape: [1, 1, PATCH, PATCH],
      images: pairBatch().images.slice(0, PATCH * PATCH),
      targets: new Uint32Array(PATCH * PATCH).fill(1),
    };
    // Moments that are not zero would move weights even without a gradient.
    learner.step("segmentation", still, 1e-3);
    const [weights, { moments }] = [await learner.weights(), await learner.optimiserState()];
    for (let i = 0; i < 3; i++) learner.step("consistency", pairBatch(), 1e-3);
    const changed = changedNames(weights, await learner.weights());
    const isReached = (name: string) => rayConsistency > 0 || !name.startsWith("dist.");
    assertEquals(changed, [...weights.keys()].filter(isReached).toSorted());
    const after = await learner.optimiserState();
    const moved = changedNames(moments, after.moments);
    assert(moved.length > 0 && moved.every((name) => name.startsWith("consistency.")));
    const ofDist = [...moments.keys()].filter((name) => /^consistency.*\bdist\./.test(name));
    // Two moments of the weights and of the biases.
    assertEquals(ofDist.length, rayConsistency > 0 ? 4 : 0);
    assertEquals(ofDist.every((name) => moved.includes(name)), true);
    assertEquals(after.counts.consistency, 3);
    learner.release();
  }
});

Deno.test("objective() of StarDist is shown numbers of objects, each image's own", () => {
  const { encode, targetType } = objectiveOf(starConfig());
  assertEquals(targetType, "u32");
  const labels = Uint32Array.of(90_000, 90_000, 0, 4, 90_000, 4, 4, 0);
  assertEquals([...encode(labels, { width: 2, height: 2 })], [1, 1, 0, 2, 3, 4, 4, 0]);
  assertNotEquals(encode(labels, { width: 2, height: 2 }), labels);
});
