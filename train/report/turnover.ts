/**
 * Which objects appear and vanish from one frame to the next.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import { overlapOf } from "../objects/overlap.ts";
import { sameObjects } from "../objects/same_object.ts";

/** Ids of objects without a counterpart in the neighbouring frame. */
export interface Turnover {
  /** Ids of the later frame that match nothing in the earlier one. */
  readonly appeared: ReadonlySet<number>;
  /** Ids of the earlier frame that match nothing in the later one. */
  readonly vanished: ReadonlySet<number>;
}

/**
 * Finds the births and deaths that the flicker rates count: objects without any counterpart of IoU
 * at least 0.1. Objects that touch the border are left out, since they come and go for real; they
 * still are counterparts.
 *
 * @throws {RangeError} if the two label images differ in size.
 */
export function findTurnover(earlier: LabelImage, later: LabelImage): Turnover {
  const overlap = overlapOf(earlier, later);
  const vanished = new Set(overlap.first.ids);
  const appeared = new Set(overlap.second.ids);
  for (const pair of sameObjects(overlap)) {
    vanished.delete(overlap.first.ids[pair.first]);
    appeared.delete(overlap.second.ids[pair.second]);
  }
  for (const index of overlap.ignored.first) vanished.delete(overlap.first.ids[index]);
  for (const index of overlap.ignored.second) appeared.delete(overlap.second.ids[index]);
  deleteAtBorder(vanished, earlier);
  deleteAtBorder(appeared, later);
  return { appeared, vanished };
}

function deleteAtBorder(ids: Set<number>, { width, height, data }: LabelImage): void {
  data.forEach((id, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) ids.delete(id);
  });
}
