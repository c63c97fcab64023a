/**
 * Mean binary cross-entropy over the pixels whose target is known: a negative target is left out of the
 * sum and of the count. Otherwise it is `binaryCrossEntropy`, with the same clipping.
 *
 * @module
 */

import type { Operation } from "../operation.ts";
import { pixelLoss } from "./pixel_loss.ts";

const CLIP = 1e-7;

function clip(p: number): number {
  return Math.min(Math.max(p, CLIP), 1 - CLIP);
}

const P = `clamp(a, ${CLIP}, 1.0 - ${CLIP})`;

/**
 * Mean binary cross-entropy of a probability p against a soft target t of the same shape, over the
 * pixels with t ≥ 0; 0 where there are none.
 */
export const maskedBinaryCrossEntropy: Operation<Record<never, never>> = pixelLoss({
  name: "maskedBinaryCrossEntropy",
  inputs: ["p", "t"],
  over: "batch",
  defaults: {},
  wgsl: {
    terms: `select(vec4f(-b * log(${P}) - (1.0 - b) * log(1.0 - ${P}), 1.0, 0.0, 0.0), ` +
      `vec4f(0.0), b < 0.0)`,
    value: "s.x / max(s.y, 1.0)",
    da: `select((${P} - b) / (${P} * (1.0 - ${P})) / max(s.y, 1.0), 0.0, b < 0.0)`,
    db: null,
  },
  terms(p, t) {
    if (t < 0) return [0, 0, 0, 0];
    return [-t * Math.log(clip(p)) - (1 - t) * Math.log(1 - clip(p)), 1, 0, 0];
  },
  value: ([sum, count]) => sum / Math.max(count, 1),
  derivatives({ a, b, s: [, count] }) {
    return [b < 0 ? 0 : (clip(a) - b) / (clip(a) * (1 - clip(a))) / Math.max(count, 1), 0];
  },
  fills: ["probability", "binary"],
});
