/**
 * StarDist's encoding of objects, from a network's answer to labels: candidates, polygons,
 * non-maximum suppression and painting.
 *
 * @module
 */

export * from "./candidates.ts";
export * from "./intersection.ts";
export * from "./objects.ts";
export * from "./polygons.ts";
export * from "./render.ts";
export * from "./suppression.ts";
export * from "./thresholds.ts";
