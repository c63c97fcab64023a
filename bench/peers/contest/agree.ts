/**
 * Whether two peers computed the same.
 *
 * @module
 */

import { relativeError } from "../../../kernels/parts/accuracy.ts";
import { formatShape, sameShape } from "../../../kernels/gpu/shape.ts";
import type { Work } from "../protocol.ts";
import type { Arrays } from "../serve.ts";

/**
 * The largest error that is right, relative to the largest value of the same array: float32 with its
 * sums in another order. Through a U-Net a gradient passes twenty layers, and a ReLU or a maximum may
 * tip where two numbers are nearly equal.
 */
export function largestError({ op, pass }: Work): number {
  if (pass === "forward") return 1e-5;
  return op === "conv2d" ? 1e-4 : 2e-3;
}

/**
 * The largest difference of any array, relative to the largest expected value of that array; NaN where
 * a value is not finite.
 *
 * @throws {RangeError} If an array is missing or has another shape.
 */
export function errorOf(actual: Arrays, expected: Arrays): number {
  let worst = 0;
  for (const [name, { shape, data }] of expected) {
    const other = actual.get(name);
    if (!other) throw new RangeError(`its results lack ${name}`);
    if (!sameShape(other.shape, shape)) {
      throw new RangeError(
        `its ${name} is ${formatShape(other.shape)}, expected ${formatShape(shape)}`,
      );
    }
    if (!other.data.every(Number.isFinite)) return NaN;
    worst = Math.max(worst, relativeError(other.data, data));
  }
  return worst;
}
