/**
 * Soft Dice loss over the flattened batch (Milletari et al. 2016, linear denominator):
 * 1 − (2 Σab + s) / (Σa + Σb + s).
 *
 * With two predictions the gradient goes to both, which is the consistency loss of Shabanov et al.
 * 2020.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

/**
 * Parameters of the Dice losses.
 *
 * @category Losses
 */
export type DiceParams = {
  /** Added to numerator and denominator; 1 unless there is a reason. */
  readonly smooth: number;
};

const formula: PixelLoss<DiceParams, ["a", "b"]> = {
  name: "dice",
  inputs: ["a", "b"],
  over: "batch",
  defaults: { smooth: 1 },
  wgsl: {
    terms: "vec4f(a * b, a, b, 0.0)",
    value: "1.0 - (2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth)",
    da:
      "((2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth) - 2.0 * b) / (s.y + s.z + p.c_smooth)",
    db:
      "((2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth) - 2.0 * a) / (s.y + s.z + p.c_smooth)",
  },
  terms: (a, b) => [a * b, a, b, 0],
  value: ([ab, a, b], _n, { smooth }) => 1 - (2 * ab + smooth) / (a + b + smooth),
  derivatives({ a, b, s }, { smooth }) {
    const denominator = s[1] + s[2] + smooth;
    const ratio = (2 * s[0] + smooth) / denominator;
    return [(ratio - 2 * b) / denominator, (ratio - 2 * a) / denominator];
  },
  fills: ["probability", "probability"],
};

/**
 * Soft Dice loss of two maps of the same shape; 0 for equal binary maps, near 1 for disjoint ones.
 *
 * @category Losses
 */
export const dice: Operation<DiceParams, ["a", "b"]> = /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode dice} is held against. */
export const diceCheck: OperationCheck<DiceParams> = /* @__PURE__ */ pixelLossCheck(formula);

/**
 * Soft Dice loss of a prediction against a target, over the pixels whose target is not negative.
 *
 * @category Losses
 */
export const maskedDice: Operation<DiceParams, ["a", "b"]> = /* @__PURE__ */ pixelLoss(
  /* @__PURE__ */ knownPixels(formula, "maskedDice"),
);

/** What {@linkcode maskedDice} is held against. */
export const maskedDiceCheck: OperationCheck<DiceParams> = /* @__PURE__ */ pixelLossCheck(
  /* @__PURE__ */ knownPixels(formula, "maskedDice"),
);
