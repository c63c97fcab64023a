/**
 * The two problems of a convolution layer: a convolution, which serves the output and, with its
 * weights turned round, the gradient to the input; and the gradient to the weights.
 *
 * @module
 */

import type { Shape } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import type { SumOfSlabs } from "../../operation.ts";

/** A convolution to compute. */
export interface Convolution {
  /** The image, `[n, c, h, w]`. */
  readonly x: Tensor<"f32">;
  /** Weights as the layer has them, `[c_out, c_in, k, k]`. */
  readonly weight: Tensor<"f32">;
  /**
   * Whether x is the gradient to the layer's output and the result that to its input:
   * dx[i] = Σ_o dy[o] ⋆ flipped weight[o, i].
   */
  readonly transposed: boolean;
  /** Added to every channel; null for none. */
  readonly bias: Tensor<"f32"> | null;
  /** Whether negative results become 0; only with a bias. */
  readonly relu: boolean;
  /**
   * What the layer before has given through a ReLU, of the shape of the result: where it is not above 0
   * the result is 0. Only for the gradient to the input; none unless told.
   */
  readonly gate?: Tensor<"f32">;
  /** Whether the result is to be stored as halves, which its rows allow; not unless told. */
  readonly isHalf?: boolean;
}

/** A weight gradient to compute: dw[o, i] = Σ dz[o] · shifted x[i], `[c_out, c_in, k, k]`. */
export interface WeightGradient {
  /** The input of the layer, `[n, c_in, h, w]`. */
  readonly x: Tensor<"f32">;
  /** Gradient to its sums, before the ReLU, `[n, c_out, h, w]`. */
  readonly dz: Tensor<"f32">;
  /** Side of the kernel, odd. */
  readonly k: number;
  /** How the slabs that it is split into are added up; at once unless told. */
  readonly sum?: SumOfSlabs;
  /**
   * Adds up the slabs, `[slabs, c_out]`, of the gradient to the bias. A kernel that sums dz on its way
   * calls it, and lets what it gives outlive its own scope; others do not.
   */
  readonly sumBias?: (partial: Tensor<"f32">) => Tensor<"f32">;
}

/** The sizes of a layer's problem: x `[n, channels, h, w]`, channels of the result, side k. */
export interface LayerSize {
  /** Shape of the image. */
  readonly x: Shape;
  /** Channels of the result. */
  readonly outputs: number;
  /** Side of the kernel. */
  readonly k: number;
}

/** Sizes as text: `4x16x128x128->32 k3`. */
export function formatLayer({ x, outputs, k }: LayerSize): string {
  return `${x.join("x")}->${outputs} k${k}`;
}

/** Sizes from text; null if it is none. */
export function parseLayer(text: string): LayerSize | null {
  const match = text.match(/^(\d+)x(\d+)x(\d+)x(\d+)->(\d+) k(\d+)$/);
  if (!match) return null;
  const [n, c, h, w, outputs, k] = match.slice(1).map(Number);
  return { x: [n, c, h, w], outputs, k };
}
