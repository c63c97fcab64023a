/**
 * The Siamese pass: two frames or more, one network, one set of weights.
 *
 * All frames go through the network as one batch, so there is no second copy of the weights that
 * could drift; the gradients of all of them meet in the same parameters.
 *
 * @module
 */

import { sliceBatch } from "../kernels/ops/slice_batch.ts";
import { formatShape } from "../kernels/gpu/shape.ts";
import type { Tape, Variable } from "./autodiff.ts";
import type { Network } from "./module.ts";

/**
 * The answers of a network to the first and second frames of a batch of pairs.
 *
 * @category Networks
 */
export interface SiameseOutputs<Name extends string = string> {
  /** Answers to the first frames, by name, `[b, c, h, w]`. */
  readonly first: Answers<Name>;
  /** Answers to the second frames. */
  readonly second: Answers<Name>;
}

/**
 * Answers by name.
 *
 * @category Networks
 */
export type Answers<Name extends string> = Readonly<Record<Name, Variable>>;

/**
 * What goes through a network in a Siamese pass.
 *
 * @category Networks
 */
export interface SiameseInput<Name extends string = string> {
  /** The network. */
  readonly network: Network;
  /** Frames of one time after those of another: `[k·b, c, h, w]` for b windows of k frames. */
  readonly frames: Variable;
  /** Names of the outputs that are wanted; the probabilities unless told. */
  readonly outputs?: readonly Name[];
}

/**
 * Applies a network to B pairs of frames stacked as `[2b, c, h, w]`: first frames, then second.
 *
 * @throws {RangeError} If the batch is odd, or the network has no such output.
 * @category Networks
 */
export function siameseForward<Name extends string = "prob">(
  tape: Tape,
  input: SiameseInput<Name>,
): SiameseOutputs<Name> {
  const [first, second] = siameseWindow(tape, { ...input, count: 2 });
  return { first, second };
}

/**
 * Applies a network to B windows of frames stacked as `[count·b, c, h, w]`: all first frames, then
 * all second ones, and so on.
 *
 * @param input The network, the frames, and as `count` how many frames a window has.
 * @returns The answers to the frames of each time, in their order.
 * @throws {RangeError} If the batch holds no whole number of windows, or the network has no such
 * output.
 *
 * @example
 * ```ts ignore
 * const [before, now, after] = siameseWindow(tape, { network, frames, count: 3 });
 * ```
 *
 * @category Networks
 */
export function siameseWindow<Name extends string = "prob">(
  tape: Tape,
  { network, frames, count, outputs = ["prob" as Name] }: SiameseInput<Name> & { count: number },
): readonly Answers<Name>[] {
  const { shape } = frames.value;
  const windows = shape[0] / count;
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(windows))) {
    throw new RangeError(
      count === 2
        ? `Cannot compare pairs in a batch of shape ${formatShape(shape)}: it is odd`
        : `Cannot compare windows of ${count} frames in a batch of shape ${
          formatShape(shape)
        }: it ` +
          "does not hold a whole number of them",
    );
  }
  const answers = network.forward(tape, frames);
  const missing = outputs.find((name) => !answers[name]);
  if (missing !== undefined) {
    throw new RangeError(
      `Cannot compare ${missing} of ${count === 2 ? "two" : count} frames: the network gives ${
        Object.keys(answers).join(", ")
      }`,
    );
  }
  const slice = (name: string, time: number) =>
    tape.apply(sliceBatch, [answers[name]], { start: time * windows, count: windows });
  return Array.from(
    { length: count },
    (_, time) =>
      Object.fromEntries(outputs.map((name) => [name, slice(name, time)])) as Answers<Name>,
  );
}
