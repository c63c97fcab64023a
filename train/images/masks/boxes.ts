/**
 * Where the objects of a label image lie.
 *
 * @module
 */

import { isObject, type LabelImage } from "../image.ts";

/** A rectangle of pixels: first and last column and row. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The smallest rectangle around each object, by its number. */
export function boxesOf({ width, data }: LabelImage): Map<number, Box> {
  const boxes = new Map<number, Box>();
  for (let at = 0; at < data.length; at++) {
    const id = data[at];
    if (!isObject(id)) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    const box = boxes.get(id);
    if (!box) {
      boxes.set(id, { left: x, right: x, top: y, bottom: y });
      continue;
    }
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.bottom = y;
  }
  return boxes;
}
