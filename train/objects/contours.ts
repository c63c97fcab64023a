/**
 * Outlines of labelled objects along the edges of their pixels.
 *
 * @module
 */

import { isObject, type LabelImage } from "../images/image.ts";

/**
 * A closed polygon of `[x, y]` pixel corners, first corner not repeated. Pixel (x, y) covers the
 * square from corner (x, y) to corner (x + 1, y + 1).
 *
 * @category Objects
 */
export type Loop = readonly (readonly [x: number, y: number])[];

/** Steps along the top, right, bottom and left side of a pixel, the pixel on the right hand. */
const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;

/**
 * Traces the outline of every object by crack following.
 *
 * The object lies on the right hand: seen on a screen (y down) outer outlines run clockwise and
 * holes run counter-clockwise. An outline has a corner only where it turns. Where two pixels of one
 * object touch at a corner only, the outline stays with the pixel it is on, so they get an outline
 * each, and holes that touch at a corner share one.
 *
 * @returns For every id the loops in raster order of their first pixel, ids in the same order. The
 * loops of an object, filled by the even-odd or the non-zero rule, cover exactly its pixels.
 *
 * @example
 * ```ts ignore
 * traceContours({ width: 2, height: 1, data: Uint32Array.of(7, 7) });
 * // Map { 7 => [[[0, 0], [2, 0], [2, 1], [0, 1]]] }
 * ```
 *
 * @category Objects
 */
export function traceContours(labels: LabelImage): Map<number, Loop[]> {
  const { width, height, data } = labels;
  const contours = new Map<number, Loop[]>();
  const done = new Uint8Array(width * height); // 1 where the pixel's top side is in a loop already
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const id = data[y * width + x];
      if (!isObject(id) || done[y * width + x] || labelAt(labels, x, y - 1) === id) continue;
      const loops = contours.get(id) ?? [];
      loops.push(followLoop(labels, { x, y, done }));
      contours.set(id, loops);
    }
  }
  return contours;
}

/**
 * Follows one loop from the top side of pixel (x, y). Every loop has a top side, and the first one
 * in raster order begins at a corner: the side before it in the same row would have come first.
 */
function followLoop(labels: LabelImage, start: { x: number; y: number; done: Uint8Array }): Loop {
  const id = labelAt(labels, start.x, start.y);
  const loop: [number, number][] = [];
  let { x, y } = start;
  let side = 0;
  let turned = true;
  do {
    if (side === 0) start.done[y * labels.width + x] = 1;
    if (turned) loop.push([x + (side === 1 || side === 2 ? 1 : 0), y + (side >= 2 ? 1 : 0)]);
    const [ahead, out] = [STEPS[side], STEPS[(side + 3) % 4]];
    turned = true;
    if (labelAt(labels, x + ahead[0], y + ahead[1]) !== id) {
      side = (side + 1) % 4;
    } else if (labelAt(labels, x + ahead[0] + out[0], y + ahead[1] + out[1]) === id) {
      x += ahead[0] + out[0];
      y += ahead[1] + out[1];
      side = (side + 3) % 4;
    } else {
      x += ahead[0];
      y += ahead[1];
      turned = false;
    }
  } while (x !== start.x || y !== start.y || side !== 0);
  return loop;
}

function labelAt({ width, height, data }: LabelImage, x: number, y: number): number {
  return x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x];
}
