/**
 * The eight orientations of a square (the group D4): flips, quarter turns and transposes.
 *
 * Orientation k is read as bits: first 1 transposes, then 2 turns the rows upside down, then 4
 * mirrors the columns. 0 is the identity and 6 a half turn; 3 and 5 are the quarter turns.
 *
 * @module
 */

import type { LabelImage, Plane } from "./image.ts";

/** Number of orientations. */
export const ORIENTATIONS = 8;

/** Whether an orientation swaps width and height. */
export function swapsAxes(orientation: number): boolean {
  return (orientation & 1) !== 0;
}

/**
 * Turns an image into orientation k; width and height of a non-square image swap where k is odd.
 *
 * @param image A plane or a label image; it is not changed.
 * @param k 0 to 7, see the module.
 * @throws {RangeError} When k is not a whole number from 0 to 7.
 *
 * @example
 * ```ts
 * import { orient, unorient } from "./orientation.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const plane = { width: 3, height: 1, data: Float32Array.of(1, 2, 3) };
 * assertEquals(orient(plane, 4).data, Float32Array.of(3, 2, 1));
 * assertEquals(unorient(orient(plane, 5), 5), plane);
 * ```
 */
export function orient<T extends Plane | LabelImage>(image: T, k: number): T {
  checkOrientation(k);
  const swap = swapsAxes(k);
  const width = swap ? image.height : image.width;
  const height = swap ? image.width : image.height;
  const data = image.data.slice();
  for (let y = 0; y < height; y++) {
    const u = k & 2 ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const v = k & 4 ? width - 1 - x : x;
      data[y * width + x] = image.data[swap ? v * image.width + u : u * image.width + v];
    }
  }
  return { ...image, width, height, data };
}

/** Undoes {@linkcode orient} with the same k. */
export function unorient<T extends Plane | LabelImage>(image: T, k: number): T {
  return orient(image, inverseOrientation(k));
}

/**
 * The orientation that undoes k. Every orientation undoes itself but the two quarter turns, which
 * undo each other.
 *
 * @throws {RangeError} When k is not a whole number from 0 to 7.
 */
export function inverseOrientation(k: number): number {
  checkOrientation(k);
  return k === 3 ? 5 : k === 5 ? 3 : k;
}

function checkOrientation(k: number): void {
  if (!(Number.isInteger(k) && k >= 0 && k < ORIENTATIONS)) {
    throw new RangeError(`Cannot orient an image: orientation ${k} is not a whole number 0 to 7`);
  }
}
