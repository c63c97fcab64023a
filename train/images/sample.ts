/**
 * A training sample: the channels of one image and, where it has them, its labels.
 *
 * @module
 */

import type { Channels, LabelImage, Plane } from "./image.ts";

/**
 * The channels of one image (or of a patch of it) with the labels of the same pixels.
 *
 * @category Images
 */
export interface Sample {
  /** Number of channels c. */
  readonly channels: number;
  /** Width w in pixels. */
  readonly width: number;
  /** Height h in pixels. */
  readonly height: number;
  /** Intensities, shape [c, h, w]. */
  readonly image: Float32Array<ArrayBuffer>;
  /**
   * Object ids, shape [h, w], 0 for background, `IGNORED_LABEL` where nothing is known; absent for
   * unlabelled images.
   */
  readonly labels?: Uint32Array<ArrayBuffer>;
}

/**
 * Stacks the channels of an image into a sample.
 *
 * @param planes One plane per channel, all of one size.
 * @param labels The labels of the same pixels.
 * @throws {RangeError} When there is no plane or the sizes differ.
 * @category Images
 */
export function sampleFromPlanes(planes: readonly Plane[], labels?: LabelImage): Sample {
  if (planes.length === 0) throw new RangeError("Cannot make a sample: there are no channels");
  const { width, height } = planes[0];
  for (const other of labels ? [...planes, labels] : planes) {
    if (other.width !== width || other.height !== height) {
      throw new RangeError(
        `Cannot make a sample of ${width}x${height} pixels: ` +
          `another channel or its labels have ${other.width}x${other.height}`,
      );
    }
  }
  const image = new Float32Array(planes.length * width * height);
  planes.forEach((plane, c) => image.set(plane.data, c * width * height));
  return { channels: planes.length, width, height, image, labels: labels?.data };
}

/**
 * An image as a sample without labels; the values are shared, not copied.
 *
 * @category Images
 */
export function sampleOf({ channels, width, height, data }: Channels): Sample {
  return { channels, width, height, image: data };
}

/**
 * The index that a position outside 0 … length − 1 takes when the line is mirrored at its first and
 * last element without repeating them (numpy's `reflect`), as often as needed.
 */
export function reflectIndex(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((position % period) + period) % period;
  return folded < length ? folded : period - folded;
}
