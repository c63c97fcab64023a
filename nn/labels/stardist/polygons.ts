/**
 * The polygons of candidates: vertex k lies at the end of ray k, which points `2πk/rays` from the
 * columns' axis (k = 0: to the right) towards the rows' axis (a quarter turn: down).
 *
 * @module
 */

import type { Candidates } from "./candidates.ts";

/**
 * Row and column of every polygon's vertices in pixels, `(y + d sin φ, x + d cos φ)`, rounded to
 * float32 as in StarDist: a ray along an axis then ends on whole pixels although sin π is not quite 0.
 *
 * @param candidates Points and distances of `count` objects.
 * @returns Vertices, shape `[count, rays, 2]`.
 *
 * @example
 * ```ts
 * import { rayPolygons } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const vertices = rayPolygons({
 *   count: 1,
 *   rays: 4,
 *   prob: Float32Array.of(1),
 *   points: Int32Array.of(10, 20),
 *   dist: Float32Array.of(1, 2, 3, 4),
 * });
 * assertEquals([...vertices], [10, 21, 12, 20, 10, 17, 6, 20]);
 * ```
 *
 * @category Labels and targets
 */
export function rayPolygons({ count, rays, points, dist }: Candidates): Float32Array<ArrayBuffer> {
  const angles = Array.from({ length: rays }, (_, ray) => ray * (2 * Math.PI / rays));
  const steps = [angles.map(Math.sin), angles.map(Math.cos)];
  const vertices = new Float32Array(count * rays * 2);
  for (let at = 0; at < vertices.length; at++) {
    const axis = at % 2;
    const ray = (at >> 1) % rays;
    const index = Math.floor(at / (2 * rays));
    const offset = Math.fround(dist[index * rays + ray] * steps[axis][ray]);
    vertices[at] = points[2 * index + axis] + offset;
  }
  return vertices;
}

/**
 * Vertices cut to whole pixels towards 0, as they are when overlaps are measured.
 *
 * @param vertices Vertices, each coordinate below 2^31 in size.
 * @category Labels and targets
 */
export function truncatePolygons(vertices: Float32Array): Int32Array<ArrayBuffer> {
  return Int32Array.from(vertices);
}

/**
 * The area of one polygon: half the absolute value of the shoelace sum. Parts that are enclosed the
 * other way round count negatively, and those enclosed twice count twice.
 *
 * @param vertices Rows and columns, shape `[n, 2]`.
 * @returns The area in square pixels; exact for whole numbers.
 * @category Labels and targets
 */
export function polygonArea(vertices: Int32Array): number {
  const size = vertices.length;
  let twice = 0;
  for (let at = 0; at < size; at += 2) {
    const next = at + 2 < size ? at + 2 : 0;
    twice += vertices[at + 1] * vertices[next] - vertices[at] * vertices[next + 1];
  }
  return Math.abs(twice) / 2;
}
