/**
 * Videos brought to another magnification, that of the stills that a model learns from.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import type { Channels, Plane } from "../image.ts";
import type { Video } from "../series/video.ts";
import { factorBetween, formatPixelSize, pixelSizeOf } from "./pixel_size.ts";
import { resizeImage, scaledSize } from "./resize.ts";

/** What is wished, and what is known of the stills. */
export interface ScaleOptions {
  /** By how much images are enlarged; `auto` goes by the size of pixels. */
  readonly rescale: "auto" | number;
  /** The size of a pixel of the stills in micrometres; null if not known. */
  readonly pixelSize: number | null;
}

/** The smallest and largest factor that makes sense. */
export const [LEAST_SCALE, MOST_SCALE] = [1 / 16, 16];

/**
 * By how much a video is to be enlarged.
 *
 * @throws {RangeError} If a pixel's size is not known that is needed, or the factor makes no sense.
 */
export function scaleFactor(
  { path, calibration }: Pick<Video, "path" | "calibration">,
  { rescale, pixelSize }: ScaleOptions,
): number {
  if (rescale !== "auto") return rescale;
  const refuse = (what: string) =>
    unusable(`Cannot rescale ${path}: ${what}; give a factor, such as --rescale 2`);
  const own = pixelSizeOf(calibration);
  if (own === null) throw refuse("the size of its pixels is not known");
  if (pixelSize === null) {
    throw refuse("the size of the pixels that the model learned from is not known");
  }
  const factor = factorBetween(own, pixelSize);
  if (factor >= LEAST_SCALE && factor <= MOST_SCALE) return factor;
  throw refuse(
    `its pixels are ${formatPixelSize(own)}, those of the model ${formatPixelSize(pixelSize)}`,
  );
}

/** A video that gives its frames with another number of pixels; its size stays that of its files. */
export function rescaledVideo(video: Video, factor: number): Video {
  if (factor === 1) return video;
  const size = scaledSize(video, factor);
  const { reference, channelFrames } = video;
  const resized = (read: (i: number) => Promise<Plane>) => async (i: number) =>
    resizeImage(await read(i), size);
  return {
    ...video,
    rows: undefined,
    frame: async (i) => resizeImage<Plane | Channels>(await video.frame(i), size),
    ...channelFrames && { channelFrames: channelFrames.map(resized) },
    ...reference && { reference: resized(reference) },
  };
}

/** A factor as it stands in sentences. */
export function formatFactor(factor: number): string {
  return `enlarged ${Number(factor.toPrecision(3))} times`;
}
