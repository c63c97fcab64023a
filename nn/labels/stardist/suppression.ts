/**
 * Non-maximum suppression: of the polygons that cover one object, only the most probable is kept.
 *
 * @module
 */

import {
  boundingBoxes,
  type Boxes,
  type BoxIndex,
  indexBoxes,
  laterTouching,
} from "./box_index.ts";
import { Core } from "./core.ts";
import { intersectionArea, type Sweep, sweepPolygon } from "./intersection.ts";
import { compareShared, Profile } from "./overlap_bounds.ts";
import { areaOf } from "./polygons.ts";

/** Added to areas, so that a polygon without one overlaps nothing instead of dividing by 0. */
const EPSILON = 1e-10;

/** Polygons that a core is asked about at least: it takes as long to make as some are to compare. */
const WORTH_CORE = 12;

/**
 * How polygons are suppressed.
 *
 * @category Labels and targets
 */
export interface SuppressionRule {
  /** Vertices of each polygon. */
  rays: number;
  /** A polygon is suppressed when it overlaps a more probable one by more than this. */
  threshold: number;
}

/**
 * Goes through polygons from the most probable on: each that is still there suppresses every later
 * one of which it covers too much. The overlap of two is their common area divided by the smaller
 * one's area (not by their union), so that a small polygon inside a large one goes.
 *
 * Common areas follow the non-zero rule, areas are shoelace areas; polygons are compared when their
 * bounding boxes touch. Where bounds of a common area tell on which side of the threshold it is, it is not
 * computed; the answer is the same.
 *
 * @param polygons Whole-numbered rows and columns of vertices, shape `[count, rays, 2]`, the most
 *   probable polygon first.
 * @param rule Vertices of each and the highest overlap of polygons that are kept.
 * @returns The indices of those kept, ascending.
 * @throws {RangeError} If the threshold is no number.
 *
 * @example The second square lies half in the first
 * ```ts
 * import { suppressPolygons } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const polygons = Int32Array.of(0, 0, 0, 4, 4, 4, 4, 0, 2, 0, 2, 4, 6, 4, 6, 0);
 * assertEquals([...suppressPolygons(polygons, { rays: 4, threshold: 0.4 })], [0]);
 * assertEquals([...suppressPolygons(polygons, { rays: 4, threshold: 0.5 })], [0, 1]);
 * ```
 *
 * @category Labels and targets
 */
export function suppressPolygons(
  polygons: Int32Array,
  { rays, threshold }: SuppressionRule,
): Uint32Array<ArrayBuffer> {
  if (Number.isNaN(threshold)) {
    throw new RangeError("Cannot suppress polygons: the threshold is NaN, expected a number");
  }
  const count = polygons.length / (2 * rays);
  const overlaps = new Overlaps(polygons, { rays, threshold });
  const suppressed = new Uint8Array(count);
  const kept: number[] = [];
  for (let polygon = 0; polygon < count; polygon++) {
    if (suppressed[polygon]) continue;
    kept.push(polygon);
    for (const other of overlaps.later(polygon, (other) => suppressed[other] === 0)) {
      suppressed[other] = 1;
    }
  }
  return Uint32Array.from(kept);
}

/** Which polygons cover too much of each other. */
export class Overlaps {
  readonly #polygons: Int32Array;
  readonly #rays: number;
  readonly #threshold: number;
  /** Areas of those that were asked about, and NaN. */
  readonly #areas: Float64Array;
  readonly #index: BoxIndex;
  readonly #touching: Uint32Array;
  readonly #core = new Core();
  readonly #profile = new Profile();
  readonly #otherProfile = new Profile();
  /** Their bounding boxes. */
  readonly boxes: Boxes;

  /** Sorts polygons by their places; the most probable one comes first. */
  constructor(polygons: Int32Array, { rays, threshold }: SuppressionRule) {
    this.#polygons = polygons;
    this.#rays = rays;
    this.#threshold = threshold;
    this.boxes = boundingBoxes(polygons, rays);
    this.#index = indexBoxes(this.boxes);
    this.#areas = new Float64Array(this.boxes.length / 4).fill(NaN);
    this.#touching = new Uint32Array(this.#areas.length);
  }

  /** The later polygons that a polygon covers too much of, of those that are asked about. */
  later(polygon: number, isAsked: (other: number) => boolean): number[] {
    const [polygons, threshold, touching] = [this.#polygons, this.#threshold, this.#touching];
    const count = laterTouching(this.#index, polygon, { isAsked, into: touching });
    const covered: number[] = [];
    if (count === 0) return covered;
    const size = 2 * this.#rays;
    const from = size * polygon;
    const hasCore = count >= WORTH_CORE && this.#core.take(polygons, {
      ...{ from, to: from + size, boxes: this.boxes, box: 4 * polygon, share: threshold },
    });
    let area = NaN;
    let hasProfile: boolean | null = null;
    let sweep: Sweep | null = null;
    for (let i = 0; i < count; i++) {
      const other = touching[i];
      if (hasCore && this.#core.isIn(polygons, size * other, size * (other + 1))) {
        covered.push(other);
        continue;
      }
      if (Number.isNaN(area)) area = this.#areaOf(polygon);
      const smaller = Math.min(area, this.#areaOf(other)) + EPSILON;
      // What the boxes share bounds what the polygons share.
      if (!(sharedBox(this.boxes, polygon, other) / smaller > threshold)) continue;
      hasProfile ??= this.#takeProfile(this.#profile, polygon);
      const verdict = hasProfile && this.#takeProfile(this.#otherProfile, other)
        ? compareShared(this.#profile, this.#otherProfile, threshold * smaller)
        : 0;
      if (verdict < 0) continue;
      if (verdict === 0) {
        sweep ??= sweepPolygon(this.#vertices(polygon));
        const shared = intersectionArea(sweep, sweepPolygon(this.#vertices(other)));
        if (!(shared / smaller > threshold)) continue;
      }
      covered.push(other);
    }
    return covered;
  }

  #areaOf(polygon: number): number {
    const areas = this.#areas;
    if (Number.isNaN(areas[polygon])) {
      const from = 2 * this.#rays * polygon;
      areas[polygon] = areaOf(this.#polygons, from, from + 2 * this.#rays);
    }
    return areas[polygon];
  }

  #takeProfile(profile: Profile, polygon: number): boolean {
    const size = 2 * this.#rays;
    const [from, to] = [size * polygon, size * (polygon + 1)];
    return profile.take(this.#polygons, { from, to, boxes: this.boxes, box: 4 * polygon });
  }

  #vertices(polygon: number): Int32Array {
    return this.#polygons.subarray(2 * this.#rays * polygon, 2 * this.#rays * (polygon + 1));
  }
}

/** The area that two touching boxes share. */
function sharedBox(boxes: Int32Array, a: number, b: number): number {
  const [i, k] = [4 * a, 4 * b];
  const height = Math.min(boxes[i + 2], boxes[k + 2]) - Math.max(boxes[i], boxes[k]);
  const width = Math.min(boxes[i + 3], boxes[k + 3]) - Math.max(boxes[i + 1], boxes[k + 1]);
  return height * width;
}
