/**
 * Numbers to compute with, and how far results are from what they should be.
 *
 * @module
 */

import { type Shape, sizeOf } from "../gpu/shape.ts";

/** Float32 numbers in [lowest, lowest + 1) that look random and are the same everywhere. */
export function scatteredNumbers(
  shape: Shape,
  { start = 0, lowest }: { start?: number; lowest: number },
): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => (i * 0.6180339887 + start) % 1 + lowest,
  );
}

/** Largest difference relative to the largest expected value; NaN if a value is missing or NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(difference)) return NaN;
    largest = Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return scale === 0 ? largest : largest / scale;
}
