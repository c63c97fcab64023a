/// <reference lib="dom" />
/**
 * The device of the GPU's worker, and models for it.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { BUILTIN, builtinModel } from "../../../train/models/builtin/mod.ts";
import { decodeModel, type ModelFile } from "../../../train/models/model_file.ts";

/** A model's bytes under its name. */
export interface GivenModel {
  /** What to call it; the built-in model by its own name. */
  readonly file: string;
  /** A file of weights. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

let opening: Promise<Device> | null = null;

/** The device; a lost one is opened anew. */
export async function theDevice(): Promise<Device> {
  opening ??= openDevice();
  try {
    const device = await opening;
    const lost = () => opening = null;
    device.gpu.lost.then(lost, lost);
    return device;
  } catch (error) {
    opening = null;
    throw error;
  }
}

/** Ends the device: what learning leaves on it is given back. */
export async function endDevice(): Promise<void> {
  const ending = opening;
  opening = null;
  (await ending)?.[Symbol.dispose]();
}

/** The model in some bytes. */
export async function readModel({ file, bytes }: GivenModel): Promise<ModelFile> {
  return file === BUILTIN ? await builtinModel({ from: bytes }) : decodeModel(bytes, { file });
}
