/**
 * What a network learns from label images, and labels from what it answers: foreground, StarDist's
 * probabilities and rays, and the plane in focus of a z-stack.
 *
 * @example What a U-Net learns of two objects side by side
 * ```ts
 * import { foregroundTarget } from "@kymo/kymo/labels";
 *
 * const labels = Uint32Array.of(0, 1, 1, 2, 2);
 * console.log(foregroundTarget(labels, { width: 5, parted: true })); // 0, 1, 0, 0, 1
 * ```
 *
 * @module
 */

// From labels to targets, and from answers to labels.
export { foregroundTarget } from "./foreground.ts";
export { DEFAULT_FOCUS_PLANE, focusPlane, type FocusPlaneOptions, smoothAlongZ } from "./focus.ts";
export {
  type CandidateRule,
  type Candidates,
  defaultRayThresholds,
  findCandidates,
  findObjects,
  intersectionArea,
  joinCandidates,
  numberLabels,
  type ObjectRule,
  objectsAbove,
  optimizeThresholds,
  type PaintOptions,
  paintPolygons,
  polygonArea,
  type RayMaps,
  type RayObjects,
  rayPolygons,
  type RayThresholds,
  type StarDistTargetOptions,
  type StarDistTargets,
  starDistTargets,
  type SuppressionRule,
  suppressPolygons,
  type Sweep,
  type SweepEdge,
  sweepPolygon,
  type ThresholdSearch,
  truncatePolygons,
} from "./stardist/mod.ts";
