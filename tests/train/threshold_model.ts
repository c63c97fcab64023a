/**
 * A model whose answers are known without computing them: foreground is what is brighter than half
 * of the intensity range. Pictures for it are even rectangles on a dark ground.
 */

import { encodeSafeTensors, type NamedArray } from "../../nn/safetensors.ts";
import type { LabelImage, Plane } from "../../train/data/image.ts";

/** A rectangle of one intensity. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Its intensity; 1000 by default. */
  readonly value?: number;
}

/** Width and height of pictures; odd, so that they do not fit the network. */
export const SIZE = { width: 13, height: 9 };

/** The logit of the model's probability at normalised intensity x ≥ 0. */
export function modelLogit(x: number): number {
  return 8 * x - 4;
}

/** The tap of a 3×3 kernel that passes its input on as it is. */
const CENTRE = 4;

/**
 * The weights file: a U-Net of depth 1 in which only the skip connection passes anything on, with
 * normalisation from minimum to maximum and a threshold of 0.5 without any cleaning.
 *
 * @param tap Which tap of the first kernel passes the image on: any but the centre moves it.
 */
export function thresholdModel({ tap = CENTRE } = {}): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>();
  const layer = (name: string, shape: number[], values: Record<number, number>) => {
    const data = new Float32Array(shape.reduce((size, extent) => size * extent));
    for (const [i, value] of Object.entries(values)) data[Number(i)] = value;
    tensors.set(`${name}.weight`, { shape, data });
    tensors.set(`${name}.bias`, { shape: [shape[0]], data: new Float32Array(shape[0]) });
  };
  layer("down.0.0", [1, 1, 3, 3], { [tap]: 1 });
  layer("down.0.1", [1, 1, 3, 3], { [CENTRE]: 1 });
  layer("middle.0", [2, 1, 3, 3], {});
  layer("middle.1", [1, 2, 3, 3], {});
  layer("up.0.0", [1, 2, 3, 3], { [9 + CENTRE]: 1 });
  layer("up.0.1", [1, 1, 3, 3], { [CENTRE]: 1 });
  layer("head", [1, 1, 1, 1], { 0: 8 });
  tensors.set("head.bias", { shape: [1], data: Float32Array.of(-4) });
  const architecture = { kind: "unet", options: { depth: 1, base: 1, inChannels: 1 } };
  const range = { low: 0, high: 100 };
  const postprocess = {
    threshold: 0.5,
    otsuFloor: 0.25,
    otsuCeiling: 0.75,
    opening: 0,
    connectivity: 4,
    minSize: 0,
  };
  return encodeSafeTensors({
    metadata: {
      architecture: JSON.stringify(architecture),
      normalization: JSON.stringify({
        stills: { mode: "image", ...range },
        video: { mode: "video", ...range },
      }),
      postprocess: JSON.stringify(postprocess),
    },
    tensors,
  });
}

/** A picture of rectangles. */
export function picture(rectangles: readonly Rectangle[]): Plane {
  const data = new Float32Array(SIZE.width * SIZE.height);
  for (const { value = 1000, ...rectangle } of rectangles) fill(data, rectangle, value);
  return { ...SIZE, data };
}

/** The label image of rectangles that are given in raster order and do not touch. */
export function labelsOf(rectangles: readonly Rectangle[]): LabelImage {
  const data = new Uint32Array(SIZE.width * SIZE.height);
  rectangles.forEach((rectangle, i) => fill(data, rectangle, i + 1));
  return { ...SIZE, data };
}

function fill(data: Float32Array | Uint32Array, { x, y, width, height }: Rectangle, value: number) {
  for (let row = y; row < y + height; row++) {
    const start = row * SIZE.width + x;
    data.fill(value, start, start + width);
  }
}
