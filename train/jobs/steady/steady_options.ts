/**
 * What making a video steady is asked for, and what it tells while it runs.
 *
 * @module
 */

import type { PlaneChoice } from "../../images/series/plane_choice.ts";
import type { Source } from "../../images/source.ts";
import type { FocusFound } from "../predict/predict_focus.ts";
import type { PredictEvent } from "../predict/predict_options.ts";
import type { TrackEvent } from "../track/track_options.ts";
import type { TrainEvent } from "../train/events.ts";

/**
 * What to segment, with what and where to.
 *
 * @category Jobs
 */
export interface SteadyOptions extends PlaneChoice {
  /** A folder of frames or one TIFF stack. */
  readonly video: string;
  /** The folder of results. */
  readonly out: string;
  /** The model to begin with: a run folder, a weights file, or `builtin`, which it is unless told. */
  readonly model?: string;
  /** Labelled stills that hold it on its way: a folder, or `builtin`, which they are unless told. */
  readonly stills?: string;
  /** Go on with what was begun in the folder. */
  readonly resume?: boolean;
  /** Seed of the adaptation; 1 unless told. */
  readonly seed?: number;
  /** Rounds of the adaptation, each a batch of stills and one of video; what minutes allow unless told. */
  readonly rounds?: number;
  /**
   * By how much the video is enlarged before the model sees it; `auto` goes by the size of pixels. As it is
   * unless told.
   */
  readonly rescale?: "auto" | number;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
  /** Says when to stop. */
  readonly stop?: AbortSignal;
}

/**
 * A part of the work.
 *
 * @category Jobs
 */
export type Task = "look" | "adapt" | "compare" | "predict" | "track" | "report";

/** The parts of the work, in their order. */
export const TASKS: readonly Task[] = ["look", "adapt", "compare", "predict", "track", "report"];

/**
 * A part of the work begins, or was done before.
 *
 * @category Jobs
 */
export interface TaskEvent {
  /** What kind of event this is. */
  readonly type: "task";
  /** Which. */
  readonly task: Task;
  /** Its number, from 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
  /** Whether it was done before and is kept. */
  readonly isKept: boolean;
  /** What it does, as a sentence without a period. */
  readonly text: string;
  /** About how many seconds it and all later ones will take; null where nobody knows yet. */
  readonly secondsLeft: number | null;
}

/**
 * Something to look after: a sentence with a remedy.
 *
 * @category Jobs
 */
export interface SteadyWarning {
  /** What kind of event this is. */
  readonly type: "warning";
  /** One sentence. */
  readonly text: string;
}

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface SteadyDone {
  /** What kind of event this is. */
  readonly type: "steady";
  /** The folder of results. */
  readonly out: string;
  /** The label images, whose numbers are tracks: a folder, or a stack. */
  readonly labels: string;
  /** The page to look at. */
  readonly report: string;
  /** Which model was taken. */
  readonly chosen: "adapted" | "unadapted";
  /** The weights that were taken, or `builtin`. */
  readonly model: string;
}

/**
 * What making a video steady tells while it runs.
 *
 * @category Jobs
 */
export type SteadyEvent =
  | TrainEvent
  | PredictEvent
  | FocusFound
  | TrackEvent
  | TaskEvent
  | SteadyWarning
  | SteadyDone;
