/**
 * The objects of a frame as tracking sees them: where they are, how large, and which pixels they have.
 *
 * @module
 */

import { isObject, type LabelImage, type Shift } from "../../images/image.ts";

/**
 * An object of one frame.
 *
 * @category Sequences
 */
export interface SeenObject {
  /** Its number in the frame. */
  readonly label: number;
  /** Its pixels. */
  readonly area: number;
  /** The row of its centre. */
  readonly y: number;
  /** The column of its centre. */
  readonly x: number;
  /** Whether it touches the edge of the frame. */
  readonly border: boolean;
  /** Its pixels as rows of runs: `y`, first `x`, `x` behind the last, one after the other. */
  readonly runs: Int32Array<ArrayBuffer>;
}

/**
 * The objects of a frame in the order of their first pixels, row by row: an order that does not depend
 * on their numbers.
 *
 * @example
 * ```ts
 * import { seenObjects } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { width: 3, height: 2, data: Uint32Array.of(0, 7, 7, 2, 0, 0) };
 * assertEquals(seenObjects(labels).map(({ label, y, x }) => [label, y, x]), [[7, 0, 1.5], [2, 1, 0]]);
 * ```
 *
 * @category Sequences
 */
export function seenObjects({ width, height, data }: LabelImage): SeenObject[] {
  const runs = new Map<number, number[]>();
  for (let y = 0, at = 0; y < height; y++) {
    const end = at + width;
    while (at < end) {
      const label = data[at];
      const start = at;
      while (at < end && data[at] === label) at++;
      if (!isObject(label)) continue;
      const known = runs.get(label);
      const first = start - y * width;
      if (known) known.push(y, first, first + at - start);
      else runs.set(label, [y, first, first + at - start]);
    }
  }
  return Array.from(runs, ([label, list]) => objectOfRuns(label, list, { width, height }));
}

/** The object that has some runs of pixels. */
export function objectOfRuns(
  label: number,
  runs: ArrayLike<number>,
  { width, height }: { width: number; height: number },
): SeenObject {
  let [area, sumY, sumX, border] = [0, 0, 0, false];
  for (let i = 0; i < runs.length; i += 3) {
    const [y, from, to] = [runs[i], runs[i + 1], runs[i + 2]];
    const length = to - from;
    area += length;
    sumY += length * y;
    sumX += length * (from + to - 1) / 2;
    border ||= y === 0 || y === height - 1 || from === 0 || to === width;
  }
  return { label, area, y: sumY / area, x: sumX / area, border, runs: Int32Array.from(runs) };
}

/** The diameter of a disc of some area. */
export function diameterOf(area: number): number {
  return Math.sqrt(4 * area / Math.PI);
}

/** The value in the middle of some; NaN without any. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The pixels of each object that lie under another one's, which is moved by whole pixels. */
export function overlapWith(
  { runs }: Pick<SeenObject, "runs">,
  { data, width, height }: LabelImage,
  shift: Shift,
): Map<number, number> {
  const [down, right] = [Math.round(shift.y), Math.round(shift.x)];
  const shared = new Map<number, number>();
  for (let i = 0; i < runs.length; i += 3) {
    const y = runs[i] + down;
    if (y < 0 || y >= height) continue;
    const end = y * width + Math.min(width, runs[i + 2] + right);
    let at = y * width + Math.max(0, runs[i + 1] + right);
    while (at < end) {
      const label = data[at];
      const start = at;
      while (at < end && data[at] === label) at++;
      if (isObject(label)) shared.set(label, (shared.get(label) ?? 0) + at - start);
    }
  }
  return shared;
}

/** Whether an object lies within some pixels of the edge of its frame. */
export function isWithin(
  way: number,
  { object: { border, runs }, width, height }: {
    object: SeenObject;
    width: number;
    height: number;
  },
): boolean {
  if (border) return true;
  for (let i = 0; i < runs.length; i += 3) {
    if (runs[i] < way || runs[i] >= height - way) return true;
    if (runs[i + 1] < way || runs[i + 2] > width - way) return true;
  }
  return false;
}
