/**
 * Prediction with a model of any kind: labels of images, or focus planes of z-stacks.
 *
 * @module
 */

import { purposeOf } from "../../models/model_file.ts";
import { type PredictEvent, predictFiles, type PredictFilesOptions } from "./predict_files.ts";
import { type FocusFound, predictFocus } from "./predict_focus.ts";

/**
 * Predicts with whatever the model is for.
 *
 * @throws As {@linkcode predictFiles} and {@linkcode predictFocus}.
 */
export async function* predictAny(
  options: PredictFilesOptions,
): AsyncGenerator<PredictEvent | FocusFound> {
  const { kind } = await purposeOf(options.model);
  yield* kind === "focus" ? predictFocus(options) : predictFiles(options);
}
