/**
 * Frames that know when they were taken, so that a missing one parts those around it.
 *
 * @module
 */

import type { LabelImage, Shift } from "../../images/image.ts";

/**
 * A label image of a sequence.
 *
 * @category Sequences
 */
export interface TimedFrame extends LabelImage {
  /**
   * When it was taken, a whole number: the frame after it is a neighbour where its time is one more.
   * Where it is left out, frames are neighbours in their order.
   */
  readonly time?: number;
}

/**
 * A frame of which it is known how far everything in it has moved, as from its image.
 *
 * @category Sequences
 */
export interface Moved {
  /** How far since the first frame; found from the objects where it is left out. */
  readonly shift?: Shift;
}

/** Whether a frame is the neighbour of the one that comes before it in the sequence. */
export function areNeighbours(before: TimedFrame, after: TimedFrame): boolean {
  if (before.time === undefined || after.time === undefined) return true;
  return after.time === before.time + 1;
}
