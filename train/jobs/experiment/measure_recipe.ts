/**
 * Measures one recipe: the whole video, and blocks of its frames on their own, whose spread says how much
 * a difference may be by chance.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import type { TrainingSet, TrainingVideo } from "../../learn/training_set.ts";
import { exposureFor } from "../../models/exposure.ts";
import { buildModel, type Model, type ModelFile } from "../../models/model_file.ts";
import { objectModelOf } from "../../models/list.ts";
import { proposalsIn } from "../../models/proposals.ts";
import { inTurns } from "../../models/turns.ts";
import { viewsOf } from "../../models/views.ts";
import type { Channels } from "../../images/image.ts";
import { type Evaluation, Evaluator } from "../../objects/scores/evaluate.ts";
import {
  temporalFilter,
  type TemporalFilterSettings,
} from "../../objects/sequence/temporal_filter.ts";
import type { TimedFrame } from "../../objects/sequence/timed_frame.ts";
import { filterByVotes } from "../../objects/sequence/vote_filter.ts";
import type { Precision } from "../../report/results.ts";
import { measureStills } from "../train/measure.ts";
import type { Recipe } from "./recipes.ts";

/** What one recipe achieved with one seed; plain JSON. */
export interface RecipeResult {
  /** The exposure of the video. */
  readonly exposure: number;
  /** Seconds that finding the objects of the video took. */
  readonly seconds: number;
  /** All frames that are measured. */
  readonly video: Evaluation;
  /** Blocks of them. */
  readonly blocks: readonly Evaluation[];
  /** The held-back stills. */
  readonly stills: Precision | null;
}

/** What is measured, and on what. */
export interface MeasureRecipeOptions {
  /** The recipe. */
  readonly recipe: Recipe;
  /** Its model. */
  readonly file: ModelFile;
  /** Held-back stills and the video. */
  readonly set: Pick<TrainingSet, "test" | "videos">;
  /** The first share of the video, which is not measured. */
  readonly measureFrom: number;
  /** How many blocks. */
  readonly blocks: number;
  /** The temporal filter of the recipes that use it. */
  readonly filter: TemporalFilterSettings;
  /** Width of the rim outside of the field of interest in pixels; 0 for none. */
  readonly field: number;
}

/**
 * Measures a recipe.
 *
 * @throws {RangeError} If there are fewer than two frames for each block.
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function measureRecipe(
  device: Device,
  { recipe, file, set, measureFrom, blocks, filter, field }: MeasureRecipeOptions,
): Promise<RecipeResult> {
  const model = buildModel(device, file);
  const [video] = set.videos;
  const { frames } = video;
  const { first, count } = measuredFrames(frames, { measureFrom, blocks });
  const exposure = await exposureFor(device, {
    ...{ network: model.network, decode: model.decode, frames },
    objects: objectModelOf(model.kind),
    exposure: recipe.exposure ?? 1,
  });
  const whole = new Evaluator({ field });
  const parts = Array.from({ length: blocks }, () => new Evaluator({ field }));
  const start = performance.now();
  let at = 0;
  for await (const labels of labelsOf(device, { recipe, model, video, first, exposure, filter })) {
    const number = first + at;
    const known = { truth: video.truth.get(number), markers: video.markers.get(number) };
    for (const evaluator of [whole, parts[Math.floor(at * blocks / count)]]) {
      evaluator.add({ number: frames.times?.[number] ?? number, labels, ...known });
    }
    at++;
  }
  const seconds = (performance.now() - start) / 1000;
  const { network, decode, kind } = model;
  const views = viewsOf(recipe.views ?? 1);
  // Stills stand for themselves: no exposure, and nothing around them that could vote.
  const { precision } = await measureStills(async (image) => {
    const options = { network, decode, views, image };
    const { labels } = await runSteps(device, objectModelOf(kind).segment(device, options));
    return { labels, fixed: null };
  }, set.test);
  return {
    ...{ exposure, seconds, video: whole.evaluation },
    blocks: parts.map(({ evaluation }) => evaluation),
    stills: precision,
  };
}

/**
 * Which frames are measured: `count` from `first` on.
 *
 * @throws {RangeError} If there are fewer than two for each block.
 */
export function measuredFrames(
  { length }: { readonly length: number },
  { measureFrom, blocks }: Pick<MeasureRecipeOptions, "measureFrom" | "blocks">,
): { first: number; count: number } {
  const first = Math.floor(measureFrom * length);
  const count = length - first;
  if (count >= 2 * blocks) return { first, count };
  throw new RangeError(
    `Cannot measure ${count} frames in ${blocks} blocks: each needs two; lower blocks`,
  );
}

async function* labelsOf(
  device: Device,
  { recipe, model: { network, kind, decode }, video: { frames }, first, exposure, filter }: {
    recipe: Recipe;
    model: Model;
    video: TrainingVideo;
    first: number;
    exposure: number;
    filter: TemporalFilterSettings;
  },
): AsyncGenerator<TimedFrame> {
  const objects = objectModelOf(kind);
  const views = viewsOf(recipe.views ?? 1);
  const options = { network, decode, exposure, views };
  if (recipe.after === "votes") {
    const { propose } = objects;
    if (!propose) {
      throw new TypeError(`Cannot let frames vote: ${kind.label} proposes no objects`);
    }
    return yield* filterByVotes(proposalsIn(device, { ...options, propose, frames, first }));
  }
  const images = async function* () {
    for (let number = first; number < frames.length; number++) yield await frames.frame(number);
  };
  const found = async function* (): AsyncGenerator<TimedFrame> {
    const segment = (image: Channels) => objects.segment(device, { ...options, image });
    let t = first;
    for await (const { labels } of inTurns(device, images(), segment)) {
      yield { ...labels, time: frames.times?.[t] ?? t };
      t++;
    }
  };
  yield* recipe.after === "filter" ? temporalFilter(found(), filter) : found();
}
