/**
 * The share of a soft foreground that another map does not cover, over the flattened batch:
 * 1 − (Σ a·cover + s) / (Σ a + s).
 *
 * With both maps of a pair in `a` and what may cover each of them in `cover` this is a Dice loss:
 * {@linkcode dice} where each covers the other, one that tolerates motion where the other's local
 * maximum does.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import type { DiceParams } from "./dice.ts";
import { type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

const formula: PixelLoss<DiceParams, ["a", "cover"]> = {
  name: "uncovered",
  inputs: ["a", "cover"],
  over: "batch",
  defaults: { smooth: 1 },
  wgsl: {
    terms: "vec4f(a * b, a, 0.0, 0.0)",
    value: "1.0 - (s.x + p.c_smooth) / (s.y + p.c_smooth)",
    da: "((s.x + p.c_smooth) / (s.y + p.c_smooth) - b) / (s.y + p.c_smooth)",
    db: "-a / (s.y + p.c_smooth)",
  },
  terms: (a, cover) => [a * cover, a, 0, 0],
  value: ([covered, a], _n, { smooth }) => 1 - (covered + smooth) / (a + smooth),
  derivatives({ a, b: cover, s }, { smooth }) {
    const denominator = s[1] + smooth;
    return [((s[0] + smooth) / denominator - cover) / denominator, -a / denominator];
  },
  fills: ["probability", "probability"],
};

/**
 * Share of the first map that the second, of the same shape, does not cover; gradient to both.
 *
 * @category Losses
 */
export const uncovered: Operation<DiceParams, ["a", "cover"]> = /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode uncovered} is held against. */
export const uncoveredCheck: OperationCheck<DiceParams> = /* @__PURE__ */ pixelLossCheck(formula);
