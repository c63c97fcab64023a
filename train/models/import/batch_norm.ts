/**
 * Normalisations by batch as part of the convolutions before them: in prediction they scale and shift each
 * channel by fixed numbers, (y − mean) · gamma / √(variance + ε) + beta.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";

/** What a normalisation goes by, one number a channel. */
export interface BatchNorm {
  /** Factors. */
  readonly gamma: Float32Array;
  /** Shifts. */
  readonly beta: Float32Array;
  /** Means over the training images. */
  readonly mean: Float32Array;
  /** Variances over them. */
  readonly variance: Float32Array;
}

/** The default of Keras. */
const EPSILON = 1e-3;

/** Weight `[c_out, c_in, kh, kw]` and bias `[c_out]` of a convolution that normalises, too. */
export function foldBatchNorm(
  { weight, bias }: { weight: NamedArray; bias: NamedArray },
  { gamma, beta, mean, variance }: BatchNorm,
): { weight: NamedArray; bias: NamedArray } {
  const taps = weight.data.length / bias.data.length;
  const factor = Float64Array.from(gamma, (each, i) => each / Math.sqrt(variance[i] + EPSILON));
  return {
    weight: {
      shape: weight.shape,
      data: weight.data.map((value, i) => value * factor[Math.floor(i / taps)]),
    },
    bias: {
      shape: bias.shape,
      data: bias.data.map((value, i) => (value - mean[i]) * factor[i] + beta[i]),
    },
  };
}
