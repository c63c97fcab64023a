/**
 * What a training run tells while it runs: plain objects, which the command line prints and
 * `metrics.jsonl` keeps.
 *
 * @module
 */

import type { RayThresholds } from "../../../nn/labels/stardist/thresholds.ts";
import type { StepKind, ValidationScores } from "../../learn/learner.ts";
import type { Stage } from "../../learn/stages.ts";
import type { ResultsTable } from "../../report/data.ts";

/** Something a user should know. */
export interface NoteEvent {
  /** What kind of event this is. */
  readonly type: "note" | "warning";
  /** One sentence. */
  readonly text: string;
}

/** What a run is about to do. */
export interface PlanEvent {
  /** What kind of event this is. */
  readonly type: "plan";
  /** Seed of the run. */
  readonly seed: number;
  /** Values in the network. */
  readonly parameters: number;
  /** GPU memory that a training step needs, in bytes. */
  readonly plannedBytes: number;
  /** Stills to learn from, to validate on, and to test on. */
  readonly stills: readonly [number, number, number];
  /** Frames of all videos. */
  readonly frames: number;
  /** Stages with their numbers of steps. */
  readonly stages: readonly { stage: Stage; steps: number }[];
}

/** Some steps have been made. */
export interface StepEvent {
  /** What kind of event this is. */
  readonly type: "step";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: Stage;
  /** The step, counted from 1. */
  readonly step: number;
  /** Steps of the stage. */
  readonly steps: number;
  /** Which loss it followed. */
  readonly kind: StepKind;
  /** Its loss. */
  readonly loss: number;
  /** Its learning rate. */
  readonly rate: number;
}

/** A validation. */
export interface ValidationEvent extends ValidationScores {
  /** What kind of event this is. */
  readonly type: "validation";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: Stage;
  /** Steps made before it. */
  readonly step: number;
  /** Whether its weights are the stage's result so far: not clearly worse than the best. */
  readonly isBest: boolean;
}

/** A stage has ended. */
export interface StageEvent {
  /** What kind of event this is. */
  readonly type: "stage";
  /** Seed of the run. */
  readonly seed: number;
  /** The stage. */
  readonly stage: Stage;
  /** Why it ended; a baseline can be given, as weights of another run. */
  readonly reason: "done" | "early" | "collapse" | "given";
  /** The thresholds that were picked for a StarDist network. */
  readonly thresholds?: RayThresholds;
  /** The file that holds its weights. */
  readonly weights: string;
}

/** The run is over. */
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

/** Everything a run tells. */
export type TrainEvent =
  | NoteEvent
  | PlanEvent
  | StepEvent
  | ValidationEvent
  | StageEvent
  | ResultEvent;
