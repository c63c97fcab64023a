/**
 * Two-dimensional convolution (cross-correlation, as in every network library): square kernels, any stride
 * and zero padding, with bias and an optional ReLU in the same kernel.
 *
 * Backward: the upstream gradient is masked by the ReLU once; the input gradient is the same
 * convolution with flipped, transposed weights; the weight gradient is a split reduction. Several
 * kernels can compute each: see variants.ts. They keep the size of the image. With less padding, at
 * stride 1, they compute a margin too much, which is cut off and has no gradient; any other stride and
 * padding goes by way of windows.ts.
 *
 * @module
 */

import { gradientOfSums, gradientsOfLayer } from "../../parts/channel_sums.ts";
import type { Operation, OperationCheck } from "../../operation.ts";
import type { Shape } from "../../gpu/shape.ts";
import { type Conv2dParams, convolvedShape, type Geometry, geometryOf } from "./geometry.ts";
import { convolve as convolveReference, convolveBackward } from "./reference.ts";
import { convolve, gradientToWeights } from "./variants.ts";
import {
  convolveWindows,
  windowsToInput,
  windowsToWeights,
  withMargin,
  withoutMargin,
} from "./windows.ts";

export type { Conv2dParams } from "./geometry.ts";

/** Rows and columns that are cut off at each side of a result of the image's size; null by windows. */
function marginOf({ stride, padding }: Geometry, k: number): number | null {
  const margin = (k - 1) / 2 - padding;
  return stride === 1 && Number.isInteger(margin) && margin >= 0 ? margin : null;
}

function sample(
  x: Shape,
  [cOut, k]: readonly [cOut: number, k: number],
  params: Conv2dParams,
  bench = false,
) {
  return { shapes: [x, [cOut, x[1], k, k], [cOut]], params, bench };
}

/** A layer without ReLU of another stride or padding. */
function windowed(x: Shape, [cOut, k, stride, padding]: [number, number, number, number]) {
  return sample(x, [cOut, k], { relu: false, stride, padding });
}

/**
 * y = x ⋆ w + b for x `[n, c_in, h, w]`, w `[c_out, c_in, k, k]`, b `[c_out]`; y is
 * `[n, c_out, ⌊(h + 2p − k) / s⌋ + 1, …]` with stride s and padding p.
 *
 * @category Operations
 */
export const conv2d: Operation<Conv2dParams, ["x", "weight", "bias"]> = {
  name: "conv2d",
  inputs: ["x", "weight", "bias"],
  shape: convolvedShape,
  // What comes out of a ReLU goes to a further layer; other sums are answers, and stay floats.
  halves: ({ relu, stride = 1, padding }) =>
    stride !== 1 || padding !== undefined ? null : relu ? "keeps" : "takes",
  forward(device, [x, weight, bias], { relu, ...rest }, { isHalf } = {}) {
    const k = weight.shape[2];
    const geometry = geometryOf(rest, k);
    const margin = marginOf(geometry, k);
    if (margin === null) return convolveWindows(device, { x, weight, geometry, bias, relu });
    using scope = device.scope();
    const y = convolve(device, { x, weight, bias, relu, transposed: false, isHalf });
    return scope.keep(withoutMargin(device, y, margin));
  },
  backward(device, context, { relu, ...rest }) {
    const { inputs: [x, weight], needs, gates, gate } = context;
    using scope = device.scope();
    const k = weight.shape[2];
    const geometry = geometryOf(rest, k);
    const { dz, sums } = gradientOfSums(device, context, { relu, bias: 2 });
    const toInput = () => {
      if (!whole) return windowsToInput(device, { x, weight, geometry, dz });
      if (gates?.[0]) gate?.(0);
      const turned = { x: whole, weight, transposed: true, bias: null, relu: false };
      return convolve(device, { ...turned, ...(gates?.[0] && { gate: x }) });
    };
    const margin = marginOf(geometry, k);
    const whole = margin === null ? null : withMargin(device, dz, margin);
    // The weights first: what they need is larger.
    const { dw, db } = gradientsOfLayer(device, context, {
      ...{ dz, sums, indices: { weight: 1, bias: 2 } },
      toWeights: (options) =>
        whole
          ? gradientToWeights(device, { x, dz: whole, k, ...options })
          : windowsToWeights(device, { x, weight, geometry, dz }),
    });
    return [
      needs[0] ? scope.keep(toInput()) : null,
      dw && scope.keep(dw),
      db && scope.keep(db),
    ];
  },
  rectifies: ({ relu }) => relu,
};

/** What {@linkcode conv2d} is held against. */
export const conv2dCheck: OperationCheck<Conv2dParams> = {
  reference: { forward: convolveReference, backward: convolveBackward },
  samples: /* @__PURE__ */ (() => [
    sample([1, 1, 1, 1], [1, 3], { relu: false }),
    sample([2, 3, 8, 12], [5, 3], { relu: true }),
    sample([3, 33, 5, 7], [17, 3], { relu: true }),
    sample([1, 6, 1, 9], [4, 1], { relu: false }),
    sample([1, 4, 11, 13], [6, 5], { relu: false }),
    sample([1, 2, 6, 16], [3, 7], { relu: true }),
    sample([1, 2, 3, 20], [2, 11], { relu: false }),
    sample([1, 4, 36, 8], [8, 3], { relu: true }),
    sample([2, 3, 33, 12], [5, 3], { relu: true }),
    sample([1, 2, 34, 5], [3, 3], { relu: false }),
    windowed([2, 3, 9, 8], [4, 3, 2, 1]),
    windowed([1, 1, 1, 1], [1, 3, 2, 1]),
    windowed([2, 2, 7, 6], [3, 1, 2, 0]),
    windowed([1, 3, 11, 10], [5, 5, 3, 2]),
    windowed([1, 2, 6, 9], [3, 2, 2, 0]),
    windowed([1, 2, 5, 6], [2, 3, 1, 0]),
    windowed([3, 5, 12, 16], [7, 3, 2, 1]),
    windowed([1, 2, 10, 7], [2, 2, 3, 2]),
    windowed([1, 2, 7, 9], [3, 3, 1, 2]),
    sample([2, 3, 9, 12], [4, 5], { relu: true, padding: 0 }),
    sample([2, 2, 9, 8], [4, 5], { relu: true, padding: 1 }),
    sample([2, 3, 8, 9], [4, 2], { relu: true, stride: 2, padding: 0 }),
    sample([1, 32, 256, 256], [32, 3], { relu: true }, true),
    sample([1, 64, 128, 128], [64, 3], { relu: true }, true),
    sample([1, 256, 32, 32], [256, 3], { relu: true }, true),
  ])(),
};
