/**
 * From counted matches to the ratios of a matching.
 *
 * @module
 */

/**
 * The counts and ratios of a matching. Every ratio is 0 where its denominator or `tp` is 0.
 *
 * @category Scores
 */
export interface MatchingScores {
  /** True positives: matched pairs. */
  tp: number;
  /** False positives: predicted objects without a match. */
  fp: number;
  /** False negatives: true objects without a match. */
  fn: number;
  /** Number of true objects. */
  n_true: number;
  /** Number of predicted objects. */
  n_pred: number;
  /** tp / (tp + fp). */
  precision: number;
  /** tp / (tp + fn). */
  recall: number;
  /** tp / (tp + fp + fn), the average precision of the StarDist papers. */
  accuracy: number;
  /** 2 tp / (2 tp + fp + fn). */
  f1: number;
  /** Sum of the matched scores / n_true. */
  mean_true_score: number;
  /** Sum of the matched scores / tp. */
  mean_matched_score: number;
  /** Sum of the matched scores / (tp + fp / 2 + fn / 2) (Kirillov et al. 2019). */
  panoptic_quality: number;
}

/**
 * What is added up over images before ratios are taken.
 *
 * @category Scores
 */
export interface MatchingTally {
  /** Number of matched pairs. */
  readonly tp: number;
  /** Number of true objects. */
  readonly n_true: number;
  /** Number of predicted objects. */
  readonly n_pred: number;
  /** Sum of the scores of the matched pairs. */
  readonly score: number;
}

/**
 * Adds counts of several images.
 *
 * @param tallies The counts of each image.
 * @returns Their sums; all 0 for none.
 * @category Scores
 */
export function sumTallies(tallies: Iterable<MatchingTally>): MatchingTally {
  const sum = { tp: 0, n_true: 0, n_pred: 0, score: 0 };
  for (const tally of tallies) {
    sum.tp += tally.tp;
    sum.n_true += tally.n_true;
    sum.n_pred += tally.n_pred;
    sum.score += tally.score;
  }
  return sum;
}

/**
 * Turns counts into ratios.
 *
 * @param tally The counts of one image or of many.
 * @returns Counts and ratios.
 * @category Scores
 */
export function scoresOf(tally: MatchingTally): MatchingScores {
  const { tp, n_true, n_pred, score } = tally;
  const fp = n_pred - tp;
  const fn = n_true - tp;
  return {
    tp,
    fp,
    fn,
    n_true,
    n_pred,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    accuracy: ratio(tp, tp + fp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    mean_true_score: ratio(score, n_true),
    mean_matched_score: ratio(score, tp),
    panoptic_quality: ratio(score, tp + fp / 2 + fn / 2),
  };
}

/**
 * Averages ratios over images, while counts are added. An image without matches counts 0, also one
 * that is rightly empty.
 *
 * @param tallies The counts of each image.
 * @returns The summed counts and the mean of each image's ratios; all 0 for none.
 * @category Scores
 */
export function meanScores(tallies: readonly MatchingTally[]): MatchingScores {
  const scores = tallies.map(scoresOf);
  const mean = (key: keyof MatchingScores) =>
    ratio(scores.reduce((sum, ofImage) => sum + ofImage[key], 0), scores.length);
  return {
    ...scoresOf(sumTallies(tallies)),
    precision: mean("precision"),
    recall: mean("recall"),
    accuracy: mean("accuracy"),
    f1: mean("f1"),
    mean_true_score: mean("mean_true_score"),
    mean_matched_score: mean("mean_matched_score"),
    panoptic_quality: mean("panoptic_quality"),
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator > 0 ? numerator / denominator : 0;
}
