/**
 * How much brighter than the background objects are.
 *
 * @module
 */

import type { LabelImage, Plane } from "../images/image.ts";
import { objectMeans } from "./object_means.ts";

/**
 * The contrast of each object: its mean intensity less the median of all background pixels. Where there is
 * no background, less the lowest intensity.
 *
 * @throws {RangeError} If the sizes differ.
 */
export function contrastsOf(image: Plane, labels: LabelImage): number[] {
  if (image.width !== labels.width || image.height !== labels.height) {
    throw new RangeError(
      `Cannot measure contrast: the image is ${image.width}x${image.height}, its labels are ` +
        `${labels.width}x${labels.height}`,
    );
  }
  const background: number[] = [];
  labels.data.forEach((id, at) => {
    if (id === 0) background.push(image.data[at]);
  });
  const level = background.length > 0
    ? medianOf(background)
    : image.data.reduce((low, value) => Math.min(low, value), Infinity);
  return Array.from(objectMeans(labels, image.data).values(), (mean) => mean - level);
}

/** The median of some numbers; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return sorted.length === 0
    ? NaN
    : (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
