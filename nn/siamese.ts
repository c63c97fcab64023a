/**
 * The Siamese pass: two frames, one network, one set of weights.
 *
 * Both frames go through the network as one batch of 2B, so there is no second copy of the weights
 * that could drift; the gradient of both halves meets in the same parameters.
 *
 * @module
 */

import { sliceBatch } from "../kernels/ops/slice_batch.ts";
import { formatShape } from "../kernels/shape.ts";
import type { Tape, Variable } from "./autodiff.ts";
import type { Network, Outputs } from "./module.ts";

/** The answers of a network to the first and second frames of a batch of pairs. */
export interface SiameseOutputs {
  /** Answers to the first frames, by name, `[b, c, h, w]`. */
  readonly first: Outputs;
  /** Answers to the second frames. */
  readonly second: Outputs;
}

/**
 * Applies a network to B pairs of frames stacked as `[2b, c, h, w]`: first frames, then second.
 *
 * @param options `outputs` names those that are wanted; the probabilities unless told.
 * @throws {RangeError} If the batch is odd, or the network has no such output.
 */
export function siameseForward(
  tape: Tape,
  { network, frames, outputs = ["prob"] }: {
    network: Network;
    frames: Variable;
    outputs?: readonly string[];
  },
): SiameseOutputs {
  const count = frames.value.shape[0] / 2;
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `Cannot compare pairs in a batch of shape ${formatShape(frames.value.shape)}: it is odd`,
    );
  }
  const answers = network.forward(tape, frames);
  const missing = outputs.find((name) => !answers[name]);
  if (missing !== undefined) {
    throw new RangeError(
      `Cannot compare ${missing} of two frames: the network gives ${
        Object.keys(answers).join(", ")
      }`,
    );
  }
  const half = (start: number) =>
    Object.fromEntries(
      outputs.map((name) => [name, tape.apply(sliceBatch, [answers[name]], { start, count })]),
    );
  return { first: half(0), second: half(count) };
}
