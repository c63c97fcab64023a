/** Small label images for the tests of the measures. */

import type { LabelImage } from "../../../train/data/image.ts";

/** An id that only an unsigned 32-bit number can hold. */
export const HUGE_ID = 2 ** 32 - 1;

/**
 * Reads a label image from a drawing, one line per row: a digit is an id, `.` is background and `#`
 * is {@linkcode HUGE_ID}.
 */
export function drawn(picture: string): LabelImage {
  const rows = picture.trim().split("\n").map((row) => row.trim());
  const ids = [...rows.join("")].map((c) => c === "." ? 0 : c === "#" ? HUGE_ID : Number(c));
  return { width: rows[0].length, height: rows.length, data: Uint32Array.from(ids) };
}

/** An image of background only. */
export function empty(height: number, width: number): LabelImage {
  return { width, height, data: new Uint32Array(height * width) };
}

/** Changes every id, background excepted. */
export function relabelled(labels: LabelImage, newId: (id: number) => number): LabelImage {
  return { ...labels, data: labels.data.map((id) => id === 0 ? 0 : newId(id)) };
}

/** Moves an image down and to the right; what comes in is background. */
export function moved(labels: LabelImage, { dy = 0, dx = 0 }): LabelImage {
  const result = empty(labels.height, labels.width);
  for (let y = Math.max(dy, 0); y < labels.height + Math.min(dy, 0); y++) {
    for (let x = Math.max(dx, 0); x < labels.width + Math.min(dx, 0); x++) {
      result.data[y * labels.width + x] = labels.data[(y - dy) * labels.width + x - dx];
    }
  }
  return result;
}

/** Repeats every pixel in both directions. */
export function enlarged(labels: LabelImage, factor: number): LabelImage {
  const result = empty(labels.height * factor, labels.width * factor);
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      const source = Math.floor(y / factor) * labels.width + Math.floor(x / factor);
      result.data[y * result.width + x] = labels.data[source];
    }
  }
  return result;
}

/**
 * Rectangles at random places, later ones over earlier ones, with ids that are neither contiguous
 * nor in order. The generator is the plain one of Numerical Recipes, so that the reference scripts
 * in Python draw the very same image.
 */
export function rectangles(
  { seed, count, height, width, side }: Record<
    "seed" | "count" | "height" | "width" | "side",
    number
  >,
): LabelImage {
  let state = seed;
  const integer = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 65536) % below;
  };
  const labels = empty(height, width);
  for (let i = 1; i <= count; i++) {
    const [y, x, h, w] = [integer(height), integer(width), 2 + integer(side), 2 + integer(side)];
    const id = Math.imul(i, 2654435761) >>> 0;
    for (let row = y; row < Math.min(y + h, height); row++) {
      labels.data.fill(id, row * width + x, row * width + Math.min(x + w, width));
    }
  }
  return labels;
}

/** The area of each object, and of each pair of objects that share pixels, counted pixel by pixel. */
export function countedAreas(a: LabelImage, b: LabelImage): Map<string, number> {
  const areas = new Map<string, number>();
  const add = (key: string) => areas.set(key, (areas.get(key) ?? 0) + 1);
  a.data.forEach((idA, pixel) => {
    const idB = b.data[pixel];
    if (idA) add(`${idA},`);
    if (idB) add(`,${idB}`);
    if (idA && idB) add(`${idA},${idB}`);
  });
  return areas;
}

/** The ids of an image in ascending order. */
export function idsOf(labels: LabelImage): number[] {
  return [...new Set(labels.data)].filter((id) => id !== 0).sort((a, b) => a - b);
}
