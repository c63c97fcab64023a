/**
 * Where the planes in focus come from: a table, or a classifier that was trained before.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { decodeSafeTensors } from "../../../nn/safetensors.ts";
import { loadFocusModel } from "../../models/focus/model_file.ts";
import { findFocus } from "../../models/focus/predict.ts";
import { decodeFocusTable, focusPlanesOf } from "../../images/series/focus_table.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { readWhole, reasonOf } from "./files.ts";
import { weightsFile } from "./model_files.ts";
import type { FindFocus } from "../../images/series/stack_video.ts";

/**
 * Opens a table of planes in focus (`.csv`) or a classifier (a run folder of `train --model focus`, or
 * its weights).
 *
 * @param progress Notes for how many stacks the classifier has found the focus.
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError | RangeError} If it is damaged or something else.
 */
export async function openFocus(
  device: Device,
  path: string,
  progress?: Progress,
): Promise<FindFocus> {
  if (isFocusTable(path)) {
    const rows = decodeFocusTable(new TextDecoder().decode(await readFile(path)), path);
    return (sequence) => Promise.resolve(focusPlanesOf(sequence, { rows, from: path }));
  }
  const file = weightsFile(path);
  const weights = decodeSafeTensors(await readFile(file), file);
  const model = loadFocusModel(device, { weights, from: file });
  return async (sequence) => {
    const planes: number[] = [];
    if (progress) goOn(progress, `finding the focus of ${sequence.path}`, sequence.length);
    for await (const { plane } of findFocus(device, { model, sequence })) {
      planes.push(plane);
      if (progress) progress.done++;
    }
    return planes;
  };
}

/** The classifier beside the weights of a model that takes z-stacks. */
export const FOCUS = "focus.safetensors";

/** Whether a path names a table; else it is a classifier. */
export function isFocusTable(path: string): boolean {
  return path.toLowerCase().endsWith(".csv");
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw new Error(
      `Cannot read ${path}: ${
        reasonOf(error, path)
      }; give a table of focus planes (.csv) or the folder of a run of ` +
        "model focus",
      { cause: error },
    );
  }
}
