/**
 * Images and labels moved by parts of a pixel.
 *
 * What lies between pixels of an image is interpolated linearly. Labels are numbers, of which none lies
 * between two others: each object is smoothed a little, so that its outline is a curve, and gets the pixels
 * that lie within this curve when it has moved. Taken to the nearest pixels instead, an object that moves by
 * less than half a pixel would stay where it is.
 *
 * @module
 */

import { channelCount, type Channels, isObject, type LabelImage, type Plane } from "../image.ts";
import { type Box, boxesOf } from "../masks/boxes.ts";

/** A way, downwards and to the right, in pixels. */
export interface Way {
  /** Downwards. */
  readonly y: number;
  /** To the right. */
  readonly x: number;
}

/** No way. */
export const NO_WAY: Way = { y: 0, x: 0 };

/** What is left of a way when whole pixels are taken off: at most half a pixel along each axis. */
export function restOf({ y, x }: Way): Way {
  return { y: y - Math.round(y), x: x - Math.round(x) };
}

/** Standard deviation of the Gaussian that smooths outlines, in pixels, and how far it is looked at. */
const [SMOOTH, REACH] = [0.9, 3];

/** Weights of the pixels around a place. */
interface Taps {
  /** Where the first of them is, counted from the place. */
  readonly first: number;
  /** One for each. */
  readonly weights: readonly number[];
}

/** Weights of pixels whose content moves by a way to where it is wanted: both pixels that it comes between. */
function linearTaps(way: number): Taps {
  const before = Math.floor(-way);
  const part = -way - before;
  return { first: before, weights: [1 - part, part] };
}

function smoothTaps(way: number): Taps {
  const first = -REACH;
  const weights = Array.from(
    { length: 2 * REACH + 1 },
    (_, k) => Math.exp(-0.5 * ((first + k + way) / SMOOTH) ** 2),
  );
  return { first, weights };
}

/** An image whose content has moved; beyond its edge it goes on as it ends. */
export function movedImage<I extends Plane | Channels>(image: I, way: Way): I {
  if (way.y === 0 && way.x === 0) return image;
  const { width, height } = image;
  const [rows, columns] = [linearTaps(way.y), linearTaps(way.x)];
  const data = new Float32Array(image.data.length);
  for (let c = 0; c < channelCount(image); c++) {
    const from = c * width * height;
    const across = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        columns.weights.forEach((weight, k) => {
          const column = within(x + columns.first + k, width);
          across[y * width + x] += weight * image.data[from + y * width + column];
        });
      }
    }
    for (let y = 0; y < height; y++) {
      rows.weights.forEach((weight, k) => {
        const row = within(y + rows.first + k, height) * width;
        for (let x = 0; x < width; x++) data[from + y * width + x] += weight * across[row + x];
      });
    }
  }
  return { ...image, data };
}

function within(place: number, length: number): number {
  return Math.max(0, Math.min(length - 1, place));
}

/**
 * Labels whose objects have moved, by at most a pixel. Each is there afterwards; what is ignored stays where
 * it is.
 */
export function movedLabels(labels: LabelImage, way: Way): LabelImage {
  if (way.y === 0 && way.x === 0) return labels;
  const { width, height } = labels;
  const data = labels.data.map((label) => isObject(label) ? 0 : label);
  const shares = new Float32Array(data.length);
  const taps = { y: smoothTaps(way.y), x: smoothTaps(way.x) };
  const boxes = boxesOf(labels);
  for (const [label, box] of boxes) {
    const top = Math.max(0, box.top - 1);
    const left = Math.max(0, box.left - 1);
    const size = {
      width: Math.min(width, box.right + 2) - left,
      height: Math.min(height, box.bottom + 2) - top,
    };
    shareOf(labels, { label, box: { top, left, ...size }, taps }).forEach((share, i) => {
      const at = (top + Math.floor(i / size.width)) * width + left + i % size.width;
      if (!(share > 0.5 && share > shares[at]) || !isFree(labels.data[at])) return;
      shares[at] = share;
      data[at] = label;
    });
  }
  keepAll(data, { labels, boxes });
  return { width, height, data };
}

/** Whether an object may come to lie there. */
function isFree(label: number): boolean {
  return label === 0 || isObject(label);
}

/** Objects too small to be smoothed lie where they lay. */
function keepAll(
  data: Uint32Array,
  { labels, boxes }: { labels: LabelImage; boxes: ReadonlyMap<number, Box> },
): void {
  const there = new Set(data);
  for (const [label, { top, bottom, left, right }] of boxes) {
    if (there.has(label)) continue;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const at = y * labels.width + x;
        if (labels.data[at] === label) data[at] = label;
      }
    }
  }
}

/** How much of what is around each pixel of a box an object has when it has moved, of what the image shows. */
function shareOf(
  { width, height, data }: LabelImage,
  { label, box, taps }: {
    label: number;
    box: { top: number; left: number; width: number; height: number };
    taps: { y: Taps; x: Taps };
  },
): Float32Array {
  const rows = box.height + 2 * REACH;
  const across = new Float32Array(rows * box.width);
  for (let row = 0; row < rows; row++) {
    const y = box.top - REACH + row;
    if (y < 0 || y >= height) continue;
    for (let x = 0; x < box.width; x++) {
      across[row * box.width + x] = weighted(taps.x, {
        ...{ at: box.left + x, length: width },
        valueAt: (column) => data[y * width + column] === label ? 1 : 0,
      });
    }
  }
  const shares = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      shares[y * box.width + x] = weighted(taps.y, {
        ...{ at: box.top + y, length: height },
        valueAt: (row) => across[(row - box.top + REACH) * box.width + x],
      });
    }
  }
  return shares;
}

/** The mean of values around a place, as far as there are any. */
function weighted(
  { first, weights }: Taps,
  { at, length, valueAt }: { at: number; length: number; valueAt: (place: number) => number },
): number {
  let [sum, all] = [0, 0];
  weights.forEach((weight, k) => {
    const place = at + first + k;
    if (place < 0 || place >= length) return;
    sum += weight * valueAt(place);
    all += weight;
  });
  return sum / all;
}
