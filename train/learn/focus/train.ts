/**
 * Training of a focus classifier on stacks with one labelled plane each.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { FocusClassifier } from "../../../nn/focus.ts";
import { focusPlane } from "../../../nn/labels/focus.ts";
import { type Network, parameterCount } from "../../../nn/module.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { cosineRate } from "../../../nn/schedule.ts";
import { Random } from "../../images/random.ts";
import { RunFolder } from "../../jobs/disk/run_folder.ts";
import { versions } from "../../jobs/disk/version.ts";
import { FocusStream } from "./batches.ts";
import type { FocusEvent, FocusScores } from "./events.ts";
import { FocusLearner } from "./learner.ts";
import { encodeFocusModel } from "../../models/focus/model_file.ts";
import { readStacks } from "../../models/focus/reader.ts";
import {
  checkFocusSettings,
  type FocusReading,
  type FocusSettings,
} from "../../models/focus/settings.ts";
import type { LabelledStack } from "../../images/series/z_stack.ts";

const LOG_EVERY = 10;
/** The rate ends at this share of where it began. */
const COSINE_END = 0.1;
/** A plane this far from the labelled one still counts as found. */
const WITHIN = 1;

/** How a training is made, apart from its settings. */
export interface FocusTrainOptions {
  /** Stacks with their planes in focus; some are kept for validation. */
  readonly stacks: readonly LabelledStack[];
  /** All settings. */
  readonly settings: FocusSettings;
  /** The run folder. */
  readonly out: string;
}

/** What a training leaves. */
export interface FocusOutcome {
  /** The best weights. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Their scores; null without stacks to validate on. */
  readonly scores: FocusScores | null;
}

/**
 * Trains into a run folder (`config.json`, `metrics.jsonl`, `weights.safetensors`), and tells what
 * happens as it happens.
 *
 * @throws {RangeError | SyntaxError} If settings or stacks do not fit, or a loss or weight is not finite.
 * @throws {Error} If the folder already holds a run.
 *
 * @example
 * ```ts ignore
 * const rows = decodeFocusTable(await Deno.readTextFile("planes.csv"), "planes.csv");
 * const stacks = labelledStacks(await openZSequence(disk, "stacks"), { rows, from: "planes.csv" });
 * const options = { stacks, settings: defaultFocusSettings, out: "runs/focus" };
 * for await (const event of trainFocus(options)) {
 *   if (event.type === "focus-validation") console.log(event.step, event.within);
 * }
 * ```
 */
export async function* trainFocus(
  { stacks, settings, out }: FocusTrainOptions,
): AsyncGenerator<FocusEvent> {
  checkFocusSettings(settings);
  const folder = new RunFolder(out);
  await folder.create();
  if (await folder.has("config.json")) {
    throw new Error(`Cannot train into ${out}: it already holds a run; give another --out`);
  }
  using device = await openDevice({ memoryLimit: settings.memory * 1024 ** 2 });
  const { blocks, base, groups } = settings;
  const network = new FocusClassifier(device, {
    options: { blocks, base, groups, inChannels: 1 },
    random: new Random(settings.seed),
  });
  const training = learnFocus(device, { network, stacks, settings });
  // Stacks that cannot be learnt from are refused here, before the folder holds a run.
  let next = await training.next();
  await folder.write(
    "config.json",
    JSON.stringify(
      { model: "focus", ...settings, versions: versions(), adapter: device.adapter.name },
      null,
      2,
    ) + "\n",
  );
  for (; !next.done; next = await training.next()) {
    const isMetric = next.value.type === "focus-step" || next.value.type === "focus-validation";
    if (isMetric) await folder.appendMetrics([next.value]);
    yield next.value;
  }
  const { weights, scores } = next.value;
  const name = "weights.safetensors";
  await folder.write(name, encodeFocusModel({ network, weights, reading: settings }));
  yield { type: "focus-result", scores, weights: folder.file(name) };
}

/**
 * Trains a network, without files. Every {@linkcode FocusSettings.validateEvery} steps and at the end
 * it is validated on stacks that it does not learn from; the best weights are the outcome, the later
 * ones of equals. Without stacks to validate on these are the last.
 *
 * @throws {RangeError | SyntaxError} If stacks do not fit or cannot be read, or a loss or weight is not finite.
 * @throws {OutOfMemoryError} If a step does not fit into the memory limit.
 */
export async function* learnFocus(
  device: Device,
  { network, stacks, settings }: {
    network: Network;
    stacks: readonly LabelledStack[];
    settings: FocusSettings;
  },
): AsyncGenerator<FocusEvent, FocusOutcome> {
  const { steps, pairs, rate, validateEvery } = settings;
  const [learned, held] = splitStacks(stacks, settings);
  const stream = new FocusStream(learned, settings);
  const { side } = stream;
  using learner = new FocusLearner(device, { network, count: 2 * pairs, side });
  yield {
    type: "focus-plan",
    parameters: parameterCount(network.parameters),
    plannedBytes: learner.plannedBytes,
    stacks: [learned.length, held.length],
    patch: side,
    steps,
  };
  yield* notesOn({ side, held, settings });
  let best: FocusOutcome = { weights: await learner.weights(), scores: null };
  let pending = 0;
  for (let step = 1; step <= steps; step++) {
    const rateNow = cosineRate({
      start: rate,
      end: COSINE_END * rate,
      step: step - 1,
      total: steps,
    });
    learner.step(await stream.next(), rateNow);
    pending++;
    const validates = step === steps || step % validateEvery === 0;
    if (validates || pending === LOG_EVERY) {
      const losses = await learner.readLosses();
      const loss = losses.reduce((sum, value) => sum + value / losses.length, 0);
      checkFinite(step, "the loss", losses);
      pending = 0;
      yield { type: "focus-step", step, steps, loss, rate: rateNow };
    }
    if (!validates) continue;
    const weights = await learner.weights();
    // A loss is that of the weights before its step: the step itself may have broken them.
    for (const [name, { data }] of weights) checkFinite(step, name, data);
    const scores = held.length > 0
      ? await scoreFocus(device, { network, reading: settings, stacks: held })
      : null;
    const isBest = best.scores === null || scores === null || !isWorse(scores, best.scores);
    if (isBest) best = { weights, scores };
    if (scores) yield { type: "focus-validation", step, ...scores, isBest };
  }
  return best;
}

/** How well a classifier finds the planes of stacks. */
export async function scoreFocus(
  device: Device,
  { network, reading, stacks }: {
    network: Network;
    reading: FocusReading;
    stacks: readonly LabelledStack[];
  },
): Promise<FocusScores> {
  let [within, distance] = [0, 0];
  for await (const { stack, probabilities } of readStacks(device, { network, reading, stacks })) {
    const away = Math.abs(focusPlane(probabilities, reading).plane - stack.plane);
    if (away <= WITHIN) within++;
    distance += away;
  }
  return { within: within / stacks.length, distance: distance / stacks.length };
}

function checkFinite(step: number, name: string, values: ArrayLike<number>): void {
  if (Array.prototype.every.call(values, Number.isFinite)) return;
  throw new RangeError(
    `Cannot go on after step ${step}: ${name} is not finite; lower the rate, or look for pixels that ` +
      "are no numbers",
  );
}

/** The share found counts first, then the mean distance. */
function isWorse(a: FocusScores, b: FocusScores): boolean {
  return a.within < b.within || (a.within === b.within && a.distance > b.distance);
}

/** Stacks to learn from and stacks to validate on; of two or more at least one is for each. */
function splitStacks(
  stacks: readonly LabelledStack[],
  { validation, seed }: FocusSettings,
): [LabelledStack[], LabelledStack[]] {
  const wanted = validation > 0 ? Math.max(1, Math.round(validation * stacks.length)) : 0;
  const count = Math.max(0, Math.min(wanted, stacks.length - 1));
  const order = [...new Random(seed, 30).permutation(stacks.length)].map((i) => stacks[i]);
  return [order.slice(count), order.slice(0, count)];
}

function* notesOn(
  { side, held, settings: { patch } }: {
    side: number;
    held: readonly LabelledStack[];
    settings: FocusSettings;
  },
): Generator<FocusEvent> {
  if (side < patch) {
    yield {
      type: "note",
      text: `The patches are ${side} pixels a side, as the smallest planes are`,
    };
  }
  if (held.length === 0) {
    yield {
      type: "note",
      text: "No stack is kept for validation: the last weights are the result",
    };
  }
}
