/**
 * How many floating point operations a computation asks for, whatever way its kernels take.
 *
 * @module
 */

import { Tape, type Variable } from "../../nn/autodiff.ts";
import type { Operation, Params } from "../../kernels/operation.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";

const CONVOLUTION_PASSES = ["forward", "dx", "dw"];

/**
 * Operations of one pass: 2 · k² · c_in · c_out for every output pixel of a convolution, and as many
 * for each of its two large gradients; 2 for every term of a product of matrices, and as many for each
 * of its gradients. Null for everything else, which moves more than it computes.
 */
export function flopsOf(
  operation: string,
  { pass, shapes }: { pass: string; shapes: readonly Shape[] },
): number | null {
  if (operation === "matmul") {
    const [a, b] = shapes;
    const [left, right] = [a, b].map((shape) => sizeOf(shape.slice(0, -2)));
    return 2 * Math.max(left, right) * sizeOf(a.slice(-2)) * b[b.length - 1];
  }
  if (!CONVOLUTION_PASSES.includes(pass)) return null;
  if (operation === "upConv2d") {
    const [, [n, , h, w], [cOut, cIn, k]] = shapes;
    return 2 * k * k * cIn * cOut * n * h * w;
  }
  if (operation !== "conv2d") return null;
  const [[n, cIn, h, w], [cOut, , k]] = shapes;
  return 2 * k * k * cIn * cOut * n * h * w;
}

/** A tape that adds up the operations of all it applies. */
export class CountingTape extends Tape {
  /** Floating point operations so far, forward only. */
  flops = 0;

  /** Applies an operation and counts it. */
  override apply<P extends Params>(
    operation: Operation<P>,
    inputs: readonly Variable[],
    params: P,
  ): Variable {
    const shapes = inputs.map(({ value }) => value.shape);
    this.flops += flopsOf(operation.name, { pass: "forward", shapes }) ?? 0;
    return super.apply(operation, inputs, params);
  }
}
