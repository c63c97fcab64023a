/**
 * Everything that is measured on a segmented video, in one pass over its frames.
 *
 * @module
 */

import { IGNORED_LABEL, ignoringAlso, type LabelImage } from "../../images/image.ts";
import {
  detectionScore,
  type DetectionTally,
  segmentationScore,
  type SegmentationTally,
  tallyDetection,
  tallySegmentation,
} from "./ctc.ts";
import { type DotScores, scoreDots, sumDots } from "./dot_matching.ts";
import { type Flicker, flickerExcess, FlickerMeter, type FlickerRates } from "./flicker.ts";
import { type LabelPair, tallyMatches } from "./matching.ts";
import {
  type MatchingScores,
  type MatchingTally,
  scoresOf,
  sumTallies,
} from "./matching_scores.ts";
import { checkField, inField } from "../field.ts";
import { assertSameShape, objectsOf, overlapOf } from "../overlap.ts";
import { type Descent, TrackingMeter, type TrackingScores } from "./tracking.ts";

/**
 * The thresholds of intersection over union from 0.5 to 0.95, as in the StarDist papers.
 *
 * @category Scores
 */
export const IOU_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => (50 + 5 * i) / 100,
);

/**
 * One frame of a segmented video with what is known about it.
 *
 * @category Scores
 */
export interface EvaluationFrame {
  /** The frame number, larger than that of the frame before. */
  readonly number: number;
  /** The segmentation; left out where there is none, so that all true objects are missed. */
  readonly labels?: LabelImage;
  /** The true objects, where the frame is annotated. */
  readonly truth?: LabelImage;
  /** One marker per true object, for DET. */
  readonly markers?: LabelImage;
}

/**
 * What is measured in the field of interest, see {@linkcode inField}.
 *
 * @category Scores
 */
export interface FieldEvaluation
  extends Pick<Evaluation, "matching" | "mean_ap" | "ctc" | "tracking"> {
  /** Width of the rim that is left out, in pixels. */
  border: number;
}

/**
 * The measures of the Cell Tracking Challenge.
 *
 * @category Scores
 */
export interface ChallengeScores
  extends Partial<Pick<TrackingScores, "TRA" | "LNK" | "CT" | "TF">> {
  /** Segmentation; only with truth. */
  SEG?: number;
  /** Detection. */
  DET: number;
}

/**
 * All measures of a segmented video, with the keys of the JSON file that `kymo evaluate` writes.
 *
 * @category Scores
 */
export interface Evaluation {
  /** Number of frames that are segmented. */
  frames: number;
  /** Number of those without truth; only with truth. */
  frames_without_truth?: number;
  /**
   * Number of frames that are not segmented although they have truth or markers: their objects count as
   * missed, and they are no neighbours to any other frame. Only with truth or markers.
   */
  frames_without_labels?: number;
  /** Number of frames with truth, on which `matching` and SEG rest; only with truth. */
  frames_with_truth?: number;
  /**
   * What truth ignores: its pixels, and the objects that are neither right nor wrong at an intersection over
   * union of 0.5 as they lie mostly there; only where truth ignores something.
   */
  ignored?: { pixels: number; objects: number };
  /** Number of frames with markers, on which DET and `dots` rest; only with markers. */
  frames_with_markers?: number;
  /** Objects matched at each threshold "0.5", "0.55" … "0.95", pooled over frames; with truth. */
  matching?: Record<string, MatchingScores>;
  /** Mean of the ten accuracies; only with truth. */
  mean_ap?: number;
  /**
   * Cell Tracking Challenge measures: SEG with truth, DET on the markers, or else on the truth; with
   * tracks on both sides also {@linkcode TrackingScores}.
   */
  ctc?: ChallengeScores;
  /** What else is known of tracks; only with tracks on both sides. */
  tracking?: Pick<TrackingScores, "faults" | "reference" | "id_switches" | "unbroken">;
  /**
   * Markers of which the segmentation covers more than 0.4, see {@linkcode scoreDots}: counts over
   * all frames, and the mean of their accuracies as in the paper; only with markers.
   */
  dots?: DotScores & { mean_accuracy: number };
  /** Accuracy in the field of interest; only with truth or markers, and if it was asked for. */
  field?: FieldEvaluation;
  /** Flicker of the segmentation. */
  flicker: Flicker;
  /** Flicker of the truth, over pairs of consecutive frames that both have it; only with truth. */
  flicker_truth?: Flicker;
  /** Flicker of the segmentation over the same pairs as the truth's, and where that ignores nothing. */
  flicker_on_truth_pairs?: Flicker;
  /** `flicker_on_truth_pairs` minus `flicker_truth`; left out without such a pair. */
  flicker_excess?: FlickerRates;
}

/**
 * Measures a segmented video: matching at ten thresholds, SEG and DET, and flicker, ours and the
 * truth's. Frames without truth count for flicker only, and those without a segmentation for
 * accuracy only: their objects are missed. Partly annotated truth makes the rest of the objects look
 * wrong to the matching (SEG does not mind), unless truth ignores the rest, see {@linkcode overlapOf}.
 *
 * @param frames The frames in ascending order of their numbers; each is looked at once and then
 *   let go.
 * @returns All measures; those that need truth or markers are left out without them.
 * @throws {RangeError} If no frame is segmented, one has nothing at all, numbers do not ascend or sizes of
 *   neighbours differ.
 *
 * @example
 * ```ts
 * import { evaluateFrames } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { width: 2, height: 2, data: Uint32Array.of(0, 5, 0, 5) };
 * const evaluation = await evaluateFrames([{ number: 0, labels, truth: labels }]);
 * assertEquals(evaluation.matching?.["0.5"].accuracy, 1);
 * ```
 *
 * @category Scores
 */
export async function evaluateFrames(
  frames: AsyncIterable<EvaluationFrame> | Iterable<EvaluationFrame>,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  const evaluator = new Evaluator(options);
  for await (const frame of frames) evaluator.add(frame);
  return evaluator.evaluation;
}

/**
 * How {@linkcode evaluateFrames} measures.
 *
 * @category Scores
 */
export interface EvaluationOptions {
  /**
   * Width of a rim in pixels: objects of segmentation, truth and markers that lie wholly in it are left
   * out of a second measurement; with 0 there is none.
   */
  readonly field?: number;
  /** Which tracks the numbers in markers and labels are; without them tracks are not scored. */
  readonly tracks?: { readonly truth: readonly Descent[]; readonly labels: readonly Descent[] };
}

/**
 * What {@linkcode evaluateFrames} does, for a caller who has the frames one by one.
 *
 * @category Scores
 */
export class Evaluator {
  readonly #border: number;
  readonly #field: Evaluator | null;
  readonly #flicker = new FlickerMeter();
  readonly #truth = new TruthComparison();
  readonly #markers: MarkerComparison;
  #last: { width: number; height: number; number: number } | null = null;
  /** Segmented frames, those of them with truth, and frames that are not segmented. */
  #count = 0;
  #both = 0;
  #missing = 0;

  /** Starts without frames. */
  constructor({ field = 0, tracks }: EvaluationOptions = {}) {
    this.#border = field;
    this.#field = field > 0 ? new Evaluator({ tracks }) : null;
    this.#markers = new MarkerComparison(tracks ? new TrackingMeter(tracks) : null);
  }

  /**
   * Measures the next frame.
   *
   * @throws {RangeError} If its number is not above the last one's, it has neither segmentation nor truth
   *   nor markers, or sizes differ, also from a neighbour's.
   */
  add(frame: EvaluationFrame): void {
    this.#add(frame, frame);
  }

  /** Measures a frame; `whole` is the same with all of its objects, where some are beyond the field. */
  #add({ number, labels, truth, markers }: EvaluationFrame, whole: EvaluationFrame): void {
    const task = `evaluate frame ${number}`;
    const shown = labels ?? truth ?? markers;
    if (!shown) throw new RangeError(`Cannot ${task}: it has neither labels nor truth nor markers`);
    this.#checkSize(shown, number);
    const prediction = labels ?? emptyAs(shown);
    if (truth) assertSameShape({ "the segmentation": prediction, "the truth": truth }, task);
    if (markers) {
      assertSameShape({ "the segmentation": prediction, "the marker image": markers }, task);
    }
    if (this.#field) {
      const { width, height } = shown;
      checkField(this.#border, { width, height, task: "evaluate" });
    }
    if (labels) this.#flicker.add(number, labels);
    if (truth) this.#truth.add({ truth, prediction }, { number, isSegmented: !!labels });
    if (markers) {
      const known = truth ? ignoringAlso(markers, truth) : markers;
      this.#markers.add({ truth: known, prediction }, whole);
    }
    if (labels) this.#count++;
    else this.#missing++;
    if (labels && truth) this.#both++;
    const inside = (image?: LabelImage) => image && inField(image, this.#border);
    const shownInside = { labels: inside(labels), truth: inside(truth), markers: inside(markers) };
    if (this.#field) this.#field.#add({ number, ...shownInside }, whole);
  }

  /** Neighbours in time have one size; stills, which are none, have any. */
  #checkSize({ width, height }: LabelImage, number: number): void {
    const last = this.#last;
    this.#last = { width, height, number };
    if (last === null || number > last.number + 1) return;
    if (width === last.width && height === last.height) return;
    throw new RangeError(
      `Cannot evaluate: frame ${last.number} is ${last.height}x${last.width}, frame ${number} is ` +
        `${height}x${width} (height x width)`,
    );
  }

  /**
   * The measures of all frames.
   *
   * @throws {RangeError} If there was none.
   */
  get evaluation(): Evaluation {
    if (this.#count === 0) throw new RangeError("Cannot evaluate: there are no frames");
    const truth = this.#truth.frames > 0 ? this.#truth.measures : null;
    const markers = this.#markers.frames > 0 ? this.#markers.measures : null;
    return {
      frames: this.#count,
      ...((truth || markers) && { frames_without_labels: this.#missing }),
      flicker: this.#flicker.flicker,
      ...(truth && {
        frames_without_truth: this.#count - this.#both,
        frames_with_truth: this.#truth.frames,
        ...truth,
      }),
      // DET on markers replaces that on the truth.
      ...(markers && {
        frames_with_markers: this.#markers.frames,
        ctc: { ...truth?.ctc, DET: markers.detection, ...markers.ctc },
        dots: markers.dots,
        ...(markers.tracking && { tracking: markers.tracking }),
      }),
      ...((truth || markers) && this.#field && { field: this.#fieldMeasures(this.#field) }),
    };
  }

  #fieldMeasures({ evaluation }: Evaluator): FieldEvaluation {
    const { matching, mean_ap, ctc, tracking } = evaluation;
    return {
      border: this.#border,
      ...(matching && { matching, mean_ap }),
      ...(ctc && { ctc }),
      ...(tracking && { tracking }),
    };
  }
}

function emptyAs({ width, height }: LabelImage): LabelImage {
  return { width, height, data: new Uint32Array(width * height) };
}

/** Adds up what needs truth, over the frames that have it. */
class TruthComparison {
  #matching: MatchingTally[][] = IOU_THRESHOLDS.map(() => []);
  #segmentation: SegmentationTally[] = [];
  #detection: DetectionTally[] = [];
  #ignored = { pixels: 0, objects: 0 };
  #flicker = new FlickerMeter();
  #truthFlicker = new FlickerMeter();

  get frames(): number {
    return this.#segmentation.length;
  }

  add(
    { truth, prediction }: LabelPair,
    { number, isSegmented }: { number: number; isSegmented: boolean },
  ): void {
    const overlap = overlapOf(truth, prediction);
    IOU_THRESHOLDS.forEach((threshold, i) => {
      this.#matching[i].push(tallyMatches(overlap, { threshold }));
    });
    this.#segmentation.push(tallySegmentation(overlap));
    this.#detection.push(tallyDetection(overlap));
    this.#ignored.pixels += truth.data.reduce((n, id) => n + (id === IGNORED_LABEL ? 1 : 0), 0);
    this.#ignored.objects += overlap.second.ids.length - this.#matching[0].at(-1)!.n_pred;
    if (!isSegmented) return;
    this.#flicker.add(number, ignoringAlso(prediction, truth));
    this.#truthFlicker.add(number, truth);
  }

  get measures(): Partial<Evaluation> {
    const scores = this.#matching.map((tallies) => scoresOf(sumTallies(tallies)));
    const ours = this.#flicker.flicker;
    const truth = this.#truthFlicker.flicker;
    return {
      matching: Object.fromEntries(
        IOU_THRESHOLDS.map((threshold, i) => [`${threshold}`, scores[i]]),
      ),
      mean_ap: scores.reduce((sum, { accuracy }) => sum + accuracy, 0) / scores.length,
      ctc: {
        SEG: segmentationScore(this.#segmentation),
        DET: detectionScore(this.#detection),
      },
      ...(this.#ignored.pixels > 0 && { ignored: this.#ignored }),
      flicker_truth: truth,
      flicker_on_truth_pairs: ours,
      ...(truth.pairs > 0 && { flicker_excess: flickerExcess(ours, truth) }),
    };
  }
}

/** Adds up what needs markers, over the frames that have them. */
class MarkerComparison {
  readonly #meter: TrackingMeter | null;
  #detection: DetectionTally[] = [];
  #dots: DotScores[] = [];

  constructor(meter: TrackingMeter | null) {
    this.#meter = meter;
  }

  get frames(): number {
    return this.#detection.length;
  }

  add({ truth, prediction }: LabelPair, { number, labels, markers }: EvaluationFrame): void {
    const overlap = overlapOf(truth, prediction);
    const idsOf = (image?: LabelImage) => image ? objectsOf(image).ids : [];
    const all = { truth: idsOf(markers), labels: idsOf(labels) };
    this.#meter?.add({ number, overlap, all });
    this.#detection.push(tallyDetection(overlap));
    this.#dots.push(scoreDots(overlap));
  }

  get measures(): {
    detection: number;
    dots: NonNullable<Evaluation["dots"]>;
    ctc?: Partial<ChallengeScores>;
    tracking?: Evaluation["tracking"];
  } {
    const measures = { detection: detectionScore(this.#detection), dots: sumDots(this.#dots) };
    if (this.#meter === null) return measures;
    const { TRA, LNK, CT, TF, ...tracking } = this.#meter.scores;
    return { ...measures, ctc: { TRA, LNK, CT, TF }, tracking };
  }
}
