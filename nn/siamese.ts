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
import type { Network } from "./module.ts";

/** The answers of a network to the first and second frames of a batch of pairs. */
export interface SiameseOutputs {
  /** Answers to the first frames, `[b, 1, h, w]`. */
  readonly first: Variable;
  /** Answers to the second frames, `[b, 1, h, w]`. */
  readonly second: Variable;
}

/**
 * Applies a network to B pairs of frames stacked as `[2b, c, h, w]`: first frames, then second.
 *
 * @throws {RangeError} If the batch is odd, or the network has no such output.
 */
export function siameseForward(
  tape: Tape,
  { network, frames, output = "prob" }: { network: Network; frames: Variable; output?: string },
): SiameseOutputs {
  const count = frames.value.shape[0] / 2;
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `Cannot compare pairs in a batch of shape ${formatShape(frames.value.shape)}: it is odd`,
    );
  }
  const outputs = network.forward(tape, frames);
  const maps = outputs[output];
  if (!maps) {
    throw new RangeError(
      `Cannot compare ${output} of two frames: the network gives ${
        Object.keys(outputs).join(", ")
      }`,
    );
  }
  return {
    first: tape.apply(sliceBatch, [maps], { start: 0, count }),
    second: tape.apply(sliceBatch, [maps], { start: count, count }),
  };
}
