/**
 * Difference of the foreground fractions of two predictions, averaged over the batch:
 * mean of |Σa − Σb| / pixels. It lets objects move, so it suits fast ones (Shabanov et al. 2020,
 * discussion). The gradient is the same for every pixel of an image, and 0 where the sums are equal.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

const formula: PixelLoss<Record<never, never>, ["a", "b"]> = {
  name: "foregroundSum",
  inputs: ["a", "b"],
  over: "image",
  defaults: {},
  wgsl: {
    terms: "vec4f(a - b, 0.0, 0.0, 0.0)",
    value: "abs(s.x) / n",
    da: "keep_nan(sign(s.x), s.x) / n",
    db: "-keep_nan(sign(s.x), s.x) / n",
  },
  terms: (a, b) => [a - b, 0, 0, 0],
  value: ([difference], n) => Math.abs(difference) / n,
  derivatives: ({ s, n }) => [Math.sign(s[0]) / n, -Math.sign(s[0]) / n],
  fills: ["probability", "probability"],
};

/**
 * Mean over the images of |Σa − Σb| divided by the number of elements of an image.
 *
 * @category Losses
 */
export const foregroundSum: Operation<Record<never, never>, ["a", "b"]> = /* @__PURE__ */ pixelLoss(
  formula,
);

/** What {@linkcode foregroundSum} is held against. */
export const foregroundSumCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(formula);
