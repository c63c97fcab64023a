/**
 * How stacks are read by a focus classifier.
 *
 * @module
 */

import type { FocusPlaneOptions } from "../../../nn/labels/focus.ts";

/** What prediction must repeat; stored with the weights. */
export interface FocusReading extends FocusPlaneOptions {
  /** The percentile of a stack that becomes 0. */
  readonly low: number;
  /** The percentile of a stack that becomes 1. */
  readonly high: number;
}

/** Checks the percentiles of a {@linkcode FocusReading}. */
export function checkPercentiles({ low, high }: Pick<FocusReading, "low" | "high">): void {
  if (low >= 0 && low < high && high <= 100) return;
  throw new RangeError(
    `Cannot normalise stacks: the percentiles are ${low} and ${high}, expected 0 ≤ low < high ≤ 100`,
  );
}
