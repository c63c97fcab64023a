/**
 * The way from the GPU to the CPU.
 *
 * @module
 */

import type { Owner } from "../failures.ts";
import type { CommandQueue } from "./queue.ts";
import type { Tensor } from "../tensor.ts";
import { BufferUse, MAP_FOR_READING } from "../usage.ts";

/** The bytes of a tensor as they are after everything queued so far; the copy is queued at once. */
export async function readBuffer(
  gpu: GPUDevice,
  { tensor: { buffer, offset, byteLength }, queue, owner }: {
    tensor: Tensor;
    queue: CommandQueue;
    owner: Owner;
  },
): Promise<ArrayBuffer> {
  const bytes = Math.max(4, byteLength);
  const usage = BufferUse.copyTo | BufferUse.mapRead;
  const staging = gpu.createBuffer({ size: bytes, usage });
  const copy = {
    kind: "copy",
    from: buffer,
    fromOffset: offset,
    to: staging,
    toOffset: 0,
    bytes,
  } as const;
  queue.add(copy, owner);
  const isDone = queue.flushTimed();
  try {
    await staging.mapAsync(MAP_FOR_READING);
    isDone();
    return staging.getMappedRange().slice(0, byteLength);
  } finally {
    staging.destroy();
  }
}
