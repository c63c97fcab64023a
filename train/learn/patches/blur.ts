/**
 * Gaussian blur of a sample, on the processor: patches are small.
 *
 * @module
 */

import { reflectIndex, type Sample } from "../../images/sample.ts";

/** Standard deviations after which a Gaussian is cut off. */
const CUT = 3;

/**
 * The intensities of a sample `[c, h, w]`, blurred; mirrored at the edges without repeating them.
 *
 * @param sigma Standard deviation in pixels, over 0.
 */
export function blurred(
  { channels, width, height, image }: Sample,
  sigma: number,
): Float32Array<ArrayBuffer> {
  const kernel = gaussian(sigma);
  const reach = (kernel.length - 1) / 2;
  const rows = new Float32Array(image.length);
  const result = new Float32Array(image.length);
  const offsets = Array.from(kernel, (_, k) => k - reach);
  const placesOf = (length: number) =>
    Array.from({ length }, (_, i) => offsets.map((offset) => reflectIndex(i + offset, length)));
  const [columnsAt, rowsAt] = [placesOf(width), placesOf(height)];
  for (let row = 0; row < channels * height; row++) {
    const start = row * width;
    for (let x = 0; x < width; x++) {
      const places = columnsAt[x];
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * image[start + places[k]];
      rows[start + x] = sum;
    }
  }
  for (let c = 0; c < channels; c++) {
    const start = c * width * height;
    for (let y = 0; y < height; y++) {
      const places = rowsAt[y];
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) {
          sum += kernel[k] * rows[start + places[k] * width + x];
        }
        result[start + y * width + x] = sum;
      }
    }
  }
  return result;
}

/** Weights that add up to 1. */
function gaussian(sigma: number): Float64Array {
  const reach = Math.max(1, Math.ceil(CUT * sigma));
  const weights = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, k) => Math.exp(-0.5 * ((k - reach) / sigma) ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
