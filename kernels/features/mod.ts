/**
 * Features of pixels at several scales, and decision trees that classify pixels by them.
 *
 * @example Which features there are, and how far they look
 * ```ts
 * import { pixelFeatureNames, pixelFeatureReach } from "@kymo/kymo/features";
 *
 * console.log(pixelFeatureNames([1]).length, pixelFeatureReach([1]));
 * ```
 *
 * @module
 */

export {
  classifyPixels,
  type DecisionForest,
  DEEPEST_LEAF,
  NO_CLASS,
  NODE_NUMBERS,
} from "./decision_forest.ts";
export {
  DEFAULT_SIGMAS,
  pickFeatures,
  pixelFeatureNames,
  pixelFeatureReach,
  pixelFeatures,
} from "./pixel_features.ts";
