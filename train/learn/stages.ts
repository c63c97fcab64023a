/**
 * The stages of a run: a baseline, and two models that go on from it side by side.
 *
 * @module
 */

/**
 * A stage of a run, named as the model that it trains.
 *
 * @category Stages
 */
export type Stage = "baseline" | "control" | "consistent";

/**
 * All stages, in order.
 *
 * @category Stages
 */
export const STAGES: readonly Stage[] = ["baseline", "control", "consistent"];
