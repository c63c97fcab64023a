/**
 * Prediction with a model of any kind: labels of images, or focus planes of z-stacks.
 *
 * @module
 */

import { BUILTIN, BUILTIN_SENTENCE } from "../../models/builtin/mod.ts";
import { readModelFile } from "../disk/model_files.ts";
import { type FocusFound, predictFocus } from "./predict_focus.ts";
import { predictObjects } from "./predict_objects.ts";
import { checkTogether, type PredictEvent, type PredictOptions } from "./predict_options.ts";

/** What to say where the built-in model is taken. */
const BUILTIN_NOTE =
  `Segmenting with ${BUILTIN_SENTENCE}: nuclei that are bright on a dark ground; --model takes another`;

/**
 * Predicts with whatever the model is for, and tells what happens as it happens.
 *
 * @throws {InvalidArgumentError} If options do not go together.
 * @throws As {@linkcode predictObjects} and {@linkcode predictFocus}.
 *
 * @example
 * ```ts ignore
 * const options = { model: "runs/mine", inputs: ["video/"], out: "labels" };
 * for await (const event of predict(options)) {
 *   if (event.type === "frame") console.log(event.name, event.objects);
 * }
 * ```
 *
 * @category Jobs
 */
export async function* predict(
  options: PredictOptions,
): AsyncGenerator<PredictEvent | FocusFound> {
  checkTogether(options);
  const file = await readModelFile(options.model, { models: options.models });
  if (options.model === BUILTIN) yield { type: "note", text: BUILTIN_NOTE };
  yield* file.kind.objects ? predictObjects(options, file) : predictFocus(options, file);
}
