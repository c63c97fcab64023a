/**
 * Two-dimensional convolution (cross-correlation, as in every network library): odd square kernels,
 * stride 1, zero padding that keeps the size, with bias and an optional ReLU in the same kernel.
 *
 * Backward: the upstream gradient is masked by the ReLU once; the input gradient is the same
 * convolution with flipped, transposed weights; the weight gradient is a split reduction. Several
 * kernels can compute each: see variants.ts.
 *
 * @module
 */

import { gradientOfSums } from "../../parts/channel_sums.ts";
import type { Operation } from "../../operation.ts";
import { formatShape, imageShape, type Shape } from "../../gpu/shape.ts";
import { convolve as convolveReference, convolveBackward } from "./reference.ts";
import { convolve, gradientToWeights } from "./variants.ts";

/** Parameters of {@linkcode conv2d}. */
export type Conv2dParams = {
  /** Whether negative results become 0 (fused into the kernel). */
  readonly relu: boolean;
};

function conv2dShape([x, w, b]: readonly Shape[]): Shape {
  const [batch, channels, height, width] = imageShape(x, "conv2d");
  const both = `Cannot convolve x ${formatShape(x)} with w ${formatShape(w)}`;
  if (w.length !== 4 || !(w[0] > 0) || w[2] !== w[3] || w[2] % 2 !== 1) {
    throw new RangeError(`${both}: w must be [c_out,c_in,k,k] with odd k`);
  }
  if (w[1] !== channels) {
    throw new RangeError(`${both}: x has ${channels} channels, w expects ${w[1]}`);
  }
  if (b.length !== 1 || b[0] !== w[0]) {
    throw new RangeError(`${both}: b is ${formatShape(b)}, expected [${w[0]}]`);
  }
  return [batch, w[0], height, width];
}

function shapesFor(x: Shape, cOut: number, k: number): Shape[] {
  return [x, [cOut, x[1], k, k], [cOut]];
}

/** y = x ⋆ w + b for x `[n, c_in, h, w]`, w `[c_out, c_in, k, k]`, b `[c_out]`. */
export const conv2d: Operation<Conv2dParams, ["x", "weight", "bias"]> = {
  name: "conv2d",
  inputs: ["x", "weight", "bias"],
  shape: conv2dShape,
  forward: (device, [x, weight, bias], { relu }) =>
    convolve(device, { x, weight, bias, relu, transposed: false }),
  backward(device, context, { relu }) {
    const { inputs: [x, weight], needs } = context;
    using scope = device.scope();
    const k = weight.shape[2];
    const { dz, sums } = gradientOfSums(device, context, { relu, wantsBias: needs[2] });
    const inputGradient = () =>
      convolve(device, { x: dz, weight, transposed: true, bias: null, relu: false });
    const dw = needs[1] ? gradientToWeights(device, { x, dz, k }) : null;
    return [
      needs[0] ? scope.keep(inputGradient()) : null,
      dw && scope.keep(dw),
      needs[2] && sums ? scope.keep(sums) : null,
    ];
  },
  reference: { forward: convolveReference, backward: convolveBackward },
  samples: /* @__PURE__ */ (() => [
    { shapes: shapesFor([1, 1, 1, 1], 1, 3), params: { relu: false } },
    { shapes: shapesFor([2, 3, 8, 12], 5, 3), params: { relu: true } },
    { shapes: shapesFor([3, 33, 5, 7], 17, 3), params: { relu: true } },
    { shapes: shapesFor([1, 6, 1, 9], 4, 1), params: { relu: false } },
    { shapes: shapesFor([1, 4, 11, 13], 6, 5), params: { relu: false } },
    { shapes: shapesFor([1, 2, 6, 16], 3, 7), params: { relu: true } },
    { shapes: shapesFor([1, 2, 3, 20], 2, 11), params: { relu: false } },
    { shapes: shapesFor([1, 4, 36, 8], 8, 3), params: { relu: true } },
    { shapes: shapesFor([2, 3, 33, 12], 5, 3), params: { relu: true } },
    { shapes: shapesFor([1, 2, 34, 5], 3, 3), params: { relu: false } },
    { shapes: shapesFor([1, 32, 256, 256], 32, 3), params: { relu: true }, bench: true },
    { shapes: shapesFor([1, 64, 128, 128], 64, 3), params: { relu: true }, bench: true },
    { shapes: shapesFor([1, 256, 32, 32], 256, 3), params: { relu: true }, bench: true },
  ])(),
};
