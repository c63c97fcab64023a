/**
 * A training run of any kind: whatever the settings ask for.
 *
 * @module
 */

import type { TrainEvent } from "./events.ts";
import type { FocusEvent } from "../../learn/focus/events.ts";
import { trainHolotomography } from "./holotomography.ts";
import { train, type TrainOptions } from "./train.ts";
import { trainFocusModel } from "./train_focus.ts";

/**
 * Trains a focus classifier, the example of holotomography, or a U-Net or StarDist.
 *
 * @throws {RangeError} If a focus classifier is to be resumed or to have several seeds.
 */
export function trainAny(options: TrainOptions): AsyncGenerator<TrainEvent | FocusEvent> {
  const { config, resume = false, seeds = 1 } = options;
  if (config.model === "focus") {
    if (resume || seeds > 1) {
      throw new RangeError(
        "Cannot train a focus model with --resume or --seeds: it takes minutes; train it anew",
      );
    }
    return trainFocusModel(options);
  }
  const isExample = config.stills === "" && config.synthetic === "holotomography";
  return isExample ? trainHolotomography(options) : train(options);
}
