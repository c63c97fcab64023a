/**
 * The order in which a report lists models and truth.
 *
 * @module
 */

import { STAGES } from "../learn/stages.ts";
import type { LabelSource, ModelName } from "./data.ts";

/** The order in which models and truth are listed everywhere. */
export const SOURCES: readonly LabelSource[] = [
  "baseline",
  "control",
  "consistent",
  "filtered",
  "truth",
];

/** The models without the truth, in the same order. */
export const MODELS: readonly ModelName[] = STAGES;
