/**
 * Corrections of label images by hand: objects are taken out, joined, parted along a line, painted.
 *
 * @module
 */

import { connectedObjects } from "../images/masks/binary.ts";
import type { LabelImage } from "../images/image.ts";

/**
 * A point of a stroke, in pixels from the image's upper left corner: pixel (0, 0) has its middle at
 * (0.5, 0.5).
 *
 * @category Objects
 */
export type StrokePoint = readonly [x: number, y: number];

/**
 * A stroke with a round pen.
 *
 * @category Objects
 */
export interface PenStroke {
  /** Its points, one after the other. */
  readonly points: readonly StrokePoint[];
  /** The pen's width in pixels. */
  readonly width: number;
}

function changed(
  { width, height, data }: LabelImage,
  become: (label: number, i: number) => number,
): LabelImage {
  return { width, height, data: data.map(become) };
}

/** A number that no object has. */
function freshId({ data }: LabelImage): number {
  return data.reduce((most, id) => Math.max(most, id), 0) + 1;
}

/**
 * Takes an object out.
 *
 * @category Objects
 */
export function withoutObject(labels: LabelImage, id: number): LabelImage {
  return changed(labels, (label) => label === id ? 0 : label);
}

/**
 * Joins two objects; both have the number of the first then.
 *
 * @category Objects
 */
export function mergeObjects(labels: LabelImage, first: number, second: number): LabelImage {
  return changed(labels, (label) => label === second ? first : label);
}

/**
 * Parts every object that a line crosses wholly. The largest part keeps its number, the others get new ones;
 * pixels under the line go to the part that is nearest.
 *
 * @category Objects
 */
export function splitObjects(labels: LabelImage, line: readonly StrokePoint[]): LabelImage {
  const { width, height } = labels;
  const onLine = pixelsUnder(labels, { points: line, width: 1 });
  const crossed = new Set([...onLine].map((i) => labels.data[i]));
  crossed.delete(0);
  const data = labels.data.slice();
  let next = freshId(labels);
  for (const id of crossed) {
    const own = labels.data.map((label, i) => label === id && !onLine.has(i) ? 1 : 0);
    const parts = connectedObjects({ width, height, data: own }, { background: 0 }).data;
    const sizes = new Map<number, number>();
    for (const part of parts) if (part > 0) sizes.set(part, (sizes.get(part) ?? 0) + 1);
    if (sizes.size < 2) continue;
    const [largest] = [...sizes].reduce((a, b) => b[1] > a[1] ? b : a);
    const numbers = new Map(
      [...sizes.keys()].map((part) => [part, part === largest ? id : next++]),
    );
    spread(parts, { width, height, into: (i) => labels.data[i] === id });
    parts.forEach((part, i) => {
      if (part > 0) data[i] = numbers.get(part)!;
    });
  }
  return { width, height, data };
}

/** Gives pixels without a part to that of a neighbour, ring by ring. */
function spread(
  parts: Uint32Array,
  { width, height, into }: { width: number; height: number; into: (i: number) => boolean },
): void {
  for (let isGrowing = true; isGrowing;) {
    const found: [number, number][] = [];
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] > 0 || !into(i)) continue;
      const x = i % width;
      const beside = [
        x > 0 ? parts[i - 1] : 0,
        x + 1 < width ? parts[i + 1] : 0,
        i >= width ? parts[i - width] : 0,
        i + width < width * height ? parts[i + width] : 0,
      ].find((part) => part > 0);
      if (beside !== undefined) found.push([i, beside]);
    }
    for (const [i, part] of found) parts[i] = part;
    isGrowing = found.length > 0;
  }
}

/**
 * Paints with a pen: the pixels under the stroke are those of an object, or of none.
 *
 * @param id The object; 0 for none; null for a new one.
 * @category Objects
 */
export function paintObject(
  labels: LabelImage,
  stroke: PenStroke,
  id: number | null,
): LabelImage {
  const painted = pixelsUnder(labels, stroke);
  const become = id ?? freshId(labels);
  return changed(labels, (label, i) => painted.has(i) ? become : label);
}

/**
 * The pixels under a stroke: those whose middle is within half the pen's width of it; of a pen of one pixel
 * all that it passes, without a gap that a side could slip through.
 */
function pixelsUnder(
  { width, height }: LabelImage,
  { points, width: pen }: PenStroke,
): Set<number> {
  const found = new Set<number>();
  // As wide as half the diagonal of a pixel, a line has no gap between neighbours by an edge.
  const radius = Math.max(pen / 2, Math.SQRT1_2);
  points.forEach((end, k) => {
    const start = points[Math.max(0, k - 1)];
    const [left, right] = [
      Math.min(start[0], end[0]) - radius,
      Math.max(start[0], end[0]) + radius,
    ];
    const [top, bottom] = [
      Math.min(start[1], end[1]) - radius,
      Math.max(start[1], end[1]) + radius,
    ];
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
        if (distanceTo([x + 0.5, y + 0.5], start, end) <= radius) found.add(y * width + x);
      }
    }
  });
  return found;
}

/** The distance of a point from a piece of a line. */
function distanceTo([x, y]: StrokePoint, [ax, ay]: StrokePoint, [bx, by]: StrokePoint): number {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / square;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
