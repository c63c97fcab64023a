/**
 * The way from the GPU to the CPU.
 *
 * @module
 */

import type { CommandQueue } from "./queue.ts";
import type { Tensor } from "../tensor.ts";

/** The bytes of a tensor as they are after everything queued so far; the copy is queued at once. */
export async function readBuffer(
  gpu: GPUDevice,
  { tensor: { buffer, byteLength }, queue }: { tensor: Tensor; queue: CommandQueue },
): Promise<ArrayBuffer> {
  const bytes = Math.max(4, byteLength);
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const staging = gpu.createBuffer({ size: bytes, usage });
  queue.add({ kind: "copy", from: buffer, fromOffset: 0, to: staging, toOffset: 0, bytes });
  queue.flush();
  try {
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0, byteLength);
  } finally {
    staging.destroy();
  }
}
