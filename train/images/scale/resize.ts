/**
 * Images and labels brought to another number of pixels.
 *
 * @module
 */

import { type Channels, isObject, type LabelImage, type Plane } from "../image.ts";

/** Width and height of an image. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of an image enlarged by a factor, at least one pixel. */
export function scaledSize({ width, height }: Size, factor: number): Size {
  const scaled = (length: number) => Math.max(1, Math.round(length * factor));
  return { width: scaled(width), height: scaled(height) };
}

/**
 * An image, all of its channels alike, with another number of pixels over the same field: each new pixel is
 * the mean of a linear interpolation over its area, so that what becomes smaller is smoothed.
 */
export function resizeImage<T extends Plane | Channels>(image: T, size: Size): T {
  const { width, height, data } = image;
  const [columns, rows] = [weightsOf(width, size.width), weightsOf(height, size.height)];
  const channels = data.length / (width * height);
  const result = new Float32Array(channels * size.width * size.height);
  const across = new Float32Array(size.width * height);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * width * height;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < size.width; x++) {
        let sum = 0;
        for (const [at, weight] of columns[x]) sum += weight * data[from + y * width + at];
        across[y * size.width + x] = sum;
      }
    }
    const to = channel * size.width * size.height;
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        let sum = 0;
        for (const [at, weight] of rows[y]) sum += weight * across[at * size.width + x];
        result[to + y * size.width + x] = sum;
      }
    }
  }
  return { ...image, ...size, data: result };
}

/**
 * What each new pixel along an axis is made of: old pixels and their weights. A triangle as wide as the
 * larger of an old and a new pixel on each side; at the ends the last pixel is repeated.
 */
function weightsOf(length: number, wanted: number): (readonly [at: number, weight: number])[][] {
  const step = length / wanted;
  const reach = Math.max(1, step);
  return Array.from({ length: wanted }, (_, i) => {
    const centre = (i + 0.5) * step - 0.5;
    const found = new Map<number, number>();
    let sum = 0;
    for (let at = Math.ceil(centre - reach); at <= Math.floor(centre + reach); at++) {
      const weight = 1 - Math.abs(at - centre) / reach;
      if (weight <= 0) continue;
      const inside = Math.min(Math.max(at, 0), length - 1);
      found.set(inside, (found.get(inside) ?? 0) + weight);
      sum += weight;
    }
    return [...found].map(([at, weight]) => [at, weight / sum] as const);
  });
}

/** Labels with another number of pixels over the same field: each new pixel has the label at its middle. */
export function resizeLabels(labels: LabelImage, size: Size): LabelImage {
  const { width, height, data } = labels;
  const result = new Uint32Array(size.width * size.height);
  const place = (i: number, length: number, wanted: number) =>
    Math.min(length - 1, Math.floor((i + 0.5) * length / wanted));
  for (let y = 0, i = 0; y < size.height; y++) {
    const row = place(y, height, size.height) * width;
    for (let x = 0; x < size.width; x++, i++) result[i] = data[row + place(x, width, size.width)];
  }
  return { ...size, data: result };
}

/**
 * True labels with another number of pixels over the same field: as {@linkcode resizeLabels}, but an object
 * that has no pixel left gets the one at its middle, so that a measure still counts it.
 */
export function resizeTruth(labels: LabelImage, size: Size): LabelImage {
  const resized = resizeLabels(labels, size);
  const left = new Set(resized.data);
  const lost = new Map<number, { pixels: number; x: number; y: number }>();
  const { width, height, data } = labels;
  data.forEach((id, i) => {
    if (!isObject(id) || left.has(id)) return;
    const sums = lost.get(id) ?? { pixels: 0, x: 0, y: 0 };
    sums.pixels++;
    sums.x += i % width;
    sums.y += Math.floor(i / width);
    lost.set(id, sums);
  });
  for (const [id, { pixels, x, y }] of lost) {
    const column = Math.floor((x / pixels + 0.5) * size.width / width);
    const row = Math.floor((y / pixels + 0.5) * size.height / height);
    resized.data[row * size.width + column] = id;
  }
  return resized;
}
