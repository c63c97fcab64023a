/**
 * Frames of a moving video laid on one grid of pixels. A network of several levels looks at every second,
 * fourth, … pixel, so what stands still is seen otherwise when the camera has moved by a pixel; where each
 * frame begins so that its scene meets the same points again, it is not. No pixel is resampled.
 *
 * @module
 */

import { channelCount, type Channels, type Plane } from "../image.ts";

/** Rows above and columns to the left of an image that are added. */
export interface Margin {
  /** Rows. */
  readonly top: number;
  /** Columns. */
  readonly left: number;
}

/**
 * What must be added to a frame so that its scene lies, to whole pixels, where it lay in the first one, but
 * for a multiple.
 *
 * @param shift How far it has moved since the first one.
 * @param multiple Pixels after which a network sees the same again.
 */
export function marginFor(shift: { y: number; x: number }, multiple: number): Margin {
  const missing = (way: number) => ((-Math.round(way)) % multiple + multiple) % multiple;
  return { top: missing(shift.y), left: missing(shift.x) };
}

/** An image with a margin, which mirrors what is beside it. */
export function withMargin(image: Plane | Channels, { top, left }: Margin): Plane | Channels {
  if (top === 0 && left === 0) return image;
  const [width, height] = [image.width + left, image.height + top];
  const channels = channelCount(image);
  const data = new Float32Array(channels * width * height);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = (c * image.height + mirrored(y - top, image.height)) * image.width;
      for (let x = 0; x < width; x++) {
        data[at++] = image.data[row + mirrored(x - left, image.width)];
      }
    }
  }
  return { ...image, width, height, data };
}

/** A place within an image for one that may be before its beginning. */
function mirrored(place: number, length: number): number {
  if (place >= 0) return place;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = -place % period;
  return at < length ? at : period - at;
}

/** A map of pixels without its margin. */
export function withoutMargin<
  M extends {
    readonly width: number;
    readonly height: number;
    readonly data: Float32Array | Uint32Array;
  },
>(map: M, { top, left }: Margin): M {
  if (top === 0 && left === 0) return map;
  const [width, height] = [map.width - left, map.height - top];
  const data = map.data.slice(0, width * height);
  for (let y = 0; y < height; y++) {
    const from = (y + top) * map.width + left;
    data.set(map.data.subarray(from, from + width), y * width);
  }
  return { ...map, width, height, data };
}
