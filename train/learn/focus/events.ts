/**
 * What the training of a focus classifier tells while it runs: plain objects, which the command line
 * prints and `metrics.jsonl` keeps.
 *
 * @module
 */

import type { NoteEvent } from "../../jobs/train/events.ts";

/** What a training is about to do. */
export interface FocusPlanEvent {
  /** What kind of event this is. */
  readonly type: "focus-plan";
  /** Values in the network. */
  readonly parameters: number;
  /** GPU memory that a training step needs, in bytes. */
  readonly plannedBytes: number;
  /** Stacks to learn from, and to validate on. */
  readonly stacks: readonly [number, number];
  /** Side of the patches in pixels. */
  readonly patch: number;
  /** Steps to make. */
  readonly steps: number;
}

/** Some steps have been made. */
export interface FocusStepEvent {
  /** What kind of event this is. */
  readonly type: "focus-step";
  /** The step, counted from 1. */
  readonly step: number;
  /** Steps of the training. */
  readonly steps: number;
  /** Mean binary cross-entropy of the steps since the last such event. */
  readonly loss: number;
  /** Its learning rate. */
  readonly rate: number;
}

/** How well planes in focus are found. */
export interface FocusScores {
  /** Share of the stacks whose plane is found to within one plane. */
  readonly within: number;
  /** Mean distance of the found from the labelled plane, in planes. */
  readonly distance: number;
}

/** A validation. */
export interface FocusValidationEvent extends FocusScores {
  /** What kind of event this is. */
  readonly type: "focus-validation";
  /** Steps made before it. */
  readonly step: number;
  /** Whether its weights are the result so far. */
  readonly isBest: boolean;
}

/** The training is over. */
export interface FocusResultEvent {
  /** What kind of event this is. */
  readonly type: "focus-result";
  /** Scores of the weights that are kept; null without stacks to validate on. */
  readonly scores: FocusScores | null;
  /** The weights to find planes with. */
  readonly weights: string;
}

/** Everything a training tells. */
export type FocusEvent =
  | NoteEvent
  | FocusPlanEvent
  | FocusStepEvent
  | FocusValidationEvent
  | FocusResultEvent;
