/// <reference lib="dom" />
/**
 * The device of the GPU's worker, and models for it.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../../kernels/gpu/errors.ts";
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

/** A device whose driver had no more memory is followed by one that uses half as much, but not less than this. */
const LEAST_BYTES = 2 ** 28;

let opening: Promise<Device> | null = null;
let memoryLimit: number | undefined;

/** The device; a lost one is opened anew. */
export async function theDevice(): Promise<Device> {
  const own = opening ??= openDevice({ memoryLimit });
  const forget = () => {
    if (opening === own) opening = null;
  };
  try {
    const device = await own;
    device.gpu.lost.then(forget, forget);
    return device;
  } catch (error) {
    forget();
    throw error;
  }
}

/** Ends the device: what work leaves on it is given back. */
async function endDevice(): Promise<void> {
  const ending = opening;
  opening = null;
  (await ending)?.[Symbol.dispose]();
}

/** Pieces of work that use the device now. */
let users = 0;
/** Whether it is to be ended once nobody uses it. */
let isSpent = false;

/**
 * Does work on the device, beside other work. Where its driver had no more memory, the next device uses less
 * of it, in smaller tiles.
 *
 * @param options.isKept Whether the device stays for what comes next.
 * @param options.stop Ends the work wherever it waits for the GPU.
 */
export async function* onDevice<E, R>(
  work: (device: Device) => AsyncGenerator<E, R>,
  { isKept, stop }: { isKept: boolean; stop?: AbortSignal },
): AsyncGenerator<E, R> {
  users++;
  isSpent ||= !isKept;
  try {
    const device = await theDevice();
    using task = device.task({ stop });
    try {
      return yield* work(task);
    } catch (error) {
      if (isRefusal(error)) {
        memoryLimit = Math.max(LEAST_BYTES, Math.floor(device.memory.peak / 2));
        isSpent = true;
      }
      throw error;
    } finally {
      device.trim();
    }
  } finally {
    if (--users === 0 && isSpent) {
      isSpent = false;
      await endDevice();
    }
  }
}

/** Whether the driver had no more memory, and not only a limit was reached. */
function isRefusal(error: unknown): boolean {
  return error instanceof OutOfMemoryError && error.cause instanceof GPUOutOfMemoryError;
}

/** The model in some bytes. */
export async function readModel({ file, bytes }: GivenModel): Promise<ModelFile> {
  return file === BUILTIN ? await builtinModel({ from: bytes }) : decodeModel(bytes, { file });
}
