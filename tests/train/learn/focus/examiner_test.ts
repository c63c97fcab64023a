// How a focus classifier learns, and how it is judged while it does.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { FocusClassifier } from "../../../../nn/networks/focus.ts";
import { Random } from "../../../../train/images/random.ts";
import { defaultAugmentation } from "../../../../train/learn/patches/augment.ts";
import type { StageRunEvent } from "../../../../train/learn/events.ts";
import { FocusStream } from "../../../../train/learn/focus/batches.ts";
import { focusExaminer, scoreFocus, splitStacks } from "../../../../train/learn/focus/examiner.ts";
import { Learner } from "../../../../train/learn/learner.ts";
import { scheduleSettings, warmupSchedule } from "../../../../train/learn/schedule.ts";
import { runStage } from "../../../../train/learn/stage.ts";
import type { SavedState } from "../../../../train/learn/stage_state.ts";
import { focusTask } from "../../../../train/learn/tasks.ts";
import { defaultsOf } from "../../../../train/settings.ts";
import { fakeLabels, fakeSequence } from "../../fixtures/fake_sequence.ts";

const device = await openDevice();

const TINY = {
  ...{ blocks: 2, base: 4, groups: 2, pairs: 2, patch: 16, steps: 3, validateEvery: 2 },
  ...{ seed: 1, tolerance: 1, validation: 0.2, rate: 1e-3, low: 1, high: 99.8, sigma: 1 },
};
const STACKS = fakeLabels(fakeSequence({ length: 5, depth: 6, side: 16, seed: 1 }));
const AUGMENTATION = {
  ...defaultAugmentation,
  elastic: { ...defaultAugmentation.elastic, probability: 0 },
  exposure: { ...defaultAugmentation.exposure, probability: 0 },
};

/** A store that remembers the last state only. */
class MemoryStore {
  readonly path = "memory";
  saved: SavedState | null = null;
  appendMetrics = () => Promise.resolve(0);
  cutMetrics = () => Promise.resolve();
  saveState = (state: SavedState) => {
    this.saved = state;
    return Promise.resolve();
  };
}

/** All events of a training, and what it leaves. */
async function learn(change: Partial<typeof TINY>, stacks = STACKS) {
  const settings = { ...TINY, ...change };
  const { blocks, base, groups, seed, steps, rate, pairs, validateEvery } = settings;
  const options = { blocks, base, groups, inChannels: 1 };
  const network = new FocusClassifier(device, { options, random: new Random(seed) });
  const [learned, held] = splitStacks(stacks, settings);
  const stream = new FocusStream(learned, { ...settings, augmentation: AUGMENTATION });
  const tasks = [focusTask({ count: 2 * pairs })];
  const schedule = { ...defaultsOf(scheduleSettings.settings), warmup: steps, warmupRate: rate };
  const training = runStage("focus", {
    learner: new Learner(device, { network, tasks, patch: stream.side }),
    schedule: warmupSchedule("focus", { ...schedule, ramp: 0 }),
    streams: new Map([["focus", stream]]),
    examiner: focusExaminer(device, { network, reading: settings, stacks: held }),
    store: new MemoryStore(),
    settings: { validateEvery, saveEvery: 100, patience: 0, tolerance: 0, averaging: 0 },
    ...{ seed, resume: null },
  });
  const events: StageRunEvent[] = [];
  let next = await training.next();
  for (; !next.done; next = await training.next()) events.push(next.value);
  return { events, network, weights: next.value.best };
}

Deno.test("a classifier learns to find the plane in focus of stacks that it has not seen", async () => {
  const sizes = { depth: 12, side: 40, noise: 0.02 };
  const change = { blocks: 3, steps: 60, pairs: 4, patch: 40, rate: 2e-3, validation: 0 };
  const stacks = fakeLabels(fakeSequence({ length: 12, seed: 5, ...sizes }));
  const { events, network } = await learn(change, stacks);
  const losses = events.flatMap((event) => event.type === "step" ? [event.loss] : []);
  const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss / part.length, 0);
  assert(mean(losses.slice(-10)) < 0.8 * mean(losses.slice(0, 10)), `${losses}`);
  const others = fakeLabels(fakeSequence({ length: 6, seed: 6, ...sizes }));
  const scores = await scoreFocus(device, { network, reading: TINY, stacks: others });
  // A plane guessed at random is within one of the truth in a quarter of the stacks.
  assert(scores.within >= 0.8 && scores.distance <= 1, JSON.stringify(scores));
});

Deno.test("focusExaminer() lets the share found decide, then the distance, later ones of equals", async () => {
  const { events, network, weights } = await learn({ steps: 5, validation: 0.4 });
  assertEquals([...weights.keys()], [...network.parameters.keys()]);
  const validations = events.filter((event) => event.type === "validation");
  assertEquals(validations.map(({ step }) => step), [2, 4, 5]);
  assert(validations[0].isBest);
  const best = validations.findLast(({ isBest }) => isBest)!;
  const [within, distance] = [best.within!, best.distance!];
  assert(
    validations.every((other) =>
      other.within! < within || (other.within === within && other.distance! >= distance)
    ),
  );
  const steps = events.filter((event) => event.type === "step");
  assertEquals(steps.map(({ step }) => step), [1, 2, 3, 4, 5]);
  assert(steps.every(({ kind, loss }) => kind === "focus" && loss > 0));
  assert(steps.every(({ rate }) => rate > 1e-4 && rate <= 1e-3));
});

Deno.test("a classifier's training gives the same bits for the same seed", async () => {
  const [a, b, c] = [await learn({}), await learn({}), await learn({ seed: 2 })];
  assertEquals(a.weights, b.weights);
  assert(a.weights.get("head.weight")!.data.join() !== c.weights.get("head.weight")!.data.join());
});

Deno.test("focusExaminer() has nothing to say without stacks, and the last weights are kept", async () => {
  for (const [change, stacks] of [[{ validation: 0 }, STACKS], [{}, STACKS.slice(0, 1)]] as const) {
    const { events, network, weights } = await learn(change, [...stacks]);
    assertEquals(events.filter(({ type }) => type === "validation"), []);
    const last = await device.read(network.parameters.get("head.weight")!.value);
    assertEquals(weights.get("head.weight")!.data, last);
  }
});

Deno.test("a classifier's training stops where weights are no numbers any more", async () => {
  const sequence = fakeSequence({ length: 1, depth: 20, side: 16, seed: 1 });
  // Plane 7 is not among those that the intensities are taken from.
  const plane = async (t: number, z: number) => {
    const { data, ...size } = await sequence.plane(t, z);
    return { ...size, data: z === 7 ? data.fill(NaN) : data };
  };
  const stacks = [{ sequence: { ...sequence, plane }, t: 0, plane: 7 }];
  await assertRejects(() => learn({ tolerance: 0 }, stacks), RangeError, "Cannot go on training");
});
