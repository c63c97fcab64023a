/**
 * What the parts of the page share.
 *
 * @module
 */

import type { MovieChoice, MovieFacts, TrackSummary } from "../../shared/messages.ts";
import type { GivenMovie } from "../given.ts";
import type { GivenModel } from "../../worker/gpu/machine.ts";
import type { Jobs } from "./jobs.ts";
import type { Viewer } from "../viewer.ts";
import type { DeskCaller, Gpu } from "../workers.ts";

/** A movie that is open. */
export interface OpenMovie {
  /** What was given. */
  readonly given: GivenMovie;
  /** The same for workers, which have its files. */
  readonly choice: MovieChoice;
  /** What it is. */
  readonly facts: MovieFacts;
}

/** What panels work with. */
export interface PanelParts {
  /** The desk. */
  readonly desk: DeskCaller;
  /** The GPU. */
  readonly gpu: Gpu;
  /** The viewer. */
  readonly viewer: Viewer;
  /** The work that goes on. */
  readonly jobs: Jobs;
  /** The model that is chosen. */
  readonly modelOf: () => GivenModel;
  /** Told when other objects are known. */
  readonly onChange: (summary: TrackSummary | null) => void;
  /** Adds a model and chooses it. */
  readonly addModel: (model: GivenModel) => void;
  /** Says something that a user should know. */
  readonly say: (text: string) => void;
}
