/**
 * From the probability of every plane of a stack to be in focus to the one plane that is.
 *
 * @module
 */

/**
 * How the plane in focus is found.
 *
 * @category Labels and targets
 */
export interface FocusPlaneOptions {
  /** Standard deviation of the smoothing along z, in planes; 0 for none. */
  readonly sigma: number;
}

/**
 * The smoothing that is used unless told otherwise.
 *
 * @category Labels and targets
 */
export const DEFAULT_FOCUS_PLANE: FocusPlaneOptions = { sigma: 2 };

/** Beyond this many standard deviations a Gaussian counts as 0. */
const REACH = 4;

/**
 * Smooths probabilities along z with a Gaussian that is sampled at whole planes and cut off at four
 * standard deviations. What lies beyond the ends of a stack counts as out of focus: were the planes
 * there scaled up or repeated, the ends would attract the maximum.
 *
 * @throws {RangeError} If sigma is negative or a probability is not in [0, 1].
 * @category Labels and targets
 */
export function smoothAlongZ(
  probabilities: ArrayLike<number>,
  { sigma }: FocusPlaneOptions = DEFAULT_FOCUS_PLANE,
): Float64Array<ArrayBuffer> {
  if (!(sigma >= 0 && sigma < Infinity)) {
    throw new RangeError(`Cannot smooth along z: sigma is ${sigma}, expected a number from 0`);
  }
  const planes = Float64Array.from(probabilities);
  planes.forEach((value, z) => {
    if (value >= 0 && value <= 1) return;
    throw new RangeError(`Cannot smooth along z: plane ${z} has probability ${value}`);
  });
  const reach = Math.floor(REACH * sigma);
  const weights = Array.from({ length: reach + 1 }, (_, d) => d === 0 ? 1 : gaussian(d, sigma));
  const total = weights.reduce((sum, weight) => sum + 2 * weight, -1);
  return planes.map((value, z) => {
    let sum = value;
    // Both neighbours of a distance at once: mirrored stacks then give mirrored results, to the bit.
    for (let d = 1; d <= reach; d++) {
      sum += weights[d] * ((planes[z - d] ?? 0) + (planes[z + d] ?? 0));
    }
    return sum / total;
  });
}

function gaussian(distance: number, sigma: number): number {
  return Math.exp(-(distance ** 2) / (2 * sigma ** 2));
}

/**
 * The plane in focus: where the smoothed probabilities are largest; of several, the lowest.
 *
 * @returns Its index from 0, and its smoothed probability.
 * @throws {RangeError} As {@linkcode smoothAlongZ}, or if there are no planes.
 *
 * @example
 * ```ts
 * import { focusPlane } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * // One plane that stands out loses to several that agree.
 * const { plane } = focusPlane([0.9, 0, 0, 0, 0.7, 0.8, 0.7, 0], { sigma: 1 });
 * assertEquals(plane, 5);
 * ```
 *
 * @category Labels and targets
 */
export function focusPlane(
  probabilities: ArrayLike<number>,
  options: FocusPlaneOptions = DEFAULT_FOCUS_PLANE,
): { plane: number; probability: number } {
  if (probabilities.length === 0) {
    throw new RangeError("Cannot find the plane in focus: the stack has no planes");
  }
  const smooth = smoothAlongZ(probabilities, options);
  const plane = smooth.reduce((best, value, z) => value > smooth[best] ? z : best, 0);
  return { plane, probability: smooth[plane] };
}
