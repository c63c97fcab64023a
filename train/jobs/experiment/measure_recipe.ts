/**
 * Measures one recipe: the whole video, and blocks of its frames on their own, whose spread says how much
 * a difference may be by chance.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import { knownOf, type TrainingSet } from "../../learn/training_set.ts";
import { exposureFor } from "../../models/exposure.ts";
import { buildModel, type ModelFile } from "../../models/model_file.ts";
import { objectModelOf } from "../../models/list.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import { viewsOf } from "../../models/views.ts";
import { type Evaluation, Evaluator } from "../../objects/scores/evaluate.ts";
import type { TemporalFilterSettings } from "../../objects/sequence/temporal_filter.ts";
import type { Precision } from "../../report/results.ts";
import { lookAt } from "../look.ts";
import type { Progress } from "../progress/progress.ts";
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
  /** Notes how many frames are measured. */
  readonly progress?: Progress;
}

/**
 * Measures a recipe.
 *
 * @throws {RangeError} If there are fewer than two frames for each block.
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function measureRecipe(
  device: Device,
  { recipe, file, set, measureFrom, blocks, filter, field, progress }: MeasureRecipeOptions,
): Promise<RecipeResult> {
  const { network, decode, kind } = buildModel(device, file);
  const objects = objectModelOf(kind);
  const [video] = set.videos;
  const { frames } = video;
  const { first, count } = measuredFrames(frames, { measureFrom, blocks });
  const exposure = await exposureFor(device, {
    ...{ network, objects, decode, frames },
    exposure: recipe.exposure ?? 1,
  });
  const whole = new Evaluator({ field });
  const parts = Array.from({ length: blocks }, () => new Evaluator({ field }));
  const start = performance.now();
  let at = 0;
  const seen = { ...recipe, exposure, network, objects, decode, frames, first, filter };
  for await (const labels of lookAt(device, seen)) {
    const number = first + at;
    const known = await knownOf(video, number);
    for (const evaluator of [whole, parts[Math.floor(at * blocks / count)]]) {
      evaluator.add({ number: frames.times?.[number] ?? number, labels, ...known });
    }
    at++;
    if (progress) progress.done = at;
  }
  const seconds = (performance.now() - start) / 1000;
  const views = viewsOf(recipe.views ?? 1);
  // Stills stand for themselves: no exposure, and nothing around them that could vote.
  const { precision } = await measureStills(async (image) => {
    const options = { network, decode, views, image };
    const { labels } = await runSteps(device, objects.segment(device, options));
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
 * @param protocol.file The file that says so, for errors.
 * @throws {RangeError} If there are fewer than two for each block.
 */
export function measuredFrames(
  { length }: { readonly length: number },
  { measureFrom, blocks, file }: Pick<MeasureRecipeOptions, "measureFrom" | "blocks"> & {
    file?: string;
  },
): { first: number; count: number } {
  const first = Math.floor(measureFrom * length);
  const count = length - first;
  if (count >= 2 * blocks) return { first, count };
  const names = measureFrom > 0 ? "blocks or measureFrom" : "blocks";
  throw unusable(
    `Cannot measure ${counted(count, "frame")} in ${
      counted(blocks, "block")
    }: each needs two; lower ${names}${file === undefined ? "" : ` in ${file}`}`,
  );
}
