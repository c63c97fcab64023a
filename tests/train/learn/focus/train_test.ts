// The training of a focus classifier: it learns, keeps the best, leaves a run folder, and says what is
// wrong before it starts.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { FocusClassifier } from "../../../../nn/focus.ts";
import { decodeSafeTensors } from "../../../../nn/safetensors.ts";
import { Random } from "../../../../train/images/random.ts";
import type { FocusEvent } from "../../../../train/learn/focus/events.ts";
import { loadFocusModel } from "../../../../train/models/focus/model_file.ts";
import {
  checkFocusSettings,
  defaultFocusSettings,
  type FocusSettings,
} from "../../../../train/models/focus/settings.ts";
import { learnFocus, scoreFocus, trainFocus } from "../../../../train/learn/focus/train.ts";
import { fakeLabels, fakeSequence } from "../../fixtures/fake_sequence.ts";

const device = await openDevice();
const TINY: FocusSettings = {
  ...defaultFocusSettings,
  blocks: 2,
  base: 4,
  groups: 2,
  pairs: 2,
  patch: 16,
  steps: 3,
  validateEvery: 2,
};

function fresh({ blocks, base, groups, seed }: FocusSettings): FocusClassifier {
  const options = { blocks, base, groups, inChannels: 1 };
  return new FocusClassifier(device, { options, random: new Random(seed) });
}

/** All events of a training, and what it leaves. */
async function learn(change: Partial<FocusSettings>, stacks = STACKS) {
  const settings = { ...TINY, ...change };
  const network = fresh(settings);
  const training = learnFocus(device, { network, stacks, settings });
  const events: FocusEvent[] = [];
  let next = await training.next();
  for (; !next.done; next = await training.next()) events.push(next.value);
  return { events, network, ...next.value };
}

const STACKS = fakeLabels(fakeSequence({ length: 5, depth: 6, side: 16, seed: 1 }));

Deno.test("learnFocus() learns to find the plane in focus of stacks that it has not seen", async () => {
  const sizes = { depth: 12, side: 40, noise: 0.02 };
  const change = { blocks: 3, steps: 60, pairs: 4, patch: 40, rate: 2e-3, validation: 0 };
  const stacks = fakeLabels(fakeSequence({ length: 12, seed: 5, ...sizes }));
  const { events, network } = await learn(change, stacks);
  const losses = events.flatMap((event) => event.type === "focus-step" ? [event.loss] : []);
  assert(losses.at(-1)! < 0.8 * losses[0], `${losses}`);
  const others = fakeLabels(fakeSequence({ length: 6, seed: 6, ...sizes }));
  const scores = await scoreFocus(device, {
    network,
    reading: { ...TINY, sigma: 1 },
    stacks: others,
  });
  // A plane guessed at random is within one of the truth in a quarter of the stacks.
  assert(scores.within >= 0.8 && scores.distance <= 1, JSON.stringify(scores));
});

Deno.test("learnFocus() tells plan, steps and validations, and keeps the best weights", async () => {
  const { events, network, weights, scores } = await learn({ steps: 5, validation: 0.4 });
  assertEquals(events.map(({ type }) => type), [
    "focus-plan",
    "focus-step",
    "focus-validation",
    "focus-step",
    "focus-validation",
    "focus-step",
    "focus-validation",
  ]);
  const [plan] = events;
  assert(plan.type === "focus-plan" && plan.plannedBytes > 0);
  assertEquals([plan.stacks, plan.patch, plan.steps], [[3, 2], 16, 5]);
  assertEquals([...weights.keys()], [...network.parameters.keys()]);
  const validations = events.filter((event) => event.type === "focus-validation");
  assertEquals(validations.map(({ step }) => step), [2, 4, 5]);
  assert(validations[0].isBest);
  const { within, distance } = validations.findLast(({ isBest }) => isBest)!;
  assertEquals(scores, { within, distance });
  assert(
    validations.every((other) =>
      other.within < within || (other.within === within && other.distance >= distance)
    ),
  );
  const steps = events.filter((event) => event.type === "focus-step");
  assertEquals(steps.map(({ step }) => step), [2, 4, 5]);
  assert(steps.every(({ loss, rate }) => loss > 0 && rate > 1e-4 && rate <= 1e-3));
});

Deno.test("learnFocus() gives the same bits for the same seed", async () => {
  const [a, b, c] = [await learn({}), await learn({}), await learn({ seed: 2 })];
  assertEquals(a.weights, b.weights);
  assert(a.weights.get("head.weight")!.data.join() !== c.weights.get("head.weight")!.data.join());
});

Deno.test("learnFocus() gives its memory back, but for the network's and a count of steps", async () => {
  const run = async () => {
    const { network } = await learn({});
    for (const { value } of network.parameters.values()) device.free(value);
    return device.memory.inUse;
  };
  const before = await run();
  assert(await run() - before <= 256, `${await run()} bytes in use, ${before} before`);
});

Deno.test("learnFocus() without stacks to validate on keeps the last weights and says so", async () => {
  for (const [change, stacks] of [[{ validation: 0 }, STACKS], [{}, STACKS.slice(0, 1)]] as const) {
    const { events, scores, network, weights } = await learn(change, [...stacks]);
    assertEquals(scores, null);
    assert(
      events.some((event) => event.type === "note" && event.text.includes("No stack is kept")),
    );
    const last = await device.read(network.parameters.get("head.weight")!.value);
    assertEquals(weights.get("head.weight")!.data, last);
  }
});

Deno.test("learnFocus() stops where weights are no numbers any more", async () => {
  const sequence = fakeSequence({ length: 1, depth: 20, side: 16, seed: 1 });
  // Plane 7 is not among those that the intensities are taken from.
  const plane = async (t: number, z: number) => {
    const { data, ...size } = await sequence.plane(t, z);
    return { ...size, data: z === 7 ? data.fill(NaN) : data };
  };
  const stacks = [{ sequence: { ...sequence, plane }, t: 0, plane: 7 }];
  await assertRejects(
    () => learn({ tolerance: 0 }, stacks),
    RangeError,
    "is not finite; lower the rate, or look for pixels that are no numbers",
  );
});

Deno.test("trainFocus() leaves a run folder that finds planes", async () => {
  const out = await Deno.makeTempDir();
  try {
    const options = { stacks: STACKS, settings: TINY, out: `${out}/run` };
    await assertRejects(
      () => trainFocus({ ...options, stacks: [] }).next(),
      RangeError,
      "no stack",
    );
    const events = await Array.fromAsync(trainFocus(options));
    const result = events.at(-1)!;
    assert(result.type === "focus-result");
    assertEquals(result.weights, `${out}/run/weights.safetensors`);
    const names = [...Deno.readDirSync(`${out}/run`)].map(({ name }) => name).toSorted();
    assertEquals(names, ["config.json", "metrics.jsonl", "weights.safetensors"]);
    const config = JSON.parse(await Deno.readTextFile(`${out}/run/config.json`));
    assertEquals([config.model, config.steps, config.tolerance], ["focus", 3, 1]);
    const metrics = (await Deno.readTextFile(`${out}/run/metrics.jsonl`)).trimEnd().split("\n");
    assertEquals(
      metrics.map((line) => JSON.parse(line)),
      events.filter(({ type }) => type === "focus-step" || type === "focus-validation"),
    );
    using _scope = device.scope();
    const from = result.weights;
    const weights = decodeSafeTensors(await Deno.readFile(from), from);
    const { network, reading } = loadFocusModel(device, { weights, from });
    assertEquals(network.architecture.options, { blocks: 2, base: 4, groups: 2, inChannels: 1 });
    assertEquals(reading, { low: TINY.low, high: TINY.high, sigma: TINY.sigma });
    await assertRejects(
      () => trainFocus(options).next(),
      Error,
      `Cannot train into ${out}/run: it already holds a run; give another --out`,
    );
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("checkFocusSettings() refuses what makes no sense, with what it may be", () => {
  checkFocusSettings(defaultFocusSettings);
  const refuse = (change: Partial<Record<keyof FocusSettings, unknown>>, says: string) =>
    assertThrows(
      () => checkFocusSettings({ ...defaultFocusSettings, ...change } as FocusSettings),
      RangeError,
      says,
    );
  refuse({ pairs: 0 }, "Cannot train: pairs is 0, expected a whole number ≥ 1");
  refuse({ steps: -1 }, "steps is -1, expected a whole number ≥ 0");
  refuse({ tolerance: 1.5 }, "tolerance is 1.5");
  refuse({ rate: 1 }, "rate is 1, expected a rate in (0, 1)");
  refuse({ rate: NaN }, "rate is NaN");
  refuse({ validation: 1 }, "validation is 1, expected a share in [0, 1)");
  refuse({ sigma: Infinity }, "sigma is Infinity, expected a number ≥ 0");
  refuse({ base: "8" }, "base is 8");
  refuse({ low: 99.9 }, "the percentiles are 99.9 and 99.8, expected 0 ≤ low < high ≤ 100");
  refuse({ high: NaN }, "the percentiles are 1 and NaN");
});
