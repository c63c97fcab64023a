import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { OutOfMemoryError } from "../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Adam } from "../../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { losses } from "../../../nn/losses.ts";
import type { Network } from "../../../nn/module.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { siameseForward } from "../../../nn/siamese.ts";
import { buildNetwork, parameterTensors, readTensors } from "../../../nn/weights.ts";
import type { Batch } from "../../../train/learn/batches.ts";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import { Random } from "../../../train/images/random.ts";
import { Learner } from "../../../train/learn/learner.ts";
import { focusTask } from "../../../train/learn/tasks.ts";
import type { SettingChange } from "../../../train/models/model_kind.ts";
import { device, tinyParts } from "../fixtures/stage_fixture.ts";

/** The tasks of a tiny learner. */
type TaskName = "segmentation" | "consistency";

/** A tiny network with fresh weights. */
function newNetwork(base = 2, on = device): Network {
  return buildNetwork(on, {
    architecture: { kind: "unet", options: { depth: 1, base, inChannels: 1 } },
    random: new Random(2),
  });
}

/** A learner of a tiny network with fresh weights. */
function newLearner(change: SettingChange = {}, on = device): Learner {
  const tiny = { depth: 1, base: 2, patch: 16, batch: 2, pairs: 1, ...change };
  const config = changeConfig(defaultConfig, { change: tiny, source: "the test" });
  return new Learner(on, { network: newNetwork(config.base, on), ...tinyParts(config) });
}

/** A batch of two noisy images, with targets for segmentation. */
function newBatch(kind: TaskName, seed = 1): Batch {
  const random = new Random(seed);
  const images = Float32Array.from({ length: 512 }, () => random.next());
  const targets = images.map((value) => value > 0.5 ? 1 : 0);
  return { shape: [2, 1, 16, 16], images, targets: kind === "segmentation" ? targets : null };
}

Deno.test("Learner gives the losses of queued steps in their order, until its log is full", async () => {
  const kinds = Array.from(
    { length: 64 },
    (_, i): TaskName => i % 3 === 2 ? "consistency" : "segmentation",
  );
  const together = newLearner();
  for (const [i, kind] of kinds.entries()) {
    assertEquals(together.isLogFull, false);
    together.step(kind, newBatch(kind, i), 1e-3);
  }
  assertEquals(together.isLogFull, true);
  const logged = await together.readLosses();
  assertEquals(together.isLogFull, false);
  assertEquals(logged.map(({ task }) => task), kinds);
  const single = newLearner();
  for (const [i, kind] of kinds.slice(0, 9).entries()) {
    single.step(kind, newBatch(kind, i), 1e-3);
    assertEquals(await single.readLosses(), [logged[i]]);
  }
});

Deno.test("Learner.readLosses() gives the losses queued before it, also when steps follow at once", async () => {
  const learner = newLearner();
  const step = (seed: number) => learner.step("segmentation", newBatch("segmentation", seed), 1e-3);
  step(1);
  step(2);
  const first = learner.readLosses();
  step(3);
  const second = learner.readLosses();
  const plain = await trainPlainly([1, 2, 3].map((seed) => ({
    kind: "segmentation",
    batch: newBatch("segmentation", seed),
    rate: 1e-3,
  })));
  const values = async (reading: typeof first) => (await reading).map(({ loss }) => loss);
  assertEquals([await values(first), await values(second)], [
    plain.losses.slice(0, 2),
    plain.losses.slice(2),
  ]);
  assertEquals(await learner.readLosses(), []);
});

Deno.test("Learner's losses have moments of their own", async () => {
  const learner = newLearner();
  const moments = async (kind: TaskName) =>
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

Deno.test("Learner.measure() changes nothing, and means over batches and over pixels", async () => {
  const learner = newLearner();
  const before = await learner.weights();
  const stills = [1, 2].map((seed) => newBatch("segmentation", seed));
  const pairs = [3, 4].map((seed) => newBatch("consistency", seed));
  const { inUse } = device.memory;
  const both = await learner.measure("segmentation", stills);
  const onPairs = await learner.measure("consistency", pairs);
  assertEquals(await learner.measure("consistency", []), null);
  learner.release();
  assertEquals(device.memory.inUse, inUse);
  assertEquals(await learner.weights(), before);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value / values.length, 0);
  for (
    const [task, batches, whole] of [
      ["segmentation", stills, both],
      ["consistency", pairs, onPairs],
    ] as const
  ) {
    const alone = await Promise.all(
      batches.map(async (batch) => (await newLearner().measure(task, [batch]))!),
    );
    assertEquals(whole!.loss, mean(alone.map(({ loss }) => loss)));
    for (const key of ["meanProbability", "foregroundFraction"] as const) {
      assertLess(Math.abs(whole![key] - mean(alone.map((one) => one[key]))), 1e-9);
    }
  }
  assertEquals(await learner.measure("segmentation", stills), both);
});

Deno.test("Learner refuses a task that it does not have, and names those it has", () => {
  assertThrows(
    () => newLearner().step("focus", newBatch("segmentation"), 1e-3),
    RangeError,
    "Cannot train for focus: the tasks are segmentation, priming, consistency",
  );
});

/** The same steps without recordings: every tensor made anew. */
async function trainPlainly(
  steps: readonly { kind: TaskName; batch: Batch; rate: number }[],
): Promise<{ losses: number[]; weights: ReadonlyMap<string, NamedArray> }> {
  const network = newNetwork();
  const { parameters } = network;
  const optimisers = {
    segmentation: new Adam(device, { parameters }),
    consistency: new Adam(device, { parameters }),
  };
  const read: number[] = [];
  for (const { kind, batch: { shape, images, targets }, rate } of steps) {
    using _scope = device.scope();
    const tape = new Tape(device);
    const x = new Variable(device.upload(shape, images));
    const pair = kind === "consistency" ? siameseForward(tape, { network, frames: x }) : null;
    const loss = pair ? losses.dice(tape, pair.first.prob, pair.second.prob) : losses.dice(
      tape,
      network.forward(tape, x).prob,
      new Variable(device.upload<"f32">(shape, targets as Float32Array<ArrayBuffer>)),
    );
    optimisers[kind === "segmentation" ? kind : "consistency"].step(tape.backward(loss), rate);
    read.push(...await device.read(loss.value));
  }
  return { losses: read, weights: await readTensors(device, parameterTensors(network)) };
}

Deno.test("Learner's captured steps give the bits of plain ones, also with other work between", async () => {
  const steps = Array.from({ length: 12 }, (_, i) => {
    const kind: TaskName = i % 3 === 1 ? "consistency" : "segmentation";
    return { kind, batch: newBatch(kind, i), rate: 1e-2 / (1 + i) };
  });
  const plain = await trainPlainly(steps);
  for (const recompute of [false, true]) {
    const learner = newLearner({ recompute });
    const read: number[] = [];
    for (const [i, { kind, batch, rate }] of steps.entries()) {
      learner.step(kind, batch, rate);
      if (i === 2) {
        await learner.measure("segmentation", [newBatch("segmentation", 99)]);
        read.push(...(await learner.readLosses()).map(({ loss }) => loss));
      }
      if (i === 5) learner.release();
      if (i === 7) {
        const [weights, { moments, counts }] = [
          await learner.weights(),
          await learner.optimiserState(),
        ];
        learner.resetOptimisers();
        learner.setWeights(
          new Map([...weights].map(([name, { shape, data }]) => [name, {
            shape,
            data: data.map(() => 0.5),
          }])),
          "the test",
        );
        learner.step("segmentation", newBatch("segmentation"), 1);
        await learner.readLosses().then((rest) =>
          read.push(...rest.slice(0, -1).map(({ loss }) => loss))
        );
        learner.setWeights(weights, "the test");
        learner.restoreOptimisers({ moments, counts, from: "the test" });
      }
    }
    read.push(...(await learner.readLosses()).map(({ loss }) => loss));
    assertEquals(read, plain.losses);
    assertEquals(await learner.weights(), plain.weights);
  }
});

Deno.test("Learner makes a step again without new memory, and gives it back when told", async () => {
  const learner = newLearner();
  const before = device.memory.inUse;
  const batch = newBatch("segmentation");
  learner.step("segmentation", batch, 1e-3);
  const { inUse } = device.memory;
  assertLess(before, inUse);
  for (const kind of ["segmentation", "consistency"] as const) {
    learner.step(kind, newBatch(kind), 1e-3);
    learner.step(kind, newBatch(kind), 1e-3);
  }
  const validate = async () => {
    await learner.measure("segmentation", [batch]);
    await learner.measure("consistency", [newBatch("consistency")]);
  };
  await validate();
  const { allocated } = device.memory;
  learner.step("segmentation", batch, 1e-3);
  await validate();
  assertEquals(device.memory.allocated, allocated);
  learner.release();
  assertEquals(device.memory.inUse, before);
});

Deno.test("Learner.step() on a batch of another shape is another recording", async () => {
  const learner = newLearner();
  const wide: Batch = {
    shape: [1, 1, 16, 48],
    images: new Float32Array(768).fill(0.3),
    targets: new Float32Array(768).fill(1),
  };
  learner.step("segmentation", newBatch("segmentation", 1), 1e-2);
  learner.step("segmentation", wide, 1e-2);
  learner.step("segmentation", newBatch("segmentation", 2), 1e-2);
  const steps = [newBatch("segmentation", 1), wide, newBatch("segmentation", 2)]
    .map((batch) => ({ kind: "segmentation" as const, batch, rate: 1e-2 }));
  const plain = await trainPlainly(steps);
  assertEquals((await learner.readLosses()).map(({ loss }) => loss), plain.losses);
  assertEquals(await learner.weights(), plain.weights);
});

const SIZES: SettingChange[] = [
  { base: 4, patch: 32, batch: 4, pairs: 2 },
  { base: 4, patch: 32, batch: 2, pairs: 3 },
  { base: 4, patch: 48, batch: 5, pairs: 1 },
  { base: 4, patch: 32, batch: 4, pairs: 2, recompute: true },
];

Deno.test("Learner.plannedBytes() is what is allocated, within 5 %, in whichever order steps come", async () => {
  for (const change of SIZES) {
    for (
      const order of [["segmentation", "consistency"], ["consistency", "segmentation"]] as const
    ) {
      using own = await openDevice();
      own.trim();
      const learner = newLearner(change, own);
      const planned = learner.plannedBytes();
      assertEquals(own.memory.allocated, own.memory.inUse, "planning allocated something");
      const { patch, batch, pairs } = change as Record<string, number>;
      const made = new Map<string, Batch>();
      for (const kind of order) {
        const count = kind === "segmentation" ? batch : 2 * pairs;
        const size = count * patch * patch;
        const images = Float32Array.from({ length: size }, (_, i) => i % 7);
        const targets = new Float32Array(size).fill(1);
        made.set(kind, { shape: [count, 1, patch, patch], images, targets });
        learner.step(kind, made.get(kind)!, 1e-3);
      }
      await learner.readLosses();
      // What looks whether the network has died measures it on a batch of a step.
      for (const kind of order) await learner.measure(kind, [made.get(kind)!]);
      const { allocated, inUse } = own.memory;
      const what = `${
        JSON.stringify(change)
      }: ${inUse} of ${allocated} allocated, ${planned} planned`;
      assert(Math.abs(inUse - planned) < 0.05 * planned, what);
      assert(inUse <= planned, what);
    }
  }
});

Deno.test("Learner.plannedBytes() plans a network with one answer for an image, too", async () => {
  using own = await openDevice();
  const options = { blocks: 2, base: 4, groups: 2, inChannels: 1 };
  const network = buildNetwork(own, {
    architecture: { kind: "focus", options },
    random: new Random(2),
  });
  const tasks = [focusTask({ count: 4 })];
  const learner = new Learner(own, { network, tasks, patch: 16, recompute: false });
  assertLess(own.memory.inUse, learner.plannedBytes());
});

Deno.test("Learner.plannedBytes() counts the steps that will be made, and less with recompute", () => {
  const planned = (change: SettingChange, kinds?: TaskName[]) =>
    newLearner({ base: 8, patch: 64, ...change }).plannedBytes(kinds) - device.memory.inUse;
  const both = planned({ batch: 2, pairs: 4 });
  assertLess(planned({ batch: 2, pairs: 4 }, ["segmentation"]), 0.5 * both);
  assertEquals(planned({ batch: 2, pairs: 4 }, ["consistency"]) > 0.9 * both, true);
  assertLess(planned({ batch: 2, pairs: 4, recompute: true }), 0.97 * both);
});

Deno.test("Learner.plannedBytes() over the limit names the largest patch that fits", async () => {
  using own = await openDevice({ memoryLimit: 4 * 1024 ** 2 });
  const message = (patch: number) =>
    assertThrows(
      () => newLearner({ base: 4, patch, batch: 4, pairs: 2 }, own).plannedBytes(),
      OutOfMemoryError,
    ).message;
  const [, side] = message(1024).match(/the memory limit is 4 MiB; .*; patch (\d+) fits$/)!;
  assertEquals(message(Number(side) + 2).endsWith(`; patch ${side} fits`), true);
  newLearner({ base: 4, patch: Number(side), batch: 4, pairs: 2 }, own).plannedBytes();
  using tiny = await openDevice({ memoryLimit: 512 * 1024 });
  assertThrows(
    () => newLearner({ base: 2, patch: 64, batch: 9999, pairs: 2 }, tiny).plannedBytes(),
    OutOfMemoryError,
    "; no patch fits",
  );
});
