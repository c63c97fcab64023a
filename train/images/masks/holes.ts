/**
 * Holes of objects: background that one object encloses.
 *
 * @module
 */

import type { LabelImage } from "../image.ts";
import { type Box, boxesOf } from "./boxes.ts";

/**
 * A label image without holes, and what they were.
 *
 * @category Masks
 */
export interface FilledLabels {
  /** The labels; those that were given where there is no hole. */
  readonly labels: LabelImage;
  /** Objects that had holes. */
  readonly objects: number;
  /** Pixels of all holes. */
  readonly pixels: number;
}

/**
 * Fills the holes of every object, as `fill_label_holes` of StarDist does: what is not of the object and
 * cannot be left towards the border of the image over sides of pixels. Only background is filled:
 * other objects in a hole stay, and what is to be ignored stays so.
 *
 * @category Masks
 */
export function fillHoles(labels: LabelImage): FilledLabels {
  const { width, data } = labels;
  let filled: Uint32Array<ArrayBuffer> | null = null;
  let [objects, pixels] = [0, 0];
  for (const [id, box] of boxesOf(labels)) {
    const holes = enclosedBy(labels, { id, box }).filter((at) => data[at] === 0);
    if (holes.length === 0) continue;
    filled ??= data.slice();
    for (const at of holes) filled[at] = id;
    objects++;
    pixels += holes.length;
  }
  return { labels: filled ? { ...labels, width, data: filled } : labels, objects, pixels };
}

/** The pixels, as indices, inside an object's box that are not of it and have no way out of the box. */
function enclosedBy(
  { width, data }: LabelImage,
  { id, box: { left, right, top, bottom } }: { id: number; box: Box },
): number[] {
  const [columns, rows] = [right - left + 1, bottom - top + 1];
  if (columns < 3 || rows < 3) return [];
  const isOutside = new Uint8Array(columns * rows);
  const stack: number[] = [];
  const leave = (x: number, y: number) => {
    if (x < 0 || y < 0 || x >= columns || y >= rows || isOutside[y * columns + x]) return;
    if (data[(top + y) * width + left + x] === id) return;
    isOutside[y * columns + x] = 1;
    stack.push(y * columns + x);
  };
  for (let x = 0; x < columns; x++) [0, rows - 1].forEach((y) => leave(x, y));
  for (let y = 0; y < rows; y++) [0, columns - 1].forEach((x) => leave(x, y));
  while (stack.length > 0) {
    const at = stack.pop()!;
    const [x, y] = [at % columns, Math.floor(at / columns)];
    leave(x - 1, y);
    leave(x + 1, y);
    leave(x, y - 1);
    leave(x, y + 1);
  }
  const enclosed: number[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = (top + y) * width + left + x;
      if (!isOutside[y * columns + x] && data[at] !== id) enclosed.push(at);
    }
  }
  return enclosed;
}
