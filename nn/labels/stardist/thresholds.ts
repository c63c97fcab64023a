/**
 * The choice of the two thresholds with which a StarDist network finds most: of probability, by a
 * golden-section search for each overlap threshold.
 *
 * @module
 */

/**
 * The thresholds of a StarDist network.
 *
 * @category Labels and targets
 */
export interface RayThresholds {
  /** Pixels propose an object when they are more probable than this. */
  readonly prob: number;
  /** Of two objects that overlap by more than this, the less probable one goes. */
  readonly nms: number;
}

/**
 * The thresholds of a network for which none were chosen, those of StarDist.
 *
 * @category Labels and targets
 */
export const defaultRayThresholds: RayThresholds = { prob: 0.5, nms: 0.4 };

/**
 * What is searched.
 *
 * @category Labels and targets
 */
export interface ThresholdSearch {
  /** The highest probability in all maps: the search is between half of it and itself. */
  maxProb: number;
  /** The overlap thresholds to try; 0.3, 0.4 and 0.5 if left out. */
  nms?: readonly number[];
  /** How small the searched interval becomes, relative to its place; 0.01 if left out. */
  tolerance?: number;
  /** The most steps of each search; 20 if left out. */
  maxSteps?: number;
}

/** The probability threshold and its score that a search has come to. */
interface Found {
  prob: number;
  score: number;
}

/** The shorter part of an interval in the golden section. */
const SHORT = (3 - Math.sqrt(5)) / 2;

/**
 * Searches the thresholds with the highest score, as StarDist does with scipy's `golden`.
 *
 * @param score The score of a pair of thresholds on validation images, such as the mean accuracy over
 *   IoU thresholds 0.3, 0.5 and 0.7. It is asked once for each pair.
 * @param search Where to search.
 * @returns The thresholds and their score; of equal scores, those of the first overlap threshold.
 * @throws {RangeError} If `maxProb` is no probability, there is no overlap threshold, or a score is NaN.
 *
 * @example
 * ```ts
 * import { optimizeThresholds } from "@kymo/kymo/labels";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const score = ({ prob, nms }: { prob: number; nms: number }) =>
 *   1 - Math.abs(prob - 0.6) - Math.abs(nms - 0.4);
 * const best = await optimizeThresholds(score, { maxProb: 0.9 });
 * assertEquals(best.nms, 0.4);
 * assertAlmostEquals(best.prob, 0.6, 0.01);
 * ```
 *
 * @category Labels and targets
 */
export async function optimizeThresholds(
  score: (thresholds: RayThresholds) => number | Promise<number>,
  { maxProb, nms = [0.3, 0.4, 0.5], tolerance = 0.01, maxSteps = 20 }: ThresholdSearch,
): Promise<RayThresholds & { score: number }> {
  if (!(maxProb >= 0 && maxProb <= 1) || nms.length === 0) {
    throw new RangeError(
      `Cannot search thresholds: the highest probability is ${maxProb}, with ${nms.length} overlap ` +
        `thresholds, expected a probability and at least one of them`,
    );
  }
  let best = { ...defaultRayThresholds, score: -Infinity };
  for (const overlap of nms) {
    const ask = async (prob: number) => {
      const result = await score({ prob, nms: overlap });
      if (!Number.isNaN(result)) return result;
      throw new RangeError(
        `Cannot search thresholds: the score of probability ${prob} and overlap ${overlap} is NaN, ` +
          `expected a number`,
      );
    };
    const found = await searchGolden(ask, { maxProb, tolerance, maxSteps });
    if (found.score > best.score) best = { ...found, nms: overlap };
  }
  return best;
}

/**
 * Golden-section search for the maximum between `maxProb / 2` and `maxProb`.
 *
 * Scipy first extends the interval beyond its better end until the score falls; as probabilities are
 * clipped to the interval, it does so once, and the score there is that of the end. Where two scores
 * are equal, the search goes on between the worse end and the second.
 */
async function searchGolden(
  ask: (prob: number) => Promise<number>,
  { maxProb, tolerance, maxSteps }: Required<Omit<ThresholdSearch, "nms">>,
): Promise<Found> {
  const [low, high] = [maxProb / 2, maxProb];
  const scores = new Map<number, number>();
  const look = async (place: number): Promise<Found & { place: number }> => {
    const prob = Math.min(Math.max(place, low), high);
    const score = scores.get(prob) ?? await ask(prob);
    scores.set(prob, score);
    return { place, prob, score };
  };
  let [worse, better] = [await look(low), await look(high)];
  if (worse.score > better.score) [worse, better] = [better, worse];
  let start = worse.place;
  let end = better.place + (better.place - worse.place) * (1 - SHORT) / SHORT;
  let first = better;
  let second = await look(first.place + SHORT * (end - first.place));
  for (let step = 0; step < maxSteps; step++) {
    const size = Math.abs(first.place) + Math.abs(second.place);
    if (Math.abs(end - start) <= tolerance * size) break;
    if (second.score > first.score) {
      start = first.place;
      first = second;
      second = await look(SHORT * end + (1 - SHORT) * first.place);
    } else {
      end = second.place;
      second = first;
      first = await look(SHORT * start + (1 - SHORT) * second.place);
    }
  }
  const { prob, score } = second.score >= first.score ? second : first;
  return { prob, score };
}
