/**
 * What a stage tells while it runs: plain objects, which the command line prints and `metrics.jsonl`
 * keeps.
 *
 * @module
 */

/**
 * Something a user should know.
 *
 * @category Stages
 */
export interface NoteEvent {
  /** What kind of event this is. */
  readonly type: "note" | "warning";
  /** One sentence. */
  readonly text: string;
}

/**
 * A step has been made.
 *
 * @category Stages
 */
export interface StepEvent {
  /** What kind of event this is. */
  readonly type: "step";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: string;
  /** Steps of the stage. */
  readonly steps: number;
  /** The task whose loss it followed. */
  readonly kind: string;
  /** Its loss. */
  readonly loss: number;
  /** The step, counted from 1. */
  readonly step: number;
  /** Its learning rate. */
  readonly rate: number;
}

/**
 * Losses and other figures by their names; null where there was nothing to measure them on.
 *
 * @category Stages
 */
export type Scores = Readonly<Record<string, number | null>>;

/**
 * A validation; what was measured stands beside the rest, by its name, see {@linkcode Scores}.
 *
 * @category Stages
 */
export interface ValidationEvent {
  /** What kind of event this is. */
  readonly type: "validation";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: string;
  /** Steps made before it. */
  readonly step: number;
  /** Whether its weights are the stage's result so far: not clearly worse than the best. */
  readonly isBest: boolean;
  /** False where they are that although an earlier validation was better, within the tolerance. */
  readonly isLowest?: false;
  /** Mean loss on the validation stills; null without any. */
  readonly segmentation?: number | null;
  /** Mean consistency loss on the validation pairs; null without a video. */
  readonly consistency?: number | null;
  /** Mean consistency loss on the validation pairs in depth; null without any. */
  readonly depth?: number | null;
  /** Mean probability on the validation pairs, or on the stills where there are none. */
  readonly meanProbability?: number | null;
  /** Share of pixels with a probability above one half, on the same images. */
  readonly foregroundFraction?: number | null;
  /** The score of the averaged weights, where it is better. */
  readonly averaged?: number;
  /** Share of the stacks whose plane in focus is found to within one plane. */
  readonly within?: number | null;
  /** Mean distance of the found from the labelled plane, in planes. */
  readonly distance?: number | null;
}

/**
 * Everything a stage tells.
 *
 * @category Stages
 */
export type StageRunEvent = NoteEvent | StepEvent | ValidationEvent;
