/**
 * Where samples are augmented: here, or by somebody who has time, as a worker has. The result is the same
 * to the bit, as all that is random has been drawn before.
 *
 * @module
 */

import type { Sample } from "../../images/sample.ts";
import { applyAugmentation, type AugmentationDraw } from "./augment.ts";

/**
 * A sample and what is done to it.
 *
 * @category Batches
 */
export interface AugmentationTask {
  /** The sample; whoever augments may change it. */
  readonly sample: Sample;
  /** What was drawn. */
  readonly draw: AugmentationDraw;
  /** The number of its noise among samples that share a draw; 0 unless told. */
  readonly frame?: number;
}

/**
 * Applies draws to samples, in their order.
 *
 * @category Batches
 */
export type Augmenter = (tasks: readonly AugmentationTask[]) => Sample[] | Promise<Sample[]>;

/**
 * Augments on this thread.
 *
 * @category Batches
 */
export function augmentHere(tasks: readonly AugmentationTask[]): Sample[] {
  return tasks.map(({ sample, draw, frame }) => applyAugmentation(draw, sample, { frame }));
}
