/**
 * What a training run tells while it runs: plain objects, which the command line prints and
 * `metrics.jsonl` keeps.
 *
 * @module
 */

import type { NoteEvent, StageRunEvent, StepEvent, ValidationEvent } from "../../learn/events.ts";
import type { ResultsTable } from "../../report/data.ts";
import type { InputEvent, RangeEvent } from "../progress/inputs.ts";
import type { ProgressEvent } from "../progress/progress.ts";

export type { NoteEvent, StageRunEvent, StepEvent, ValidationEvent };

/**
 * What a run is about to do, whatever it trains.
 *
 * @category Jobs
 */
export interface PlanOfSteps {
  /** What kind of event this is. */
  readonly type: "plan";
  /** Seed of the run. */
  readonly seed: number;
  /** Values in the network. */
  readonly parameters: number;
  /** GPU memory that a training step needs, in bytes. */
  readonly plannedBytes: number;
  /** Memory that the process needs besides, in bytes, about: its program, and the data that it holds. */
  readonly processBytes?: number;
  /** Stages with their numbers of steps. */
  readonly stages: readonly { stage: string; steps: number }[];
}

/**
 * What a run is about to do.
 *
 * @category Jobs
 */
export interface PlanEvent extends PlanOfSteps {
  /** Stills to learn from, to validate on, and to test on. */
  readonly stills: readonly [number, number, number];
  /** Frames of all videos. */
  readonly frames: number;
}

/**
 * What the training of a focus classifier is about to do.
 *
 * @category Jobs
 */
export interface FocusPlanEvent extends PlanOfSteps {
  /** Stacks to learn from, and to validate on. */
  readonly stacks: readonly [number, number];
  /** Side of the patches in pixels. */
  readonly patch: number;
}

/**
 * A stage has ended.
 *
 * @category Jobs
 */
export interface StageEvent {
  /** What kind of event this is. */
  readonly type: "stage";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: string;
  /** Why it ended; a baseline can be given, as weights of another run. */
  readonly reason: "done" | "early" | "collapse" | "given";
  /** The decoding that was tuned, such as the thresholds of a StarDist network. */
  readonly thresholds?: object;
  /** The file that holds its weights. */
  readonly weights: string;
}

/**
 * The run is over.
 *
 * @category Jobs
 */
export interface ResultEvent {
  /** What kind of event this is. */
  readonly type: "result";
  /** The table of baseline, control and consistent model. */
  readonly table: ResultsTable;
  /** The report. */
  readonly report: string;
  /** The weights to predict with. */
  readonly weights: string;
}

/**
 * Everything a run tells.
 *
 * @category Jobs
 */
export type TrainEvent =
  | StageRunEvent
  | PlanEvent
  | FocusPlanEvent
  | StageEvent
  | ProgressEvent
  | InputEvent
  | RangeEvent
  | ResultEvent;
