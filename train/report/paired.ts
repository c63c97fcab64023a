/**
 * Differences of two models over seeds. Seeds differ more from each other than models do, so the models
 * of each seed are compared with each other, and the spread is that of the differences.
 *
 * @module
 */

import { formatSigned } from "../counted.ts";
import type { ModelResults, SeedResults } from "./results.ts";

/** A mean difference and where it lies with 95 % confidence. */
export interface PairedDifference {
  /** The mean over the seeds. */
  readonly mean: number;
  /** The lower end of the interval. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** Student's t at 97.5 %, by degrees of freedom from 1. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
/** Beyond the table the next smaller of its values, or that of the normal distribution. */
const T_OF_MANY = [[60, 1.96], [30, 2.0], [20, 2.042], [15, 2.086], [11, 2.201]] as const;

/**
 * The mean of differences and its 95 % interval by Student's t.
 *
 * @returns Null for fewer than two.
 */
export function pairedDifference(differences: readonly number[]): PairedDifference | null {
  const count = differences.length;
  if (count < 2) return null;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (count - 1) / count);
  const t = T[count - 2] ?? T_OF_MANY.find(([degrees]) => count - 1 >= degrees)![1];
  return { mean, low: mean - t * error, high: mean + t * error };
}

/** What is compared, in the order it is told. */
const FIGURES: readonly { label: string; of(results: ModelResults): number | null | undefined }[] =
  [
    { label: "AP 0.5 on stills", of: ({ stills }) => stills?.ap50 },
    { label: "AP 0.5 on the video", of: ({ video }) => video?.matching?.["0.5"].accuracy },
    { label: "mean AP on the video", of: ({ video }) => video?.mean_ap },
    { label: "objects lost", of: ({ video }) => video?.flicker.death_rate },
  ];

/**
 * How the consistent model differs from the control, seed by seed, in a sentence.
 *
 * @returns Null for fewer than two seeds that have both.
 */
export function pairedNote(seeds: readonly SeedResults[]): string | null {
  const pairs = seeds.flatMap(({ control, consistent }) =>
    control && consistent ? [{ control, consistent }] : []
  );
  const parts = FIGURES.flatMap(({ label, of }) => {
    const differences = pairs.flatMap(({ control, consistent }) => {
      const [from, to] = [of(control), of(consistent)];
      return typeof from === "number" && typeof to === "number" ? [to - from] : [];
    });
    const paired = pairedDifference(differences);
    if (paired === null) return [];
    const { mean, low, high } = paired;
    return `${label} ${formatSigned(mean)} (${formatSigned(low)} to ${formatSigned(high)})`;
  });
  if (parts.length === 0) return null;
  return `The consistent model less the control of the same seed, mean of ${pairs.length} seeds and 95 % ` +
    `interval: ${parts.join(", ")}`;
}
