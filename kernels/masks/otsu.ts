/**
 * Otsu's threshold, equal to `skimage.filters.threshold_otsu` on a float32 image (scikit-image 0.19).
 *
 * N. Otsu, "A threshold selection method from gray-level histograms", 1979: the threshold that makes
 * the variance between the two classes largest.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { histogram, HISTOGRAM_BINS, histogramEdges, histogramScale } from "./histogram.ts";
import { runSteps, type Steps } from "./steps.ts";
import { type ValueRange, valueRangeSteps } from "./value_range.ts";

/**
 * Otsu's threshold of a histogram: the centre (in float32) of the bin after which the two classes
 * differ most, the first one on a tie. Sums run in float64, the second class's from the far end, as
 * in scikit-image, so that ties fall the same way.
 *
 * @param counts The counts of the 256 bins.
 * @param range The smallest and the largest value counted.
 * @throws {RangeError} If there are not 256 counts.
 */
export function otsuOfHistogram(counts: ArrayLike<number>, range: ValueRange): number {
  if (counts.length !== HISTOGRAM_BINS) {
    throw new RangeError(
      `Cannot choose Otsu's threshold: ${counts.length} counts given, expected ${HISTOGRAM_BINS}`,
    );
  }
  const centres = binCentres(range);
  const below = classes(counts, centres);
  const above = classes(Array.from(counts).reverse(), centres.toReversed());
  let best = { bin: 0, variance: -1 };
  for (let bin = 0; bin < HISTOGRAM_BINS - 1; bin++) {
    const rest = HISTOGRAM_BINS - 2 - bin;
    const difference = below.means[bin] - above.means[rest];
    const variance = below.weights[bin] * above.weights[rest] * (difference * difference);
    // NumPy's argmax takes the first NaN (an empty class, where edges coincide) for the largest.
    if (Number.isNaN(variance)) return centres[bin];
    if (variance > best.variance) best = { bin, variance };
  }
  return centres[best.bin];
}

/**
 * Finds Otsu's threshold of a tensor's values. A tensor with one value only has that value as its
 * threshold; so has one whose range is too narrow for float32 (below about 1e-36) or too wide.
 *
 * @returns The threshold, a float32 number in the units of `x`; waits for the GPU twice.
 * @throws {RangeError} If a value is NaN or infinite.
 *
 * @example
 * ```ts ignore
 * const mask = threshold(device, prob, { threshold: await otsuThreshold(device, prob) });
 * ```
 *
 * @category Masks
 */
export async function otsuThreshold(device: Device, x: Tensor<"f32">): Promise<number> {
  return await runSteps(device, otsuSteps(device, x));
}

/**
 * What {@linkcode otsuThreshold} does, for a caller who waits for the GPU himself: two steps.
 *
 * @category Masks
 */
export function* otsuSteps(device: Device, x: Tensor<"f32">): Steps<number> {
  const range = yield* valueRangeSteps(device, x);
  if (!Number.isFinite(histogramScale(range))) return range.min;
  const counts = histogram(device, x, { range });
  try {
    const [values] = yield [counts];
    return otsuOfHistogram(values, range);
  } finally {
    device.free(counts);
  }
}

function binCentres(range: ValueRange): Float32Array {
  const edges = histogramEdges(range);
  return Float32Array.from(
    { length: HISTOGRAM_BINS },
    (_, bin) => Math.fround(edges[bin] + edges[bin + 1]) / 2,
  );
}

/** Number and mean of the values up to each bin. */
function classes(
  counts: ArrayLike<number>,
  centres: ArrayLike<number>,
): { weights: Float64Array; means: Float64Array } {
  const weights = new Float64Array(counts.length);
  const means = new Float64Array(counts.length);
  let weight = 0;
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    weight += counts[bin];
    sum += counts[bin] * centres[bin];
    weights[bin] = weight;
    means[bin] = sum / weight;
  }
  return { weights, means };
}
