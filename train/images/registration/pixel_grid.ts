/**
 * Frames of a moving video laid on one grid of pixels. A network of several levels looks at every second,
 * fourth, … pixel, so what stands still is seen otherwise when the camera has moved by a pixel; where each
 * frame begins so that its scene meets the same points again, it is not. No pixel is resampled.
 *
 * @module
 */

import { channelCount, type Channels, type Plane, type Shift } from "../image.ts";

/** Rows and columns around an image that are added. */
export interface Margin {
  /** Rows above. */
  readonly top: number;
  /** Columns to the left. */
  readonly left: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns to the right. */
  readonly right: number;
}

/** No margin. */
export const NO_MARGIN: Margin = { top: 0, left: 0, bottom: 0, right: 0 };

/**
 * What must be added to a frame so that its scene lies, to whole pixels, where it lay in the first one, but
 * for a multiple; as much is added behind it that this holds for views that are turned, too.
 *
 * @param shift How far it has moved since the first one.
 * @param multiple Pixels after which a network sees the same again.
 */
export function marginFor(shift: Shift, multiple: number): Margin {
  const missing = (way: number) => ((-Math.round(way)) % multiple + multiple) % multiple;
  const [top, left] = [missing(shift.y), missing(shift.x)];
  const [bottom, right] = [top, left].map((added) => (multiple - added) % multiple);
  return top === 0 && left === 0 ? NO_MARGIN : { top, left, bottom, right };
}

/** An image with a margin, which mirrors what is beside it. */
export function withMargin(image: Plane | Channels, margin: Margin): Plane | Channels {
  if (isNone(margin)) return image;
  const { top, left, bottom, right } = margin;
  const [width, height] = [image.width + left + right, image.height + top + bottom];
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

function isNone({ top, left, bottom, right }: Margin): boolean {
  return top === 0 && left === 0 && bottom === 0 && right === 0;
}

/** A place within an image for one that may be beyond its ends. */
function mirrored(place: number, length: number): number {
  if (place >= 0 && place < length) return place;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = Math.abs(place) % period;
  return at < length ? at : period - at;
}

/** A map of pixels without its margin. */
export function withoutMargin<
  M extends {
    readonly width: number;
    readonly height: number;
    readonly data: Float32Array | Uint32Array;
  },
>(map: M, margin: Margin): M {
  if (isNone(margin)) return map;
  const { top, left, bottom, right } = margin;
  const [width, height] = [map.width - left - right, map.height - top - bottom];
  const data = map.data.slice(0, width * height);
  for (let y = 0; y < height; y++) {
    const from = (y + top) * map.width + left;
    data.set(map.data.subarray(from, from + width), y * width);
  }
  return { ...map, width, height, data };
}
