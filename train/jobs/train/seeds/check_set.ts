/**
 * Checks that data can be trained on as the settings ask.
 *
 * @module
 */

import { unusable } from "../../../images/faults/input_fault.ts";
import { hasPairs } from "../../../learn/stage_data.ts";
import type { TrainingSet } from "../../../learn/training_set.ts";
import { checkField } from "../../../objects/field.ts";
import type { TrainConfig } from "../config.ts";

/**
 * Checks the videos of a run before it is begun.
 *
 * @throws {RangeError} If none of their frames are neighbours where they are compared, or frames are
 *   smaller than the rim that is left out.
 */
export function checkSet(set: TrainingSet, config: TrainConfig): void {
  const [video] = set.videos;
  refuseLoneFrames(set, config);
  if (video && config.field > 0) {
    const { width, height } = video.frames;
    checkField(config.field, { width, height, task: "train" });
  }
}

/** A video whose frames are no neighbours of each other has nothing to be consistent with. */
function refuseLoneFrames(set: TrainingSet, config: TrainConfig): void {
  const { rounds, consistency, gap, window } = config;
  if (rounds === 0 || consistency !== "siamese" || set.videos.length === 0) return;
  if (hasPairs(set, config)) return;
  const names = set.videos.map(({ name }) => name).join(", ");
  throw unusable(
    `Cannot train on ${names}: no ${window} frames follow each other ${gap} apart by their numbers; ` +
      "give the frames between them, or take them as they are with --neighbours order",
  );
}
