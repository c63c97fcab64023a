/**
 * From probability maps to labelled objects on the GPU: Otsu's threshold, binary morphology,
 * connected components and minimum size, each equal to scikit-image bit for bit.
 *
 * @module
 */

export {
  type Band,
  bandedComponentSteps,
  type BandedImage,
  bandedOtsuSteps,
  bandedRangeSteps,
  bandedRegionSteps,
  bandsOf,
  piecePixels,
  type RegionNumbers,
} from "./bands.ts";
export {
  type Components,
  type ComponentsOptions,
  componentSteps,
  type ComponentValues,
  connectedComponents,
  type Connectivity,
} from "./components.ts";
export { objectSizes, removeSmallObjects } from "./filter_size.ts";
export {
  binaryDilation,
  binaryErosion,
  binaryOpening,
  type Footprint,
  type MorphologyOptions,
} from "./morphology.ts";
export { otsuSteps, otsuThreshold } from "./otsu.ts";
export { readAll, readValues, runSteps, type Steps } from "./steps.ts";
export { threshold } from "./threshold.ts";
export { type ValueRange, valueRange, valueRangeSteps } from "./value_range.ts";
export { pasteTile, type PlaneView, type TileArea } from "./tiles.ts";
