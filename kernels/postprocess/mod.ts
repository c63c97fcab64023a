/**
 * From probability maps to labelled objects on the GPU: Otsu's threshold, binary morphology,
 * connected components and minimum size, each equal to scikit-image bit for bit.
 *
 * @module
 */

export {
  type Components,
  type ComponentsOptions,
  connectedComponents,
  type Connectivity,
} from "./components.ts";
export { objectSizes, removeSmallObjects } from "./filter_size.ts";
export { histogram, HISTOGRAM_BINS, histogramEdges, histogramScale } from "./histogram.ts";
export {
  binaryDilation,
  binaryErosion,
  binaryOpening,
  type Footprint,
  type MorphologyOptions,
} from "./morphology.ts";
export { otsuOfHistogram, otsuThreshold } from "./otsu.ts";
export { type PlaneSize, planeSize } from "./plane.ts";
export { exclusiveSum, type PrefixSum } from "./scan.ts";
export { threshold } from "./threshold.ts";
export { type ValueRange, valueRange } from "./value_range.ts";
