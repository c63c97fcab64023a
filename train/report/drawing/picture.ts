/**
 * Grey planes as small embedded PNG pictures.
 *
 * @module
 */

import { encode } from "fast-png";
import type { Plane } from "../../images/image.ts";
import { percentiles } from "../../images/percentiles.ts";
import type { Window } from "./window.ts";

/** Intensities shown as black and as white. */
export interface GreyRange {
  /** Shown as black, and everything below. */
  readonly low: number;
  /** Shown as white, and everything above. */
  readonly high: number;
  /** Exponent of the grey scale between them: below 1 it brightens what is dim; 1 if left out. */
  readonly gamma?: number;
}

/**
 * The range from the 1st to the 99.8th percentile of all planes together, so that a change of
 * brightness between frames stays visible. Pixels that are not finite do not count; without any
 * other the range is 0 to 1.
 */
export function greyRange(planes: readonly Plane[]): GreyRange {
  const finite = planes.map(({ data }) => data.filter(Number.isFinite))
    .map((data) => ({ width: data.length, height: 1, data }));
  if (finite.every(({ width }) => width === 0)) return { low: 0, high: 1 };
  const [low, high] = percentiles(finite, [1, 99.8]);
  return { low, high };
}

/** The part of a plane in a window that lies inside it. */
export function cropPlane(plane: Plane, window: Window): Plane {
  const { x, y, width, height } = window;
  const data = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * plane.width + x;
    data.set(plane.data.subarray(from, from + width), row * width);
  }
  return { width, height, data };
}

/** A smaller plane: means of squares of `factor` pixels; what does not fill a square is dropped. */
export function shrinkPlane(plane: Plane, factor: number): Plane {
  if (factor === 1) return plane;
  const width = Math.floor(plane.width / factor);
  const height = Math.floor(plane.height / factor);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height * factor; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < width * factor; x++) {
      data[row + Math.floor(x / factor)] += plane.data[y * plane.width + x] / factor ** 2;
    }
  }
  return { width, height, data };
}

/** A plane as a `data:` address of an 8-bit grey PNG; NaN is black. */
export function pictureAddress(plane: Plane, { low, high, gamma = 1 }: GreyRange): string {
  const scale = high > low ? 1 / (high - low) : 0;
  // NaN becomes 0 on its way into the bytes, values above the range become 255.
  const data = Uint8ClampedArray.from(
    plane.data,
    (value) => 255 * Math.max(0, (value - low) * scale) ** gamma,
  );
  const { width, height } = plane;
  const png = encode({ width, height, depth: 8, channels: 1, data });
  return `data:image/png;base64,${png.toBase64()}`;
}
