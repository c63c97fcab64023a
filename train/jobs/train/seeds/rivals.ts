/**
 * What a trained model is worth when it looks at the video in other ways, which cost no training: the
 * rivals of every second stage. The temporal filter, one more of them, is measured along with the model.
 *
 * @module
 */

import type { Device } from "../../../../kernels/gpu/device.ts";
import { knownOf, type TrainingVideo } from "../../../learn/training_set.ts";
import { canTurn } from "../../../models/views.ts";
import { type Evaluation, Evaluator } from "../../../objects/scores/evaluate.ts";
import type { Rival } from "../../../report/data.ts";
import { type Look, lookAt, type LookOptions } from "../../look.ts";

/** What looks, and at what. */
export interface RivalOptions
  extends Pick<LookOptions, "network" | "objects" | "decode" | "filter"> {
  /** The video. */
  readonly video: TrainingVideo;
  /** The exposure at which the model was measured. */
  readonly exposure: number;
  /** Width of the rim outside of the field of interest in pixels; 0 for none. */
  readonly field: number;
}

/** Other ways to look. */
type Looks = Partial<Record<Exclude<Rival, "filtered">, Look>>;

/** Views that are averaged: four times the time of one. */
const VIEWS = 4;

/** The ways in which a model can look; at exposure 1 where that is another one. */
export function rivalLooks(
  { objects, network, exposure }: Pick<RivalOptions, "objects" | "network" | "exposure">,
): Looks {
  return {
    ...(exposure !== 1 && { plain: {} }),
    ...(objects.propose && { voted: { exposure, after: "votes" } }),
    ...(canTurn(network.architecture) && { views: { exposure, views: VIEWS } }),
  };
}

/**
 * Measures a model in all of these ways.
 *
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function measureRivals(
  device: Device,
  { video, field, ...options }: RivalOptions,
): Promise<Partial<Record<Exclude<Rival, "filtered">, Evaluation>>> {
  const { frames } = video;
  const results: Partial<Record<Exclude<Rival, "filtered">, Evaluation>> = {};
  for (const [rival, look] of Object.entries(rivalLooks(options))) {
    const evaluator = new Evaluator({ field });
    let number = 0;
    for await (const labels of lookAt(device, { ...options, frames, exposure: 1, ...look })) {
      const known = await knownOf(video, number);
      evaluator.add({ number: labels.time ?? number, labels, ...known });
      number++;
    }
    results[rival as Exclude<Rival, "filtered">] = evaluator.evaluation;
  }
  return results;
}
