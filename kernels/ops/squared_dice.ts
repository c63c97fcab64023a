/**
 * Dice loss with squared denominator (V-Net, Milletari et al. 2016):
 * 1 − (2 Σab + s) / (Σa² + Σb² + s).
 *
 * Unlike the linear form it is 0 for any two equal maps, soft ones too, so it does not push soft
 * probabilities towards 0 and 1.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import type { DiceParams } from "./dice.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

const formula: PixelLoss<DiceParams, ["a", "b"]> = {
  name: "squaredDice",
  inputs: ["a", "b"],
  over: "batch",
  defaults: { smooth: 1 },
  wgsl: {
    terms: "vec4f(a * b, a * a, b * b, 0.0)",
    value: "1.0 - (2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth)",
    da:
      "2.0 * (a * (2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth) - b) / (s.y + s.z + p.c_smooth)",
    db:
      "2.0 * (b * (2.0 * s.x + p.c_smooth) / (s.y + s.z + p.c_smooth) - a) / (s.y + s.z + p.c_smooth)",
  },
  terms: (a, b) => [a * b, a * a, b * b, 0],
  value: ([ab, aa, bb], _n, { smooth }) => 1 - (2 * ab + smooth) / (aa + bb + smooth),
  derivatives({ a, b, s }, { smooth }) {
    const denominator = s[1] + s[2] + smooth;
    const ratio = (2 * s[0] + smooth) / denominator;
    return [2 * (a * ratio - b) / denominator, 2 * (b * ratio - a) / denominator];
  },
  fills: ["probability", "probability"],
};

/**
 * Squared-denominator Dice loss of two maps of the same shape.
 *
 * @category Losses
 */
export const squaredDice: Operation<DiceParams, ["a", "b"]> = /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode squaredDice} is held against. */
export const squaredDiceCheck: OperationCheck<DiceParams> = /* @__PURE__ */ pixelLossCheck(formula);

/**
 * The same of a prediction against a target, over the pixels whose target is not negative.
 *
 * @category Losses
 */
export const maskedSquaredDice: Operation<DiceParams, ["a", "b"]> = /* @__PURE__ */ pixelLoss(
  /* @__PURE__ */ knownPixels(formula, "maskedSquaredDice"),
);

/** What {@linkcode maskedSquaredDice} is held against. */
export const maskedSquaredDiceCheck: OperationCheck<DiceParams> = /* @__PURE__ */ pixelLossCheck(
  /* @__PURE__ */ knownPixels(formula, "maskedSquaredDice"),
);
