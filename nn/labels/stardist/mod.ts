/**
 * StarDist's encoding of objects, both ways: from labels to what a network learns, and from its answer
 * to labels, through candidates, polygons, non-maximum suppression and painting.
 *
 * @module
 */

export {
  type CandidateRule,
  type Candidates,
  findCandidates,
  joinCandidates,
  type RayMaps,
} from "./candidates.ts";
export { intersectionArea, type Sweep, type SweepEdge, sweepPolygon } from "./intersection.ts";
export { findObjects, type ObjectRule, objectsAbove, type RayObjects } from "./objects.ts";
export { polygonArea, rayPolygons, truncatePolygons } from "./polygons.ts";
export { type PaintOptions, paintPolygons } from "./render.ts";
export { type SuppressionRule, suppressPolygons } from "./suppression.ts";
export {
  numberLabels,
  type StarDistTargetOptions,
  type StarDistTargets,
  starDistTargets,
} from "./targets.ts";
export {
  defaultRayThresholds,
  optimizeThresholds,
  type RayThresholds,
  type ThresholdSearch,
} from "./thresholds.ts";
