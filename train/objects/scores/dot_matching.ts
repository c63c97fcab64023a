/**
 * The object score for labels that are only dots.
 *
 * @module
 */

import { countedObjects, type Overlap, overlapOf, pairScore } from "../overlap.ts";
import type { LabelPair } from "./matching.ts";

/**
 * How much of a dot must be covered.
 *
 * @category Scores
 */
export interface DotMatchingOptions {
  /** The share of a true object's area that a prediction must exceed; 0.4 if left out. */
  readonly coverage?: number;
}

/**
 * The counts of {@linkcode dotMatching} and their ratio.
 *
 * @category Scores
 */
export interface DotScores {
  /** True objects that a prediction covers. */
  tp: number;
  /** Predicted objects that cover no true object, but for those where truth is ignored. */
  fp: number;
  /** True objects that are not covered. */
  fn: number;
  /** tp / (tp + fp + fn), 0 if there is no object. The paper averages it over images. */
  accuracy: number;
}

/**
 * Counts the true objects of which a prediction covers more than a share of the area, as the object
 * score (OLE) in Shabanov et al. 2020: their true nuclei are dots, much smaller than the predicted
 * nuclei, so that intersection over union says nothing.
 *
 * True objects take a prediction in ascending order of their ids, each prediction only once. Where
 * two predictions cover enough of the same object it takes the one with the larger id, as theirs.
 *
 * @param images The two label images.
 * @param options The share that must be exceeded.
 * @returns Counts and ratio.
 * @throws {RangeError} If the sizes differ.
 * @category Scores
 */
export function dotMatching(images: LabelPair, options: DotMatchingOptions = {}): DotScores {
  return scoreDots(overlapOf(images.truth, images.prediction), options);
}

/**
 * Scores one image, see {@linkcode dotMatching}.
 *
 * @param overlap The overlap of the true image (first) with the predicted one (second).
 * @param options The share that must be exceeded.
 * @returns Counts and ratio.
 * @category Scores
 */
export function scoreDots(
  overlap: Overlap,
  { coverage = 0.4 }: DotMatchingOptions = {},
): DotScores {
  const candidates = Map.groupBy(
    overlap.pairs.filter((pair) => pairScore(overlap, pair, { criterion: "iot" }) > coverage),
    (pair) => pair.first,
  );
  const taken = new Set<number>();
  // Pairs are sorted by the true object and then by the prediction.
  for (const pairs of candidates.values()) {
    const free = pairs.findLast((pair) => !taken.has(pair.second));
    if (free) taken.add(free.second);
  }
  const tp = taken.size;
  const right = new Set([...taken].map((i) => overlap.second.ids[i]));
  const fp = countedObjects(overlap, "second", (id) => right.has(id)) - tp;
  const fn = overlap.first.ids.length - tp;
  return scored({ tp, fp, fn });
}

/**
 * Adds up the scores of several images.
 *
 * @returns The counts of all and their ratio, and the mean of the images' ratios; 0 without images.
 * @category Scores
 */
export function sumDots(images: readonly DotScores[]): DotScores & { mean_accuracy: number } {
  const sum = (key: keyof DotScores) => images.reduce((total, scores) => total + scores[key], 0);
  const counts = { tp: sum("tp"), fp: sum("fp"), fn: sum("fn") };
  return { ...scored(counts), mean_accuracy: sum("accuracy") / Math.max(1, images.length) };
}

function scored(counts: Omit<DotScores, "accuracy">): DotScores {
  const { tp, fp, fn } = counts;
  return { ...counts, accuracy: tp === 0 ? 0 : tp / (tp + fp + fn) };
}
