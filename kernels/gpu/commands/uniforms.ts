/**
 * Uniform buffers by their content.
 *
 * @module
 */

import { BufferUse } from "../usage.ts";

/** Makes a uniform buffer for each set of values once. */
export class UniformCache {
  readonly #gpu: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();

  /** Makes an empty cache. */
  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /** How many buffers it holds. */
  get size(): number {
    return this.#buffers.size;
  }

  /** The buffer that holds these words of 32 bits. */
  get(words: readonly number[]): GPUBuffer {
    const key = words.join();
    const cached = this.#buffers.get(key);
    if (cached) return cached;
    const buffer = this.#gpu.createBuffer({
      size: Math.max(16, Math.ceil(words.length / 4) * 16),
      usage: BufferUse.uniform | BufferUse.copyTo,
    });
    this.#gpu.queue.writeBuffer(buffer, 0, Uint32Array.from(words));
    this.#buffers.set(key, buffer);
    return buffer;
  }

  /** Destroys all buffers; commands that use them must have been submitted. */
  clear(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}
