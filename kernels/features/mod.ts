/**
 * Features of pixels at several scales, and decision trees that classify pixels by them.
 *
 * @module
 */

export {
  classifyPixels,
  type DecisionForest,
  DEEPEST_LEAF,
  NODE_NUMBERS,
} from "./decision_forest.ts";
export {
  DEFAULT_SIGMAS,
  pickFeatures,
  pixelFeatureNames,
  pixelFeatureReach,
  pixelFeatures,
} from "./pixel_features.ts";
