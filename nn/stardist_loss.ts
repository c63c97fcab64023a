/**
 * The loss of a StarDist network: cross-entropy of the object probability and error of the distances.
 *
 * @module
 */

import { add } from "../kernels/ops/arithmetic.ts";
import { maskedBinaryCrossEntropy } from "../kernels/ops/binary_cross_entropy.ts";
import { maskedBinaryCrossEntropyWithLogits } from "../kernels/ops/binary_cross_entropy_with_logits.ts";
import { scale } from "../kernels/ops/scale.ts";
import {
  type StarDistanceError,
  starDistanceLoss,
  type StarDistanceLossParams,
} from "../kernels/ops/star_distance_loss.ts";
import type { Tape, Variable } from "./autodiff.ts";

/**
 * Probabilities `[n, 1, h, w]` and distances `[n, rays, h, w]`, predicted or true.
 *
 * @category Losses
 */
export interface StarDistMaps {
  /** Object probability; as a target below 0 where it is unknown. */
  readonly prob: Variable;
  /** The predicted probability before its sigmoid: with it the loss of a confident mistake is exact. */
  readonly logits?: Variable;
  /** Distances along the rays, in pixels. */
  readonly dist: Variable;
}

/**
 * Settings of {@linkcode starDistLoss}.
 *
 * @category Losses
 */
export interface StarDistLossOptions {
  /** How the distances' error is measured. */
  readonly error: StarDistanceError;
  /** Weight of the pull of distances towards 0 outside of objects. */
  readonly background: number;
  /** Weights of the two losses in their sum. */
  readonly weights: { readonly prob: number; readonly dist: number };
  /**
   * What pixels of unknown probability are to the distances: background, as in StarDist and unless told,
   * or left out as they are from the probability's loss.
   */
  readonly unknown?: StarDistanceLossParams["unknown"];
}

/**
 * StarDist's settings.
 *
 * @category Losses
 */
export const DEFAULT_STARDIST_LOSS: StarDistLossOptions = {
  error: "mae",
  background: 1e-4,
  weights: { prob: 1, dist: 0.2 },
};

/**
 * The loss and the two that it is made of, each `[1]`.
 *
 * @category Losses
 */
export interface StarDistLosses {
  /** Mean cross-entropy of the probability where it is known. */
  readonly prob: Variable;
  /** Error of the distances, weighted by the true probability. */
  readonly dist: Variable;
  /** Their weighted sum. */
  readonly total: Variable;
}

/**
 * StarDist's loss of a prediction against targets, which are constants.
 *
 * @throws {RangeError} If the shapes do not fit.
 *
 * @example
 * ```ts ignore
 * const { total } = starDistLoss(tape, { predicted: network.forward(tape, images), truth });
 * const gradients = tape.backward(total);
 * ```
 *
 * @category Losses
 */
export function starDistLoss(
  tape: Tape,
  { predicted, truth, options = DEFAULT_STARDIST_LOSS }: {
    predicted: StarDistMaps;
    truth: StarDistMaps;
    options?: StarDistLossOptions;
  },
): StarDistLosses {
  const { error, background, weights, unknown = "background" } = options;
  const prob = predicted.logits
    ? tape.apply(maskedBinaryCrossEntropyWithLogits, [predicted.logits, truth.prob], {})
    : tape.apply(maskedBinaryCrossEntropy, [predicted.prob, truth.prob], {});
  const dist = tape.apply(
    starDistanceLoss,
    [predicted.dist, truth.dist, truth.prob],
    { error, background, unknown },
  );
  const total = tape.apply(add, [
    tape.apply(scale, [prob], { factor: weights.prob }),
    tape.apply(scale, [dist], { factor: weights.dist }),
  ], {});
  return { prob, dist, total };
}
