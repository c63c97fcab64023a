/**
 * The way from the GPU to the CPU.
 *
 * @module
 */

import type { CommandQueue } from "./queue.ts";
import type { Tensor } from "../tensor.ts";
import { BufferUse, MAP_FOR_READING } from "../usage.ts";

/** The bytes of a tensor as they are after everything queued so far; the copy is queued at once. */
export async function readBuffer(
  gpu: GPUDevice,
  { tensor: { buffer, byteLength }, queue }: { tensor: Tensor; queue: CommandQueue },
): Promise<ArrayBuffer> {
  const bytes = Math.max(4, byteLength);
  const usage = BufferUse.copyTo | BufferUse.mapRead;
  const staging = gpu.createBuffer({ size: bytes, usage });
  queue.add({ kind: "copy", from: buffer, fromOffset: 0, to: staging, toOffset: 0, bytes });
  queue.flush();
  try {
    await staging.mapAsync(MAP_FOR_READING);
    return staging.getMappedRange().slice(0, byteLength);
  } finally {
    staging.destroy();
  }
}
