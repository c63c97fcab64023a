/**
 * Mean binary cross-entropy −t ln p − (1 − t) ln(1 − p), with p clipped to [1e-7, 1 − 1e-7] as Keras
 * does. The target may be soft and is a constant; between two predictions this is the variant that
 * detaches the second frame.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

const CLIP = 1e-7;

function clip(p: number): number {
  return Math.min(Math.max(p, CLIP), 1 - CLIP);
}

const P = /* @__PURE__ */ (() => `keep_nan(clamp(a, ${CLIP}, 1.0 - ${CLIP}), a)`)();

const formula: PixelLoss<Record<never, never>, ["p", "t"]> = /* @__PURE__ */ (() => ({
  name: "binaryCrossEntropy",
  inputs: ["p", "t"],
  over: "batch",
  defaults: {},
  wgsl: {
    terms: `vec4f(keep_nan(-b * log(${P}) - (1.0 - b) * log(1.0 - ${P}), a), 0.0, 0.0, 0.0)`,
    value: "s.x / n",
    da: `(${P} - b) / (${P} * (1.0 - ${P})) / n`,
    db: null,
  },
  terms(p, t) {
    return [-t * Math.log(clip(p)) - (1 - t) * Math.log(1 - clip(p)), 0, 0, 0];
  },
  value: ([sum], n) => sum / n,
  derivatives: ({ a, b, n }) => [(clip(a) - b) / (clip(a) * (1 - clip(a))) / n, 0],
  fills: ["probability", "binary"],
}))();

/**
 * Mean binary cross-entropy of a probability p against a target t of the same shape.
 *
 * @category Losses
 */
export const binaryCrossEntropy: Operation<Record<never, never>, ["p", "t"]> =
  /* @__PURE__ */ pixelLoss(
    formula,
  );

/** What {@linkcode binaryCrossEntropy} is held against. */
export const binaryCrossEntropyCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(formula);

/**
 * The same over the pixels with t ≥ 0; 0 where there are none.
 *
 * @category Losses
 */
export const maskedBinaryCrossEntropy: Operation<Record<never, never>, ["p", "t"]> =
  /* @__PURE__ */ pixelLoss(
    /* @__PURE__ */ knownPixels(formula, "maskedBinaryCrossEntropy"),
  );

/** What {@linkcode maskedBinaryCrossEntropy} is held against. */
export const maskedBinaryCrossEntropyCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ pixelLossCheck(/* @__PURE__ */ knownPixels(formula, "maskedBinaryCrossEntropy"));
