/**
 * StarDist's encoding of objects, both ways: from labels to what a network learns, and from its answer
 * to labels, through candidates, polygons, non-maximum suppression and painting.
 *
 * @module
 */

export * from "./candidates.ts";
export * from "./intersection.ts";
export * from "./objects.ts";
export * from "./polygons.ts";
export * from "./render.ts";
export * from "./suppression.ts";
export * from "./targets.ts";
export * from "./thresholds.ts";
