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
export function rayPolygons(candidates: Candidates): Float32Array<ArrayBuffer> {
  const vertices = new Float32Array(candidates.count * candidates.rays * 2);
  const fill = polygonFiller(candidates);
  for (let index = 0; index < candidates.count; index++) fill(vertices, index, index);
  return vertices;
}

/**
 * The vertices of {@linkcode rayPolygons}, cut to whole pixels as by {@linkcode truncatePolygons}.
 *
 * @param indices Of which candidates, in this order; of all unless told.
 */
export function wholePolygons(
  candidates: Candidates,
  indices?: ArrayLike<number>,
): Int32Array<ArrayBuffer> {
  const count = indices?.length ?? candidates.count;
  const vertices = new Int32Array(count * candidates.rays * 2);
  const fill = polygonFiller(candidates);
  for (let i = 0; i < count; i++) fill(vertices, i, indices ? indices[i] : i);
  return vertices;
}

/** Writes the vertices of a candidate to a place among polygons; into whole numbers it cuts them. */
export function polygonFiller(
  { rays, points, dist }: Candidates,
): (vertices: Float32Array | Int32Array, place: number, index: number) => void {
  const angles = Float64Array.from({ length: rays }, (_, ray) => ray * (2 * Math.PI / rays));
  const [rows, columns] = [angles.map(Math.sin), angles.map(Math.cos)];
  return (vertices, place, index) => {
    const row = points[2 * index];
    const column = points[2 * index + 1];
    for (let ray = 0, at = 2 * rays * place; ray < rays; ray++) {
      const distance = dist[index * rays + ray];
      vertices[at++] = Math.fround(row + Math.fround(distance * rows[ray]));
      vertices[at++] = Math.fround(column + Math.fround(distance * columns[ray]));
    }
  };
}

/**
 * Vertices cut to whole pixels towards 0, as they are when overlaps are measured.
 *
 * @param vertices Vertices, each coordinate below 2^31 in size.
 * @category Labels and targets
 */
export function truncatePolygons(vertices: Float32Array): Int32Array<ArrayBuffer> {
  return new Int32Array(vertices);
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
  return areaOf(vertices, 0, vertices.length);
}

/** The area of the polygon whose vertices lie in a part of an array, as {@linkcode polygonArea}. */
export function areaOf(vertices: Int32Array, from: number, to: number): number {
  if (from === to) return 0;
  let row = vertices[to - 2];
  let column = vertices[to - 1];
  let twice = 0;
  for (let at = from; at < to; at += 2) {
    const nextRow = vertices[at];
    const nextColumn = vertices[at + 1];
    twice += column * nextRow - row * nextColumn;
    row = nextRow;
    column = nextColumn;
  }
  return Math.abs(twice) / 2;
}
