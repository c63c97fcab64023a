/**
 * One id per object through a time-lapse.
 *
 * @module
 */

import { IGNORED_LABEL, type LabelImage } from "../../images/image.ts";
import { matchObjects } from "./matching.ts";
import { type Criterion, objectsOf } from "../overlap.ts";

/**
 * How objects of neighbouring frames are recognised.
 *
 * @category Scores
 */
export interface GroupLabelsOptions {
  /** The least score of two objects that are the same; by default any overlap is enough. */
  readonly threshold?: number;
  /** The score; intersection over union if left out. */
  readonly criterion?: Criterion;
}

/**
 * Gives matching objects of consecutive frames the same id, as `group_matching_labels` of StarDist:
 * every frame is matched to the already relabelled frame before it; an object without a match gets
 * the next id that no frame has used.
 *
 * @param frames Label images of one size in time order; they are not changed.
 * @param options Threshold (1e-10 if left out) and criterion.
 * @returns The relabelled frames; the first keeps its ids.
 * @throws {RangeError} If two frames differ in size or ids beyond 32 bits would be needed.
 * @category Scores
 */
export function groupMatchingLabels(
  frames: readonly LabelImage[],
  options: GroupLabelsOptions = {},
): LabelImage[] {
  const { threshold = 1e-10, criterion } = options;
  const grouped: LabelImage[] = [];
  let nextId = 1;
  for (const frame of frames) {
    const { ids } = objectsOf(frame);
    const groupOf = new Map<number, number>([[0, 0], [IGNORED_LABEL, IGNORED_LABEL]]);
    const before = grouped.at(-1);
    if (before) {
      const matches = matchObjects({ truth: before, prediction: frame }, { threshold, criterion });
      for (const match of matches) {
        if (match.accepted) groupOf.set(match.prediction, match.truth);
      }
    } else {
      for (const id of ids) groupOf.set(id, id);
      nextId = (ids.at(-1) ?? 0) + 1;
    }
    for (const id of ids) {
      if (!groupOf.has(id)) groupOf.set(id, nextId++);
    }
    if (nextId > IGNORED_LABEL) {
      throw new RangeError(
        `Cannot group labels: the first frame's largest id leaves no free 32-bit ids for new ` +
          `objects; relabel it from 1`,
      );
    }
    grouped.push({ ...frame, data: frame.data.map((id) => groupOf.get(id)!) });
  }
  return grouped;
}
