/**
 * Trained models on disk.
 *
 * @module
 */

import { decodeModel, type ModelFile } from "../../models/model_file.ts";
import { readWhole, reasonOf } from "./files.ts";
import type { ModelKind } from "../../models/model_kind.ts";

/** The weights of a model that is given as a run folder or as the file itself. */
export function weightsFile(path: string): string {
  return path.endsWith(".safetensors") ? path : `${path}/weights.safetensors`;
}

/** The folder of a run, also where its weights file is given. */
export function runOf(model: string): string {
  return model.endsWith(".safetensors") ? model.replace(/[^/\\]*$/, ".") : model;
}

/**
 * Reads a model from a run folder (its `weights.safetensors`) or from a weights file.
 *
 * @param options.models The kinds that there are; all of Kymo's unless told.
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError | RangeError} If it is damaged or not a Kymo model.
 */
export async function readModelFile(
  path: string,
  { models }: { models?: readonly ModelKind[] } = {},
): Promise<ModelFile> {
  const file = weightsFile(path);
  return decodeModel(await readBytes(file), { file, models });
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw new Error(
      `Cannot read ${path}: ${
        reasonOf(error, path)
      }; give the folder of a training run or a weights file`,
      { cause: error },
    );
  }
}
