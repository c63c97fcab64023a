/**
 * Instance matching between truth and prediction, with the definitions of `stardist.matching`
 * (Schmidt et al. 2018, Weigert et al. 2020). What is called accuracy here is what those papers
 * call average precision.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import { assign } from "./assignment.ts";
import {
  type MatchingScores,
  type MatchingTally,
  meanScores,
  scoresOf,
  sumTallies,
} from "./matching_scores.ts";
import { countedObjects, type Criterion, type Overlap, overlapOf, pairScore } from "../overlap.ts";

/**
 * A true label image and the predicted one of the same size.
 *
 * @category Scores
 */
export interface LabelPair {
  /** The true objects. */
  readonly truth: LabelImage;
  /** The predicted objects. */
  readonly prediction: LabelImage;
}

/**
 * How to match.
 *
 * @category Scores
 */
export interface MatchingOptions {
  /** A pair counts when its score is at least this; 0.5 if left out. */
  readonly threshold?: number;
  /** The score of a pair; intersection over union if left out. */
  readonly criterion?: Criterion;
}

/**
 * How to match a set of images.
 *
 * @category Scores
 */
export interface MatchingDatasetOptions {
  /** The thresholds; there is one result for each. */
  readonly thresholds: readonly number[];
  /** The score of a pair; intersection over union if left out. */
  readonly criterion?: Criterion;
  /** Average the ratios over the images instead of pooling their objects; false if left out. */
  readonly byImage?: boolean;
}

/**
 * One true and one predicted object that were assigned to each other, by their original ids.
 *
 * @category Scores
 */
export interface ObjectMatch {
  /** Id in the true image. */
  truth: number;
  /** Id in the predicted image. */
  prediction: number;
  /** The score of the pair, 0 when they do not overlap. */
  score: number;
  /** Whether the score reaches the threshold. */
  accepted: boolean;
}

/**
 * Matches true and predicted objects one to one, so that the number of pairs at or above the
 * threshold is the largest possible and, among those, the sum of all scores.
 *
 * @param images The two label images; ids may be any.
 * @param options Threshold and criterion.
 * @returns Counts and ratios.
 * @throws {RangeError} If the sizes differ or the threshold is not a number.
 *
 * @example A square moved by half its side overlaps to a third
 * ```ts
 * import { matching } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const truth = { width: 4, height: 1, data: Uint32Array.of(7, 7, 0, 0) };
 * const prediction = { width: 4, height: 1, data: Uint32Array.of(0, 9, 9, 0) };
 * assertEquals(matching({ truth, prediction }, { threshold: 0.5 }).tp, 0);
 * assertEquals(matching({ truth, prediction }, { threshold: 0.3 }).tp, 1);
 * ```
 *
 * @category Scores
 */
export function matching(images: LabelPair, options: MatchingOptions = {}): MatchingScores {
  return scoresOf(tallyMatches(overlapOf(images.truth, images.prediction), options));
}

/**
 * Reports which objects {@linkcode matching} assigns to each other: as many pairs as the image with
 * fewer objects has, also those below the threshold.
 *
 * @param images The two label images.
 * @param options Threshold and criterion.
 * @returns The pairs in ascending order of the true id.
 * @throws {RangeError} If the sizes differ or the threshold is not a number.
 * @category Scores
 */
export function matchObjects(images: LabelPair, options: MatchingOptions = {}): ObjectMatch[] {
  return assignObjects(overlapOf(images.truth, images.prediction), options);
}

/**
 * Matches a set of images at several thresholds; the overlap of each pair is computed once.
 *
 * @param images The pairs of label images; each pair is looked at once, in order.
 * @param options Thresholds, criterion, and whether to pool objects or to average over images. In
 *   an average an image without matches counts 0, also one that is rightly empty.
 * @returns One result per threshold, in their order.
 * @throws {RangeError} If the sizes of a pair differ or a threshold is not a number.
 * @category Scores
 */
export function matchingDataset(
  images: Iterable<LabelPair>,
  options: MatchingDatasetOptions,
): MatchingScores[] {
  const { thresholds, criterion, byImage = false } = options;
  const tallies: MatchingTally[][] = thresholds.map(() => []);
  for (const { truth, prediction } of images) {
    const overlap = overlapOf(truth, prediction);
    thresholds.forEach((threshold, i) => {
      tallies[i].push(tallyMatches(overlap, { threshold, criterion }));
    });
  }
  return tallies.map((ofImages) => byImage ? meanScores(ofImages) : scoresOf(sumTallies(ofImages)));
}

/**
 * Counts the matches of one image. Objects more than half of which the other image ignores count only
 * where they match.
 *
 * @param overlap The overlap of the true image (first) with the predicted one (second).
 * @param options Threshold and criterion.
 * @returns The counts that {@linkcode sumTallies} adds and {@linkcode scoresOf} turns into ratios.
 * @throws {RangeError} If the threshold is not a number.
 * @category Scores
 */
export function tallyMatches(overlap: Overlap, options: MatchingOptions = {}): MatchingTally {
  const accepted = assignObjects(overlap, options).filter((match) => match.accepted);
  const found = new Set(accepted.map((match) => match.truth));
  const right = new Set(accepted.map((match) => match.prediction));
  return {
    tp: accepted.length,
    n_true: countedObjects(overlap, "first", (id) => found.has(id)),
    n_pred: countedObjects(overlap, "second", (id) => right.has(id)),
    score: accepted.reduce((sum, match) => sum + match.score, 0),
  };
}

function assignObjects(overlap: Overlap, options: MatchingOptions): ObjectMatch[] {
  const { threshold = 0.5, criterion = "iou" } = options;
  if (Number.isNaN(threshold)) {
    throw new RangeError("Cannot match objects: the threshold is NaN, expected a number");
  }
  const { first, second } = overlap;
  const count = Math.min(first.ids.length, second.ids.length);
  const scores = new Map<number, Map<number, number>>();
  const edges = overlap.pairs.map((pair) => {
    const score = pairScore(overlap, pair, { criterion });
    const row = scores.get(pair.first) ?? new Map<number, number>();
    scores.set(pair.first, row.set(pair.second, score));
    // At a threshold of 0 every pair counts, also one without overlap: nothing tells them apart.
    const hit = threshold > 0 && score >= threshold ? 1 : 0;
    return { row: pair.first, column: pair.second, gain: hit + score / (2 * count) };
  });
  const columnOf = assign(edges, { rows: first.ids.length, columns: second.ids.length });
  completeAssignment(columnOf, second.ids.length);

  const matches: ObjectMatch[] = [];
  columnOf.forEach((column, row) => {
    if (column === -1) return;
    const score = scores.get(row)?.get(column) ?? 0;
    const accepted = score >= threshold;
    matches.push({ truth: first.ids[row], prediction: second.ids[column], score, accepted });
  });
  return matches;
}

/** Pairs the rows and columns that are left over, in order: none of them overlap. */
function completeAssignment(columnOf: Int32Array<ArrayBuffer>, columns: number): void {
  const taken = new Set(columnOf);
  let free = 0;
  for (let row = 0; row < columnOf.length; row++) {
    if (columnOf[row] !== -1) continue;
    while (taken.has(free)) free++;
    if (free === columns) return;
    columnOf[row] = free++;
  }
}
