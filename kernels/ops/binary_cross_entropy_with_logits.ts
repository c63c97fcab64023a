/**
 * Mean binary cross-entropy of logits z, whose sigmoid p is the probability:
 *
 *     −t ln p − (1 − t) ln(1 − p) = max(z, 0) − z t + ln(1 + e^−|z|).
 *
 * In this form nothing is clipped: the loss of a confident mistake grows with |z|, and its gradient
 * σ(z) − t stays near ±1, where a loss of p has lost it to the flat end of the sigmoid. The target may
 * be soft and is a constant.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

/** As in sigmoid.ts: below it σ differs from 0 by less than a gradient can tell. */
const LOWEST = -30;
/** Below it ln(1 + e) is e − e²/2 + e³/3: near 1 a logarithm has lost the digits of e. */
const SMALL = 0.01;

const E = "exp(-abs(a))";

const formula: PixelLoss<Record<never, never>, ["z", "t"]> = /* @__PURE__ */ (() => ({
  name: "binaryCrossEntropyWithLogits",
  inputs: ["z", "t"],
  over: "batch",
  defaults: {},
  wgsl: {
    terms: "vec4f(keep_nan(max(a, 0.0) - a * b + " +
      `select(log(1.0 + ${E}), ${E} * (1.0 - ${E} * (0.5 - ${E} / 3.0)), ${E} < ${SMALL}), a), ` +
      "0.0, 0.0, 0.0)",
    value: "s.x / n",
    da: `keep_nan(1.0 / (1.0 + exp(-max(a, f32(${LOWEST})))) - b, a) / n`,
    db: null,
  },
  terms: (z, t) => [Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))), 0, 0, 0],
  value: ([sum], n) => sum / n,
  derivatives: ({ a, b, n }) => [(1 / (1 + Math.exp(-a)) - b) / n, 0],
  fills: ["normal", "binary"],
}))();

/**
 * Mean binary cross-entropy of logits z against a target t of the same shape.
 *
 * @category Losses
 */
export const binaryCrossEntropyWithLogits: Operation<Record<never, never>, ["z", "t"]> =
  /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode binaryCrossEntropyWithLogits} is held against. */
export const binaryCrossEntropyWithLogitsCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(formula);

/**
 * The same over the pixels with t ≥ 0; 0 where there are none.
 *
 * @category Losses
 */
export const maskedBinaryCrossEntropyWithLogits: Operation<Record<never, never>, ["z", "t"]> =
  /* @__PURE__ */ pixelLoss(
    /* @__PURE__ */ knownPixels(formula, "maskedBinaryCrossEntropyWithLogits"),
  );

/** What {@linkcode maskedBinaryCrossEntropyWithLogits} is held against. */
export const maskedBinaryCrossEntropyWithLogitsCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(
    /* @__PURE__ */ knownPixels(formula, "maskedBinaryCrossEntropyWithLogits"),
  );
