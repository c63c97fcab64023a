/**
 * Which objects of two frames are the same one. Flicker, the temporal filter and the report's drawings
 * all go by this.
 *
 * @module
 */

import { type Overlap, type OverlapPair, pairScore } from "./overlap.ts";

/**
 * From this intersection over union on, objects of two frames count as the same one.
 *
 * @category Objects
 */
export const SAME_OBJECT_IOU = 0.1;

/**
 * Two objects that count as the same one.
 *
 * @category Objects
 */
export interface SamePair extends OverlapPair {
  /** Their intersection over union. */
  readonly iou: number;
}

/**
 * The pairs of objects that count as the same one in two frames. An object may be in several pairs.
 *
 * @param overlap The overlap of the two frames.
 * @returns The pairs with an intersection over union of at least {@linkcode SAME_OBJECT_IOU}, in the
 * order of the overlap's.
 *
 * @category Objects
 */
export function sameObjects(overlap: Overlap): SamePair[] {
  return overlap.pairs.flatMap((pair) => {
    const iou = pairScore(overlap, pair);
    return iou >= SAME_OBJECT_IOU ? [{ ...pair, iou }] : [];
  });
}
