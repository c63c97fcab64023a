/**
 * Trained models on disk.
 *
 * @module
 */

import { BUILTIN, builtinWeights } from "../../models/builtin/mod.ts";
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
 * Reads a model from a run folder (its `weights.safetensors`) or from a weights file; `builtin` is the one
 * that is built in, and `./builtin` a folder of that name.
 *
 * @param options.models The kinds that there are; all of Kymo's unless told.
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError | RangeError} If it is damaged or not a Kymo model.
 * @category Jobs
 */
export async function readModelFile(
  path: string,
  { models }: { models?: readonly ModelKind[] } = {},
): Promise<ModelFile> {
  const file = path === BUILTIN ? BUILTIN : weightsFile(path);
  return decodeModel(await modelBytes(path), { file, models });
}

/**
 * The SHA-256 of a model's weights file, in hexadecimal digits.
 *
 * @throws {Error} If there is no such file.
 */
export async function hashOfModel(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await modelBytes(path));
  return new Uint8Array(digest).toHex();
}

async function modelBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (path === BUILTIN) return await builtinWeights();
  const file = weightsFile(path);
  try {
    return await readWhole(file);
  } catch (error) {
    throw new Error(
      `Cannot read ${file}: ${
        reasonOf(error, file)
      }; give the folder of a training run or a weights file`,
      { cause: error },
    );
  }
}
