import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import { buildNetwork } from "../../nn/weights.ts";
import type { Batch } from "../../train/batches.ts";
import { changeConfig, type ConfigChange, defaultConfig } from "../../train/config.ts";
import { Random } from "../../train/data/random.ts";
import { Learner, type StepKind } from "../../train/learner.ts";
import { device } from "./stage_fixture.ts";

/** A learner of a tiny network with fresh weights. */
function newLearner(change: ConfigChange = {}): Learner {
  const tiny = { depth: 1, base: 2, patch: 16, batch: 2, pairs: 1, ...change };
  const config = changeConfig(defaultConfig, { change: tiny, source: "the test" });
  const network = buildNetwork(device, {
    architecture: { kind: "unet", options: { depth: 1, base: config.base, inChannels: 1 } },
    random: new Random(2),
  });
  return new Learner(device, { network, config });
}

/** A batch of two noisy images, with targets for segmentation. */
function newBatch(kind: StepKind, seed = 1): Batch {
  const random = new Random(seed);
  const images = Float32Array.from({ length: 512 }, () => random.next());
  const targets = images.map((value) => value > 0.5 ? 1 : 0);
  return { shape: [2, 1, 16, 16], images, targets: kind === "segmentation" ? targets : null };
}

Deno.test("Learner gives the losses of queued steps in their order, until its log is full", async () => {
  const kinds = Array.from(
    { length: 64 },
    (_, i): StepKind => i % 3 === 2 ? "consistency" : "segmentation",
  );
  const together = newLearner();
  for (const [i, kind] of kinds.entries()) {
    assertEquals(together.isLogFull, false);
    together.step(kind, newBatch(kind, i), 1e-3);
  }
  assertEquals(together.isLogFull, true);
  const losses = await together.readLosses();
  assertEquals(together.isLogFull, false);
  assertEquals(losses.map(({ kind }) => kind), kinds);
  const single = newLearner();
  for (const [i, kind] of kinds.slice(0, 9).entries()) {
    single.step(kind, newBatch(kind, i), 1e-3);
    assertEquals(await single.readLosses(), [losses[i]]);
  }
});

Deno.test("Learner's losses have moments of their own", async () => {
  const learner = newLearner();
  const moments = async (kind: StepKind) =>
    [...(await learner.optimiserState()).moments].filter(([name]) => name.startsWith(kind));
  const before = await moments("consistency");
  assert(before.every(([, { data }]) => data.every((value) => value === 0)));
  learner.step("segmentation", newBatch("segmentation"), 1e-3);
  assertEquals(await moments("consistency"), before);
  assertNotEquals(await moments("segmentation"), []);
  assertEquals((await learner.optimiserState()).counts, { segmentation: 1, consistency: 0 });
  learner.step("consistency", newBatch("consistency"), 1e-3);
  assertNotEquals(await moments("consistency"), before);
  assertEquals((await learner.optimiserState()).counts, { segmentation: 1, consistency: 1 });
  learner.resetOptimisers();
  assertEquals(await moments("consistency"), before);
  assertEquals((await learner.optimiserState()).counts, { segmentation: 0, consistency: 0 });
});

Deno.test("Learner.validate() changes nothing, and means over batches and over pixels", async () => {
  const learner = newLearner();
  const before = await learner.weights();
  const stills = [1, 2].map((seed) => newBatch("segmentation", seed));
  const pairs = [3, 4].map((seed) => newBatch("consistency", seed));
  const { inUse } = device.memory;
  const both = await learner.validate({ stills, pairs });
  assertEquals(device.memory.inUse, inUse);
  assertEquals(await learner.weights(), before);
  const alone = await Promise.all(
    stills.map((still) => newLearner().validate({ stills: [still], pairs: [] })),
  );
  const mean = (values: readonly (number | null)[]) =>
    values.reduce<number>((sum, value) => sum + value! / values.length, 0);
  assertEquals(both.segmentation, mean(alone.map(({ segmentation }) => segmentation)));
  assertEquals(alone.map(({ consistency }) => consistency), [null, null]);
  const onlyPairs = await learner.validate({ stills: [], pairs });
  assertEquals(onlyPairs, { ...both, segmentation: null });
  const onlyStills = await learner.validate({ stills, pairs: [] });
  const probabilities = mean(alone.map(({ meanProbability }) => meanProbability));
  assertLess(Math.abs(onlyStills.meanProbability - probabilities), 1e-9);
});

Deno.test("Learner.plannedBytes() holds for the steps that are made", async () => {
  for (const change of [{ base: 4, patch: 32, batch: 4 }, { base: 4, patch: 32, pairs: 3 }]) {
    device.trim();
    const learner = newLearner(change);
    const { patch, batch, pairs } = { batch: 2, pairs: 1, ...change };
    const planned = learner.plannedBytes();
    const random = new Random(1);
    const batchOf = (count: number): Batch => ({
      shape: [count, 1, patch, patch],
      images: Float32Array.from({ length: count * patch * patch }, () => random.next()),
      targets: new Float32Array(count * patch * patch).fill(1),
    });
    learner.step("segmentation", batchOf(batch), 1e-3);
    learner.step("consistency", batchOf(2 * pairs), 1e-3);
    await learner.readLosses();
    const { allocated } = device.memory;
    assert(allocated < 1.5 * planned, `${allocated} bytes allocated, ${planned} planned`);
    assert(allocated > 0.5 * planned, `${allocated} bytes allocated, ${planned} planned`);
  }
});
