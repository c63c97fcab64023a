/**
 * What a frame is like, as far as it bears on whether objects can be found in it.
 *
 * @module
 */

import type { Plane } from "../image.ts";
import { noiseOf } from "../intensity/noise.ts";
import { percentiles } from "../percentiles.ts";

/** What a frame is like. */
export interface FrameFacts {
  /** Its dark end: percentile 1. */
  readonly low: number;
  /** The median, which is the ground where objects cover less than half of the frame. */
  readonly middle: number;
  /** Its bright end: percentile 99.8. */
  readonly high: number;
  /** The standard deviation of the noise, from pixel to pixel. */
  readonly noise: number;
  /** The share of pixels that have the highest intensity, which clipping makes many. */
  readonly clipped: number;
  /** How much of the contrast is between neighbouring squares of pixels: less out of focus. */
  readonly sharpness: number;
  /** Where the median lies between the darkest and the brightest, from 0 to 1: low in fluorescence. */
  readonly ground: number;
  /** How far the dark reaches below the median, over how far the bright reaches above it. */
  readonly shade: number;
}

/** From so many grey levels on equal highest intensities are no accident. */
const FEW_LEVELS = 32;

/** Looks at a frame. */
export function frameFacts(plane: Plane): FrameFacts {
  const [low, middle, high, most] = percentiles([plane], [1, 50, 99.8, 100]);
  const small = halved(plane);
  const [least, dark, ground, bright, highest] = percentiles([small], [0.5, 2, 50, 98, 99.5]);
  return {
    ...{ low, middle, high },
    noise: noiseOf(plane),
    clipped: most - low < FEW_LEVELS ? 0 : shareOf(plane, most),
    sharpness: sharpnessOf(halved(small)),
    ground: ratio(ground - least, highest - least),
    shade: ratio(ground - dark, bright - ground),
  };
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function shareOf({ data }: Plane, value: number): number {
  let count = 0;
  for (const other of data) if (other === value) count++;
  return count / data.length;
}

/** Means of squares of 2 x 2 pixels, in which there is half the noise; an image of one line stays as it is. */
function halved(plane: Plane): Plane {
  const width = Math.floor(plane.width / 2);
  const height = Math.floor(plane.height / 2);
  if (width === 0 || height === 0) return plane;
  const data = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const i = 2 * y * plane.width + 2 * x;
      const below = i + plane.width;
      data[at] = (plane.data[i] + plane.data[i + 1] + plane.data[below] + plane.data[below + 1]) /
        4;
    }
  }
  return { width, height, data };
}

/** The mean square of differences of neighbours over the variance; 0 for an even image. */
function sharpnessOf({ width, height, data }: Plane): number {
  let [sum, squares, steps, count] = [0, 0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      sum += data[i];
      squares += data[i] ** 2;
      if (x + 1 < width) steps += (data[i + 1] - data[i]) ** 2;
      if (y + 1 < height) steps += (data[i + width] - data[i]) ** 2;
      count += Number(x + 1 < width) + Number(y + 1 < height);
    }
  }
  const variance = squares / data.length - (sum / data.length) ** 2;
  return count === 0 ? 0 : ratio(steps / count, variance);
}
