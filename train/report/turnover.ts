/**
 * Which objects appear and vanish from one frame to the next.
 *
 * @module
 */

import type { LabelImage } from "../data/image.ts";

/** The overlap (intersection over union) from which two objects count as the same one. */
const SAME = 0.1;

/** Ids of objects without a counterpart in the neighbouring frame. */
export interface Turnover {
  /** Ids of the later frame that overlap nothing in the earlier one. */
  readonly appeared: ReadonlySet<number>;
  /** Ids of the earlier frame that overlap nothing in the later one. */
  readonly vanished: ReadonlySet<number>;
}

/**
 * Compares two consecutive frames. An object without any counterpart of IoU ≥ 0.1 has appeared or
 * vanished. Objects that touch the border are left out, since they may come and go for real; they
 * still count as counterparts.
 *
 * @throws {RangeError} if the two label images differ in size.
 */
export function findTurnover(earlier: LabelImage, later: LabelImage): Turnover {
  if (earlier.width !== later.width || earlier.height !== later.height) {
    throw new RangeError(
      `Cannot compare two frames: one has ${earlier.width}×${earlier.height} pixels, ` +
        `the next ${later.width}×${later.height}`,
    );
  }
  const appeared = innerObjects(later);
  const vanished = innerObjects(earlier);
  const [before, after] = [areas(earlier), areas(later)];
  for (const [a, row] of overlaps(earlier, later)) {
    for (const [b, shared] of row) {
      if (shared / (before.get(a)! + after.get(b)! - shared) < SAME) continue;
      vanished.delete(a);
      appeared.delete(b);
    }
  }
  return { appeared, vanished };
}

/** Pixels of every object, ids in raster order of their first pixel. */
export function areas({ data }: LabelImage): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of data) {
    if (id !== 0) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function overlaps(earlier: LabelImage, later: LabelImage): Map<number, Map<number, number>> {
  const shared = new Map<number, Map<number, number>>();
  earlier.data.forEach((a, i) => {
    const b = later.data[i];
    if (a === 0 || b === 0) return;
    const row = shared.get(a) ?? new Map<number, number>();
    shared.set(a, row.set(b, (row.get(b) ?? 0) + 1));
  });
  return shared;
}

function innerObjects(labels: LabelImage): Set<number> {
  const { width, height, data } = labels;
  const ids = new Set(areas(labels).keys());
  for (let x = 0; x < width; x++) {
    ids.delete(data[x]);
    ids.delete(data[(height - 1) * width + x]);
  }
  for (let y = 0; y < height; y++) {
    ids.delete(data[y * width]);
    ids.delete(data[y * width + width - 1]);
  }
  return ids;
}
