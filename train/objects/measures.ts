/**
 * Measures of single objects: their shape, and the intensities under them. The definitions are those of
 * scikit-image's `regionprops`, so that figures may stand beside its.
 *
 * @module
 */

import type { Plane } from "../images/image.ts";
import type { SeenObject } from "./sequence/seen_object.ts";

/**
 * The shape of an object.
 *
 * @category Objects
 */
export interface Shape {
  /**
   * The length of its outline in pixels: that of a line through the centres of its outermost pixels
   * (Benkrid & Crookes 2000), straight steps counting 1, oblique ones √2. Holes have outlines, too.
   */
  readonly perimeter: number;
  /** The eccentricity of the ellipse with the same second moments: 0 for a disc, near 1 for a line. */
  readonly eccentricity: number;
}

/**
 * Intensities under an object.
 *
 * @category Objects
 */
export interface Intensity {
  /** Their mean. */
  readonly mean: number;
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
  /** Their sum. */
  readonly sum: number;
}

/**
 * The shape of an object.
 *
 * @example A square of ten pixels a side
 * ```ts
 * import { seenObjects, shapeOf } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const [square] = seenObjects({ width: 10, height: 10, data: new Uint32Array(100).fill(1) });
 * assertEquals(shapeOf(square), { perimeter: 36, eccentricity: 0 });
 * ```
 *
 * @category Objects
 */
export function shapeOf(object: SeenObject): Shape {
  return { perimeter: perimeterOf(object), eccentricity: eccentricityOf(object) };
}

function eccentricityOf({ runs, area, y: cy, x: cx }: SeenObject): number {
  let [yy, xx, xy] = [0, 0, 0];
  for (let i = 0; i < runs.length; i += 3) {
    const down = runs[i] - cy;
    for (let x = runs[i + 1]; x < runs[i + 2]; x++) {
      yy += down * down;
      xx += (x - cx) ** 2;
      xy += down * (x - cx);
    }
  }
  const half = (yy + xx) / (2 * area);
  const apart = Math.hypot((yy - xx) / (2 * area), xy / area);
  const [major, minor] = [half + apart, Math.max(0, half - apart)];
  return major > 0 ? Math.sqrt(1 - minor / major) : 0;
}

/** What a pixel of the outline counts, by 1 for itself, 2 for each straight and 10 for each oblique neighbour. */
const OUTLINE_WEIGHTS = new Map<number, number>([
  ...[5, 7, 15, 17, 25, 27].map((code): [number, number] => [code, 1]),
  ...[21, 33].map((code): [number, number] => [code, Math.SQRT2]),
  ...[13, 23].map((code): [number, number] => [code, (1 + Math.SQRT2) / 2]),
]);

function perimeterOf({ runs }: SeenObject): number {
  const tops: number[] = [];
  const lefts: number[] = [];
  const rights: number[] = [];
  for (let i = 0; i < runs.length; i += 3) {
    tops.push(runs[i]);
    lefts.push(runs[i + 1]);
    rights.push(runs[i + 2]);
  }
  const [top, left] = [
    tops.reduce((a, b) => Math.min(a, b)),
    lefts.reduce((a, b) => Math.min(a, b)),
  ];
  // Two pixels of background all around: neighbours of neighbours are looked at.
  const width = rights.reduce((a, b) => Math.max(a, b)) - left + 4;
  const height = tops.reduce((a, b) => Math.max(a, b)) - top + 5;
  const inside = new Uint8Array(width * height);
  for (let i = 0; i < tops.length; i++) {
    const row = (tops[i] - top + 2) * width + 2 - left;
    inside.fill(1, row + lefts[i], row + rights[i]);
  }
  const outline = inside.map((value, at) =>
    value === 1 && !(inside[at - 1] && inside[at + 1] && inside[at - width] && inside[at + width])
      ? 1
      : 0
  );
  let length = 0;
  outline.forEach((value, at) => {
    if (value === 0) return;
    const straight = outline[at - 1] + outline[at + 1] + outline[at - width] + outline[at + width];
    const oblique = outline[at - width - 1] + outline[at - width + 1] + outline[at + width - 1] +
      outline[at + width + 1];
    length += OUTLINE_WEIGHTS.get(1 + 2 * straight + 10 * oblique) ?? 0;
  });
  return length;
}

/**
 * The intensities under an object.
 *
 * @param image An image of the object's frame; values that are no finite number are left out, and where
 *   there is no other all measures are NaN.
 *
 * @category Objects
 */
export function intensityOf({ runs }: Pick<SeenObject, "runs">, image: Plane): Intensity {
  let [sum, count, min, max] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < runs.length; i += 3) {
    const row = runs[i] * image.width;
    for (let at = row + runs[i + 1]; at < row + runs[i + 2]; at++) {
      const value = image.data[at];
      if (!Number.isFinite(value)) continue;
      sum += value;
      count++;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (count === 0) return { mean: NaN, min: NaN, max: NaN, sum: NaN };
  return { mean: sum / count, min, max, sum };
}
