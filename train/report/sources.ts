/**
 * The order in which a report lists models and truth.
 *
 * @module
 */

import { STAGES } from "../learn/stages.ts";
import type { LabelSource, ModelName, Rival } from "./data.ts";

/** What costs no training, in the order of tables. */
export const RIVALS: readonly Rival[] = ["plain", "filtered", "voted", "views"];

/** The order in which models and truth are listed everywhere. */
export const SOURCES: readonly LabelSource[] = [...STAGES, ...RIVALS, "truth"];

/** The models without the truth, in the same order. */
export const MODELS: readonly ModelName[] = STAGES;
