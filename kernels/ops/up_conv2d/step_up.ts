/**
 * What a step up computes: the problems that its kernels are given.
 *
 * @module
 */

import type { Tensor } from "../../gpu/tensor.ts";
import type { SumOfSlabs } from "../../operation.ts";

/** A convolution over two images, the first of half the size. */
export interface UpConvolution {
  /** The smaller image, `[n, c_low, h / 2, w / 2]`; each pixel stands for 2 × 2. */
  readonly low: Tensor<"f32">;
  /** The other channels, `[n, c_skip, h, w]`. */
  readonly skip: Tensor<"f32">;
  /** Weights `[c_out, c_low + c_skip, k, k]`. */
  readonly weight: Tensor<"f32">;
  /** Added to every channel. */
  readonly bias: Tensor<"f32">;
  /** Whether negative results become 0. */
  readonly relu: boolean;
  /** Whether the result is to be stored as halves, which its rows allow; not unless told. */
  readonly isHalf?: boolean;
}

/** The gradient to the weights of a step up. */
export interface UpWeightGradient {
  /** The smaller image. */
  readonly low: Tensor<"f32">;
  /** The other image. */
  readonly skip: Tensor<"f32">;
  /** Gradient to the sums, before the ReLU. */
  readonly dz: Tensor<"f32">;
  /** The weights, for their shape. */
  readonly weight: Tensor<"f32">;
  /** How the slabs that it is split into are added up; at once unless told. */
  readonly sum?: SumOfSlabs;
  /** Adds up the slabs of the gradient to the bias, as for a convolution. */
  readonly sumBias?: (partial: Tensor<"f32">) => Tensor<"f32">;
}
