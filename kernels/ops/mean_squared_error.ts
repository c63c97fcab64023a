/**
 * Mean squared difference of two maps, with gradient to both.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

const formula: PixelLoss<Record<never, never>, ["a", "b"]> = {
  name: "meanSquaredError",
  inputs: ["a", "b"],
  over: "batch",
  defaults: {},
  wgsl: {
    terms: "vec4f((a - b) * (a - b), 0.0, 0.0, 0.0)",
    value: "s.x / n",
    da: "2.0 * (a - b) / n",
    db: "2.0 * (b - a) / n",
  },
  terms: (a, b) => [(a - b) ** 2, 0, 0, 0],
  value: ([sum], n) => sum / n,
  derivatives: ({ a, b, n }) => [2 * (a - b) / n, 2 * (b - a) / n],
  fills: ["normal", "normal"],
};

/**
 * Mean of (a − b)² over all elements.
 *
 * @category Losses
 */
export const meanSquaredError: Operation<Record<never, never>, ["a", "b"]> =
  /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode meanSquaredError} is held against. */
export const meanSquaredErrorCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(formula);

/**
 * The same over the elements whose target b is not negative.
 *
 * @category Losses
 */
export const maskedMeanSquaredError: Operation<Record<never, never>, ["a", "b"]> =
  /* @__PURE__ */ pixelLoss(
    /* @__PURE__ */ knownPixels(formula, "maskedMeanSquaredError"),
  );

/** What {@linkcode maskedMeanSquaredError} is held against. */
export const maskedMeanSquaredErrorCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(/* @__PURE__ */ knownPixels(formula, "maskedMeanSquaredError"));
