/**
 * Exposure: a gain on normalised intensities. A few very bright objects push the upper percentile of a
 * video up and leave all others in the dark; a gain brings them back to where a network expects them,
 * and a soft bound keeps the bright ones from leaving its range.
 *
 * @module
 */

import type { Channels, Plane } from "./image.ts";

/** No intensity that a gain has brightened is above this. */
export const BRIGHTEST = 1.5;

/** The largest gain: beyond it noise becomes objects. */
export const MOST_GAIN = 16;

/**
 * An image at another exposure: x·g up to 1, and from there towards {@linkcode BRIGHTEST} without ever
 * reaching it, with the same slope at 1: b − (b − 1)·e^((1 − x·g)/(b − 1)).
 *
 * @param gain Over 0; with 1 the image is what it was, also where it is above 1.
 * @throws {RangeError} If the gain is not a number over 0.
 *
 * @example
 * ```ts
 * import { expose } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const dim = { width: 2, height: 1, data: Float32Array.of(0.125, 0.25) };
 * assertEquals([...expose(dim, 4).data], [0.5, 1]);
 * ```
 */
export function expose<T extends Plane | Channels>(image: T, gain: number): T {
  if (!(gain > 0 && gain < Infinity)) {
    throw new RangeError(`Cannot expose an image: the gain is ${gain}, expected a number over 0`);
  }
  return gain === 1 ? image : { ...image, data: image.data.map((value) => bounded(value * gain)) };
}

/** Values up to 1 as they are, larger ones bent towards {@linkcode BRIGHTEST}. */
export function bounded(value: number): number {
  const room = BRIGHTEST - 1;
  return value <= 1 ? value : BRIGHTEST - room * Math.exp((1 - value) / room);
}
