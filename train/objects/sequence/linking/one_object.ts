/**
 * Pieces that turn out to be one object: a network cuts an object in two for some frames, which looks like a
 * division until it is whole again.
 *
 * @module
 */

import type { LabelImage } from "../../../images/image.ts";
import type { Candidate } from "./link_frame.ts";
import { overlapWith, type SeenObject } from "../seen_object.ts";

/** The share of a piece that must lie under the whole. */
const COVERED = 0.5;
/** The area of the whole is at most so many times more or less than that of its pieces together. */
const SUM_RATIO = 1.4;

/**
 * Whether pieces are one object now: it covers most of each of them, where they are expected, and their areas
 * add up to its own.
 */
export function areOne(
  pieces: readonly Candidate[],
  { labels, whole }: { labels: LabelImage; whole: SeenObject },
): boolean {
  const ratio = whole.area / pieces.reduce((sum, { object }) => sum + object.area, 0);
  if (!(ratio <= SUM_RATIO && ratio >= 1 / SUM_RATIO)) return false;
  return pieces.every(({ object, shift }) =>
    (overlapWith(object, labels, shift).get(whole.label) ?? 0) >= COVERED * object.area
  );
}
