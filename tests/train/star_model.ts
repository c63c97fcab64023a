/**
 * A StarDist model whose answers are known without computing them, and images of peaks for it: every
 * peak that is bright enough is an object, a diamond around its place.
 */

import type { RayThresholds } from "../../nn/labels/stardist/thresholds.ts";
import { encodeSafeTensors, type NamedArray } from "../../nn/safetensors.ts";
import type { LabelImage, Plane } from "../../train/data/image.ts";

/** A peak in an image; rows and columns are even, as the model's grid is 2. */
export interface Peak {
  readonly row: number;
  readonly column: number;
  /** Its intensity; 1024, the brightest, by default. */
  readonly value?: number;
}

/** Columns and rows of an image. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How far the diamonds' corners are from their peaks, in pixels. */
export const RADIUS = 6;

/** What a peak loses of its intensity with every pixel, along rows, columns and diagonals alike. */
const SLOPE = 256;

/** The tap of a 3×3 kernel that passes its input on as it is. */
const CENTRE = 4;
/** A kernel of fractions of 16: sums of them are exact, whatever their order. */
const SMOOTH = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => weight / 16);

/** The object probability of a peak of this intensity, between others of less. */
export function peakProbability({ value = 1024 }: Pick<Peak, "value">): number {
  const smoothed = (4 * value + 12 * Math.max(0, value - SLOPE)) / 16 / 1024;
  return 1 / (1 + Math.exp(4 - 8 * smoothed));
}

/**
 * The weights file: grid 2 and depth 1, of which only the skip connection passes anything on, after
 * smoothing. The object probability rises with the intensity, all rays are as long as {@linkcode RADIUS}.
 * Intensities are normalised from minimum to maximum.
 */
export function starModel(
  { thresholds = { prob: 0.5, nms: 0.4 } }: { thresholds?: RayThresholds } = {},
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>();
  const layer = (
    name: string,
    { shape, taps = {}, bias = 0 }: {
      shape: [number, number, number, number];
      taps?: Record<number, number>;
      bias?: number;
    },
  ) => {
    const data = new Float32Array(shape.reduce((size, extent) => size * extent));
    for (const [i, value] of Object.entries(taps)) data[Number(i)] = value;
    tensors.set(`${name}.weight`, { shape, data });
    const biases = new Float32Array(shape[0]).fill(bias);
    tensors.set(`${name}.bias`, { shape: [shape[0]], data: biases });
  };
  const pass = { [CENTRE]: 1 };
  layer("grid.0.0", { shape: [1, 1, 3, 3], taps: { ...SMOOTH } });
  layer("grid.0.1", { shape: [1, 1, 3, 3], taps: pass });
  layer("down.0.0", { shape: [1, 1, 3, 3], taps: pass });
  layer("down.0.1", { shape: [1, 1, 3, 3], taps: pass });
  layer("middle.0", { shape: [2, 1, 3, 3] });
  layer("middle.1", { shape: [1, 2, 3, 3] });
  layer("up.0.0", { shape: [1, 2, 3, 3], taps: { [9 + CENTRE]: 1 } });
  layer("up.0.1", { shape: [1, 1, 3, 3], taps: pass });
  layer("features", { shape: [1, 1, 3, 3], taps: pass });
  layer("prob", { shape: [1, 1, 1, 1], taps: { 0: 8 }, bias: -4 });
  layer("dist", { shape: [4, 1, 1, 1], bias: RADIUS });
  const options = { rays: 4, grid: 2, depth: 1, base: 1, features: 1, inChannels: 1 };
  const range = { low: 0, high: 100 };
  return encodeSafeTensors({
    metadata: {
      architecture: JSON.stringify({ kind: "stardist", options }),
      normalization: JSON.stringify({
        stills: { mode: "image", ...range },
        video: { mode: "video", ...range },
      }),
      postprocess: JSON.stringify({
        ...{ threshold: "otsu", otsuFloor: 0.25, otsuCeiling: 0.75 },
        ...{ opening: 1, connectivity: 4, minSize: 16 },
      }),
      thresholds: JSON.stringify(thresholds),
    },
    tensors,
  });
}

/** An image of peaks on a dark ground. Where they overlap, the brighter pixel counts. */
export function peaks(places: readonly Peak[], { width, height }: Size): Plane {
  const data = new Float32Array(width * height);
  for (const { row, column, value = 1024 } of places) {
    data.forEach((before, i) => {
      const away = Math.max(
        Math.abs(Math.floor(i / width) - row),
        Math.abs(i % width - column),
      );
      data[i] = Math.max(before, value - SLOPE * away);
    });
  }
  return { width, height, data };
}

/** The label image of diamonds around peaks: id 1 is on top of id 2, and so on. */
export function diamonds(places: readonly Peak[], { width, height }: Size): LabelImage {
  const data = new Uint32Array(width * height);
  for (let id = places.length; id >= 1; id--) {
    const { row, column } = places[id - 1];
    data.forEach((_, i) => {
      const away = Math.abs(Math.floor(i / width) - row) + Math.abs(i % width - column);
      if (away <= RADIUS) data[i] = id;
    });
  }
  return { width, height, data };
}
