/**
 * The main job: a training run of any kind, whatever the settings ask for.
 *
 * @module
 */

import { defaultKinds, modelKind } from "../../models/list.ts";
import { isHolotomography } from "./config.ts";
import type { TrainEvent } from "./events.ts";
import { trainHolotomography } from "./holotomography.ts";
import type { TrainOptions } from "./run.ts";
import { trainFocus } from "./train_focus.ts";
import { trainObjects } from "./train_objects.ts";

/**
 * Trains, and tells what happens as it happens: a model that finds objects as a baseline, a control and
 * a consistent model, with table and report; or a focus classifier; or the example of holotomography.
 *
 * @throws {RangeError | TypeError | SyntaxError} If settings or data do not fit, or a loss is NaN.
 * @throws {Error} If the folder already holds a run and `resume` is not set.
 *
 * @example
 * ```ts ignore
 * for await (const event of train({ config: defaultConfig, out: "runs/first" })) {
 *   if (event.type === "validation") console.log(event.step, event.segmentation);
 * }
 * ```
 *
 * @category Jobs
 */
export function train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const { config, kinds = defaultKinds } = options;
  if (!modelKind(config.model, kinds.models).objects) return trainFocus(options);
  return isHolotomography(config) ? trainHolotomography(options) : trainObjects(options);
}
