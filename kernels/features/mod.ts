/**
 * Features of pixels at several scales, and decision trees that classify pixels by them.
 *
 * @module
 */

export {
  classifyPixels,
  classifyReference,
  type DecisionForest,
  DEEPEST_LEAF,
  NODE_NUMBERS,
} from "./decision_forest.ts";
export type { ReferencePlane } from "./gaussian.ts";
export {
  DEFAULT_SIGMAS,
  pickFeatures,
  pixelFeatureNames,
  pixelFeatureReach,
  pixelFeatures,
  pixelFeaturesReference,
} from "./pixel_features.ts";
