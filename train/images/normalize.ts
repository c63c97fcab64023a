/**
 * Percentile normalisation: the intensities of an image are scaled so that a low percentile becomes
 * 0 and a high one becomes 1, as in StarDist (1 and 99.8, without clipping).
 *
 * A video is best normalised as a whole: percentiles of single frames move with the number and the
 * brightness of the objects in view, and that alone makes the segmentation flicker.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { type Channels, channelsOf, type Plane } from "./image.ts";
import { percentiles, videoPercentiles } from "./percentiles.ts";

/**
 * How images are normalised; stored with a model, because prediction must repeat it.
 *
 * @category Intensities
 */
export interface NormalizationSettings {
  /**
   * Which pixels share their percentiles: those of one still image (`image`), of all frames of a
   * video (`video`), or of one frame of a video (`frame`, the same as `image`).
   */
  readonly mode: "image" | "video" | "frame";
  /** The percentile that becomes 0. */
  readonly low: number;
  /** The percentile that becomes 1. */
  readonly high: number;
}

/**
 * The intensities that become 0 and 1.
 *
 * @category Intensities
 */
export interface IntensityRange {
  /** The intensity that becomes 0. */
  readonly low: number;
  /** The intensity that becomes 1. */
  readonly high: number;
  /**
   * Those of the channels behind the first, where each channel has a range of its own; left out where all
   * are scaled alike.
   */
  readonly further?: readonly { readonly low: number; readonly high: number }[];
}

/** The range of each channel. */
export function rangesOf({ low, high, further = [] }: IntensityRange): IntensityRange[] {
  return [{ low, high }, ...further];
}

/** Ranges of channels as one of an image that has them all; at least one. */
export function joinRanges([first, ...further]: readonly IntensityRange[]): IntensityRange {
  const { low, high } = first;
  return further.length === 0
    ? first
    : { low, high, further: further.map(({ low, high }) => ({ low, high })) };
}

/**
 * The ranges of the channels of an image, each by its own pixels.
 *
 * @throws {RangeError} As {@linkcode intensityRange}.
 * @category Intensities
 */
export function channelRanges(
  image: Plane | Channels,
  settings: NormalizationSettings,
): IntensityRange {
  return joinRanges(channelsOf(image).map((plane) => intensityRange([plane], settings)));
}

/**
 * StarDist's percentiles, over the whole of a video.
 *
 * @category Intensities
 */
export const defaultNormalization: NormalizationSettings = { mode: "video", low: 1, high: 99.8 };

/**
 * The range of some planes taken together.
 *
 * Where both percentiles are the same intensity, as in an image of a few bright pixels on an even
 * background, the maximum takes the place of the high one.
 *
 * @throws {RangeError} When `low` is not below `high`, there are no pixels, or one is not finite.
 * @category Intensities
 */
export function intensityRange(
  planes: readonly Plane[],
  settings: NormalizationSettings,
): IntensityRange {
  return rangeOf(percentiles(planes, wantedPercents(settings)));
}

/**
 * The range of all frames of a video that need not fit into memory.
 *
 * @param frames Starts reading the frames from the first one; called once or twice, see
 *   {@linkcode videoPercentiles}.
 * @throws {RangeError} As {@linkcode intensityRange}.
 * @category Intensities
 */
export async function videoIntensityRange(
  frames: () => Iterable<Plane> | AsyncIterable<Plane>,
  settings: NormalizationSettings,
): Promise<IntensityRange> {
  return rangeOf(await videoPercentiles(frames, wantedPercents(settings)));
}

/**
 * Scales an image: (x − low) / (high − low + 1e-20), not clipped; all of its channels alike, or each by
 * the range that it has. Where low and high are equal the result is 0 everywhere.
 *
 * @throws {RangeError} If there are ranges of channels, and other channels.
 * @category Intensities
 */
export function normalize<P extends Plane>(image: P, range: IntensityRange): P {
  const ranges = rangesOf(range);
  const data = new Float32Array(image.data.length);
  const size = ranges.length === 1 ? data.length : image.width * image.height;
  if (size * ranges.length !== data.length) {
    throw new RangeError(
      `Cannot scale an image of ${
        counted(data.length / size, "channel")
      } by the ranges of ${ranges.length}`,
    );
  }
  ranges.forEach(({ low, high }, c) => {
    if (high === low) return;
    const span = high - low + 1e-20;
    for (let i = c * size; i < (c + 1) * size; i++) data[i] = (image.data[i] - low) / span;
  });
  return { ...image, data };
}

/**
 * Normalises one channel of several images: with mode `video` all by their common range, otherwise
 * each by its own.
 *
 * @throws {RangeError} As {@linkcode intensityRange}.
 * @category Intensities
 */
export function normalizeAll(planes: readonly Plane[], settings: NormalizationSettings): Plane[] {
  if (settings.mode !== "video") {
    return planes.map((plane) => normalize(plane, intensityRange([plane], settings)));
  }
  const range = intensityRange(planes, settings);
  return planes.map((plane) => normalize(plane, range));
}

/**
 * The percentiles that make a range.
 *
 * @throws {RangeError} When `low` is not below `high`.
 */
export function wantedPercents({ low, high }: NormalizationSettings): number[] {
  if (!(low < high)) {
    throw new RangeError(`Cannot normalise: low percentile ${low} is not below high ${high}`);
  }
  return [low, high, 100];
}

/** The range that those percentiles make. */
export function rangeOf([low, high, maximum]: number[]): IntensityRange {
  return { low, high: high > low ? high : maximum };
}
