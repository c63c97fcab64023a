/**
 * The same object under the same number in two results: then it has the same colour, and who follows it
 * sees it in both.
 *
 * @module
 */

import type { LabelImage } from "../../../train/images/image.ts";
import { overlapOf, pairScore } from "../../../train/objects/overlap.ts";

/** The same object, by intersection over union. */
const SAME = 0.5;

/** Labels with the numbers that the same objects have in others; an object that is in none has one of its own. */
export function likeNumbered(labels: LabelImage, others: LabelImage): LabelImage {
  const overlap = overlapOf(labels, others);
  const most = Math.max(0, ...overlap.second.ids);
  const numbers = new Map(Array.from(overlap.first.ids, (id) => [id, most + id]));
  for (const pair of overlap.pairs) {
    if (pairScore(overlap, pair) <= SAME) continue;
    numbers.set(overlap.first.ids[pair.first], overlap.second.ids[pair.second]);
  }
  return { ...labels, data: labels.data.map((id) => numbers.get(id) ?? 0) };
}
