/**
 * By how much a frame is shifted against the one before: of a stage that drifts, a table that is knocked,
 * a field that is left.
 *
 * @module
 */

import type { Plane, Shift } from "../image.ts";

/** What lies between two frames. */
export interface FrameShift extends Shift {
  /** How alike the frames are along rows and columns once they are shifted back: up to 1. */
  readonly likeness: number;
}

/** The means of a frame's columns and rows. */
export interface Profiles {
  /** Of each column. */
  readonly columns: Float64Array;
  /** Of each row. */
  readonly rows: Float64Array;
}

/** The furthest that is looked for, as a share of a side, and in pixels. */
const FURTHEST = { share: 1 / 4, pixels: 64 };

/** The means of a frame's columns and rows. */
export function profilesOf({ width, height, data }: Plane): Profiles {
  const columns = new Float64Array(width);
  const rows = new Float64Array(height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      columns[x] += data[i] / height;
      rows[y] += data[i] / width;
    }
  }
  return { columns, rows };
}

/**
 * The shift in whole pixels at which the means of columns, and those of rows, are correlated best; the
 * smallest of equals.
 */
export function shiftBetween(before: Profiles, after: Profiles): FrameShift {
  const x = bestShift(before.columns, after.columns);
  const y = bestShift(before.rows, after.rows);
  return { x: x.shift, y: y.shift, likeness: (x.likeness + y.likeness) / 2 };
}

function bestShift(
  before: Float64Array,
  after: Float64Array,
): { shift: number; likeness: number } {
  const most = Math.min(FURTHEST.pixels, Math.floor(FURTHEST.share * before.length));
  let best = { shift: 0, likeness: correlation(before, after, 0) };
  for (let away = 1; away <= most; away++) {
    for (const shift of [away, -away]) {
      const likeness = correlation(before, after, shift);
      if (likeness > best.likeness) best = { shift, likeness };
    }
  }
  return best;
}

/** Pearson's correlation of what overlaps; 0 where one of them is even. */
function correlation(before: Float64Array, after: Float64Array, shift: number): number {
  const from = Math.max(0, -shift);
  const to = Math.min(before.length, after.length - shift);
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  const count = to - from;
  for (let i = from; i < to; i++) {
    a += before[i];
    b += after[i + shift];
  }
  for (let i = from; i < to; i++) {
    const [u, v] = [before[i] - a / count, after[i + shift] - b / count];
    aa += u * u;
    bb += v * v;
    ab += u * v;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
