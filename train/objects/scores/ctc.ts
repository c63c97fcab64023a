/**
 * The segmentation and detection measures of the Cell Tracking Challenge (Maška et al. 2014,
 * Matula et al. 2015).
 *
 * A computed object matches a reference object when it covers more than half of it; so a reference
 * has at most one match, while one computed object may match several references. The challenge also
 * leaves out objects beyond a border of the image (its field of interest), which is not done here:
 * these are not its official numbers.
 *
 * @module
 */

import type { LabelPair } from "./matching.ts";
import {
  countedObjects,
  type Overlap,
  overlapOf,
  type OverlapPair,
  pairScore,
} from "../overlap.ts";

/**
 * What SEG adds up over frames.
 *
 * @category Scores
 */
export interface SegmentationTally {
  /** Sum of the intersections over union of all reference objects with their matches. */
  readonly iou: number;
  /** Number of reference objects. */
  readonly references: number;
}

/**
 * What DET adds up over frames.
 *
 * @category Scores
 */
export interface DetectionTally {
  /** Number of reference objects. */
  readonly references: number;
  /** References without a match (false negatives). */
  readonly missed: number;
  /** Computed objects that match no reference (false positives), but for those where truth is ignored. */
  readonly extra: number;
  /** Splits needed: a computed object that matches k references counts k − 1. */
  readonly splits: number;
}

/** Costs of the operations that turn computed markers into the reference ones (AOGM). */
const SPLIT_COST = 5;
const MISS_COST = 10;
const EXTRA_COST = 1;

/**
 * SEG: the mean over all reference objects of all frames of the intersection over union with their
 * match, 0 for those without one. Extra computed objects cost nothing.
 *
 * @param frames The annotated frames only; each is looked at once, in order.
 * @returns A number in [0, 1]; 0 without any reference object.
 * @throws {RangeError} If the sizes of a pair differ.
 * @category Scores
 */
export function ctcSegmentation(frames: Iterable<LabelPair>): number {
  const tallies = Array.from(
    frames,
    ({ truth, prediction }) => tallySegmentation(overlapOf(truth, prediction)),
  );
  return segmentationScore(tallies);
}

/**
 * DET: 1 − min(AOGM, AOGM₀) / AOGM₀ with AOGM = 5 splits + 10 missed + 1 extra and
 * AOGM₀ = 10 references, over all frames together.
 *
 * @param frames Frames with one marker (or mask) per reference object as truth; each is looked at
 *   once, in order.
 * @returns A number in [0, 1]; 0 without any reference object.
 * @throws {RangeError} If the sizes of a pair differ.
 * @category Scores
 */
export function ctcDetection(frames: Iterable<LabelPair>): number {
  const tallies = Array.from(
    frames,
    ({ truth, prediction }) => tallyDetection(overlapOf(truth, prediction)),
  );
  return detectionScore(tallies);
}

/**
 * Counts one frame for SEG.
 *
 * @param overlap The overlap of the reference (first) with the computed objects (second).
 * @returns What {@linkcode segmentationScore} adds up.
 * @category Scores
 */
export function tallySegmentation(overlap: Overlap): SegmentationTally {
  const matches = matchingPairs(overlap);
  const iou = matches.reduce((sum, pair) => sum + pairScore(overlap, pair), 0);
  return { iou, references: overlap.first.ids.length };
}

/**
 * Counts one frame for DET.
 *
 * @param overlap The overlap of the reference (first) with the computed objects (second).
 * @returns What {@linkcode detectionScore} adds up.
 * @category Scores
 */
export function tallyDetection(overlap: Overlap): DetectionTally {
  const references = overlap.first.ids.length;
  const found = matchingPairs(overlap);
  const finders = new Set(found.map((pair) => overlap.second.ids[pair.second]));
  return {
    references,
    missed: references - found.length,
    extra: countedObjects(overlap, "second", (id) => finders.has(id)) - finders.size,
    splits: found.length - finders.size,
  };
}

/**
 * SEG from the counts of all annotated frames.
 *
 * @param tallies The counts of each frame.
 * @returns A number in [0, 1]; 0 without any reference object.
 * @category Scores
 */
export function segmentationScore(tallies: readonly SegmentationTally[]): number {
  const references = sum(tallies.map((tally) => tally.references));
  return references === 0 ? 0 : sum(tallies.map((tally) => tally.iou)) / references;
}

/**
 * DET from the counts of all frames.
 *
 * @param tallies The counts of each frame.
 * @returns A number in [0, 1]; 0 without any reference object.
 * @category Scores
 */
export function detectionScore(tallies: readonly DetectionTally[]): number {
  const fromNothing = MISS_COST * sum(tallies.map((tally) => tally.references));
  if (fromNothing === 0) return 0;
  const cost = sum(
    tallies.map((tally) =>
      SPLIT_COST * tally.splits + MISS_COST * tally.missed + EXTRA_COST * tally.extra
    ),
  );
  return 1 - Math.min(cost, fromNothing) / fromNothing;
}

/** The pairs whose computed object covers more than half of the reference, exactly half not being enough. */
function matchingPairs({ first, pairs }: Overlap): OverlapPair[] {
  return pairs.filter((pair) => 2 * pair.area > first.areas[pair.first]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
