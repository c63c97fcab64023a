/**
 * The settings of the run that the built-in model comes from.
 *
 * @module
 */

import type { SettingChange } from "../../models/model_kind.ts";

/** What differs from the defaults of StarDist. */
export const BUILTIN_SETTINGS: SettingChange = {
  model: "stardist",
  seed: 1,
  warmup: 12000,
  averaging: 0.998,
  validateEvery: 500,
};
