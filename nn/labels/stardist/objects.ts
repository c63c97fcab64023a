/**
 * From a StarDist network's answer to labelled objects.
 *
 * @module
 */

import { suppressCandidates } from "./candidate_suppression.ts";
import { type Candidates, selectCandidates, thresholdOf } from "./candidates.ts";
import { rayPolygons } from "./polygons.ts";
import { paintPolygons } from "./render.ts";

/**
 * The objects found in an image, the most probable first.
 *
 * @category Labels and targets
 */
export interface RayObjects extends Candidates {
  /** Row and column of each polygon's vertices in image pixels, shape `[count, rays, 2]`. */
  readonly vertices: Float32Array<ArrayBuffer>;
  /**
   * The label image, shape `[height, width]`: 0 for background, 1 + its index for an object. Where
   * polygons overlap, the more probable one is on top; one that is covered wholly has no pixel.
   */
  readonly labels: Uint32Array<ArrayBuffer>;
}

/**
 * How candidates become objects.
 *
 * @category Labels and targets
 */
export interface ObjectRule {
  /** The highest overlap of two objects, as in {@linkcode suppressPolygons}. */
  nmsThreshold: number;
  /** Columns of the image in pixels. */
  width: number;
  /** Rows of the image in pixels. */
  height: number;
}

/**
 * Chooses the objects among candidates and paints them.
 *
 * @param candidates Candidates in the order of {@linkcode findCandidates}.
 * @param rule The overlap that is allowed, and the size of the image.
 * @returns The objects, in the order of the candidates.
 *
 * @example Two proposals of one object
 * ```ts
 * import { findObjects } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const candidates = {
 *   count: 2,
 *   rays: 4,
 *   prob: Float32Array.of(0.9, 0.8),
 *   points: Int32Array.of(1, 1, 1, 2),
 *   dist: new Float32Array(8).fill(1),
 * };
 * const objects = findObjects(candidates, { nmsThreshold: 0.4, width: 4, height: 3 });
 * assertEquals([...objects.points], [1, 1, 1, 2]);
 * assertEquals([...objects.labels], [
 *   ...[0, 1, 2, 0],
 *   ...[1, 1, 1, 2],
 *   ...[0, 1, 2, 0],
 * ]);
 * ```
 *
 * @category Labels and targets
 */
export function findObjects(
  candidates: Candidates,
  { nmsThreshold, width, height }: ObjectRule,
): RayObjects {
  const kept = suppressCandidates(candidates, { threshold: nmsThreshold });
  return paintObjects(selectCandidates(candidates, kept), { width, height });
}

/**
 * The objects that a higher threshold of probability leaves: those that are more probable. Only a
 * more probable one can suppress an object, so no other comes up, and nothing is searched again.
 *
 * @param objects Objects in order of falling probability, as {@linkcode findObjects} gives them.
 * @param rule The threshold of probability, and the size of the image.
 * @throws {RangeError} If the threshold is NaN.
 * @category Labels and targets
 */
export function objectsAbove(
  objects: Candidates,
  { threshold, width, height }: { threshold: number; width: number; height: number },
): RayObjects {
  const limit = thresholdOf({ threshold });
  const end = objects.prob.findIndex((prob) => !(prob > limit));
  const kept = Uint32Array.from({ length: end < 0 ? objects.count : end }, (_, index) => index);
  return paintObjects(selectCandidates(objects, kept), { width, height });
}

function paintObjects(
  objects: Candidates,
  { width, height }: { width: number; height: number },
): RayObjects {
  const vertices = rayPolygons(objects);
  const labels = paintPolygons(vertices, { rays: objects.rays, width, height });
  return { ...objects, vertices, labels };
}
