/**
 * Grey planes as small embedded PNG pictures.
 *
 * @module
 */

import { encode } from "fast-png";
import type { Plane } from "../data/image.ts";
import type { Window } from "./window.ts";

/** Intensities shown as black and as white. */
export interface GreyRange {
  /** Shown as black, and everything below. */
  readonly low: number;
  /** Shown as white, and everything above. */
  readonly high: number;
}

/**
 * The range from the 1st to the 99.8th percentile (nearest rank) of the finite pixels of all planes
 * together, so that a change of brightness between frames stays visible. 0 to 1 without any pixel.
 */
export function greyRange(planes: readonly Plane[]): GreyRange {
  const total = planes.reduce((sum, plane) => sum + plane.data.length, 0);
  const stride = Math.max(1, Math.floor(total / 1e6)); // a million pixels fix a percentile
  const sample: number[] = [];
  for (const { data } of planes) {
    for (let i = 0; i < data.length; i += stride) {
      if (Number.isFinite(data[i])) sample.push(data[i]);
    }
  }
  if (sample.length === 0) return { low: 0, high: 1 };
  const sorted = Float32Array.from(sample).sort();
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))];
  return { low: at(0.01), high: at(0.998) };
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

/** A plane made smaller by averaging squares of `factor` pixels; what does not fill one is dropped. */
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
export function pictureAddress(plane: Plane, { low, high }: GreyRange): string {
  const scale = high > low ? 255 / (high - low) : 0;
  // NaN becomes 0 on its way into the bytes, values out of range become 0 and 255.
  const data = Uint8ClampedArray.from(plane.data, (value) => (value - low) * scale);
  const { width, height } = plane;
  const png = encode({ width, height, depth: 8, channels: 1, data });
  return `data:image/png;base64,${png.toBase64()}`;
}
