/**
 * The step up of a U-Net in one operation: a small image is enlarged twofold, each pixel becoming
 * 2 × 2, another is joined to it along the channels, and both are convolved.
 *
 * Where a kernel can, it reads both images as they are, and neither the enlarged image nor the joined
 * channels are ever written; nor are they kept for the backward pass. See variants.ts.
 *
 * @module
 */

import { gradientOfSums, gradientsOfLayer } from "../../parts/channel_sums.ts";
import type { NdArray, Operation, OperationCheck } from "../../operation.ts";
import { formatShape, imageShape, type Shape } from "../../gpu/shape.ts";
import { concatCheck } from "../concat.ts";
import { conv2d, type Conv2dParams } from "../conv2d/mod.ts";
import { convolve as convolveReference, convolveBackward } from "../conv2d/reference.ts";
import { convolve } from "../conv2d/variants.ts";
import { upsampleNearestCheck } from "../upsample.ts";
import { splitGradient } from "./join.ts";
import { upConvolve, upGradientToWeights } from "./variants.ts";

function enlargedShape([n, c, h, w]: Shape): Shape {
  return [n, c, 2 * h, 2 * w];
}

function upConv2dShape([low, skip, weight, bias]: readonly Shape[]): Shape {
  imageShape(low, "upConv2d");
  imageShape(skip, "upConv2d");
  const [n, , h, w] = enlargedShape(low);
  if (skip[0] !== n || skip[2] !== h || skip[3] !== w) {
    throw new RangeError(
      `Cannot run upConv2d: skip is ${formatShape(skip)}, expected twice the sides of low ` +
        formatShape(low),
    );
  }
  return conv2d.shape([[n, low[1] + skip[1], h, w], weight, bias], { relu: false });
}

/** The enlarged image and the other, joined, in float64. */
function join(low: NdArray, skip: NdArray): NdArray {
  const enlarged = upsampleNearestCheck.reference.forward([low], {});
  return concatCheck.reference.forward([enlarged, skip], {});
}

function shapesFor(
  [n, cLow, h, w]: readonly number[],
  { cSkip, cOut, k }: { cSkip: number; cOut: number; k: number },
): Shape[] {
  return [[n, cLow, h, w], [n, cSkip, 2 * h, 2 * w], [cOut, cLow + cSkip, k, k], [cOut]];
}

/** Makes a gradient rule of a reference callable: these operations have one. */
type ReferenceRule = (inputs: readonly NdArray[], dy: NdArray, params: object) => NdArray[];

/**
 * y = [enlarged low, skip] ⋆ w + b for low `[n, c_low, h, w]`, skip `[n, c_skip, 2h, 2w]`, w
 * `[c_out, c_low + c_skip, k, k]`, b `[c_out]`; y is `[n, c_out, 2h, 2w]`.
 *
 * @category Operations
 */
export const upConv2d: Operation<Conv2dParams, ["low", "skip", "weight", "bias"]> = {
  name: "upConv2d",
  inputs: ["low", "skip", "weight", "bias"],
  shape: upConv2dShape,
  halves: ({ relu }) => relu ? "keeps" : "takes",
  forward: (device, [low, skip, weight, bias], { relu }, { isHalf } = {}) =>
    upConvolve(device, { low, skip, weight, bias, relu, isHalf }),
  backward(device, context, { relu }) {
    const { inputs: [low, skip, weight], dy, needs, release, gates = [], gate } = context;
    using scope = device.scope();
    const { dz, sums } = gradientOfSums(device, context, { relu, bias: 3 });
    // The gradient to the joined channels is the largest tensor of all, so it is made last.
    const { dw, db } = gradientsOfLayer(device, context, {
      ...{ dz, sums, indices: { weight: 2, bias: 3 } },
      toWeights: (options) => upGradientToWeights(device, { low, skip, dz, weight, ...options }),
    });
    const dx = needs[0] || needs[1]
      ? convolve(device, { x: dz, weight, transposed: true, bias: null, relu: false })
      : null;
    if (dz !== dy) device.free(dz);
    else release?.(dy);
    const gradients = dx && splitGradient(device, dx, { low, skip, gates });
    [0, 1].forEach((input) => gradients?.gated[input] && gate?.(input));
    return [
      gradients && needs[0] ? scope.keep(gradients.low) : null,
      gradients && needs[1] ? scope.keep(gradients.skip) : null,
      dw && scope.keep(dw),
      db && scope.keep(db),
    ];
  },
  rectifies: ({ relu }) => relu,
};

/** What {@linkcode upConv2d} is held against. */
export const upConv2dCheck: OperationCheck<Conv2dParams> = {
  reference: {
    forward: ([low, skip, weight, bias], { relu }) =>
      convolveReference([join(low, skip), weight, bias], { relu }),
    backward([low, skip, weight, bias], dy, { relu }) {
      const [dx, dw, db] = convolveBackward([join(low, skip), weight, bias], dy, { relu });
      const enlarged = upsampleNearestCheck.reference.forward([low], {});
      const [dLarge, dSkip] = (concatCheck.reference.backward as ReferenceRule)(
        [enlarged, skip],
        dx,
        {},
      );
      const [dLow] = (upsampleNearestCheck.reference.backward as ReferenceRule)([low], dLarge, {});
      return [dLow, dSkip, dw, db];
    },
  },
  samples: /* @__PURE__ */ (() => [
    { shapes: shapesFor([1, 1, 1, 1], { cSkip: 1, cOut: 1, k: 3 }), params: { relu: false } },
    { shapes: shapesFor([2, 3, 3, 4], { cSkip: 5, cOut: 6, k: 3 }), params: { relu: true } },
    { shapes: shapesFor([1, 4, 5, 8], { cSkip: 2, cOut: 9, k: 3 }), params: { relu: true } },
    { shapes: shapesFor([3, 2, 2, 7], { cSkip: 3, cOut: 4, k: 3 }), params: { relu: false } },
    { shapes: shapesFor([1, 2, 4, 4], { cSkip: 3, cOut: 5, k: 5 }), params: { relu: true } },
    { shapes: shapesFor([2, 2, 16, 4], { cSkip: 4, cOut: 8, k: 3 }), params: { relu: true } },
    { shapes: shapesFor([1, 3, 17, 8], { cSkip: 2, cOut: 5, k: 3 }), params: { relu: false } },
    {
      shapes: shapesFor([1, 16, 32, 32], { cSkip: 16, cOut: 16, k: 3 }),
      params: { relu: true },
      bench: true,
    },
  ])(),
};
