/**
 * The memory of a device: buffers from a pool, and the textures of its dispatches, under one limit.
 *
 * @module
 */

import { OutOfMemoryError } from "../errors.ts";
import type { FailureWatch } from "../failures.ts";
import { BufferPool, type MemoryUse, type PoolLimits } from "./pool.ts";
import { TextureRows, TextureSlots } from "./textures.ts";
import { BufferUse } from "../usage.ts";

/** What is to fit into the memory of a device. */
export interface MemoryNeed {
  /** Sizes of further buffers. */
  readonly sizes: readonly number[];
  /** Rows of the textures, by operand. */
  readonly textureRows: readonly number[];
  /** Bytes of buffers that would no longer be needed. */
  readonly held: number;
}

/** Counts and limits what a device holds. */
export class DeviceMemory {
  /** Its buffers. */
  readonly pool: BufferPool<GPUBuffer | null>;
  /** Its textures. */
  readonly textures: TextureSlots;
  readonly #limits: PoolLimits;

  /** Starts empty; `beforeDestroy` is called before a buffer is given back to the driver. */
  constructor(
    gpu: GPUDevice,
    { totalBytes, failures, beforeDestroy }: {
      totalBytes: number;
      failures: FailureWatch;
      beforeDestroy: () => void;
    },
  ) {
    const refused = new WeakSet<GPUBuffer>();
    const usage = BufferUse.storage | BufferUse.copyFrom | BufferUse.copyTo;
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    const bufferBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.#limits = { bufferBytes, totalBytes };
    this.textures = new TextureSlots(gpu);
    this.pool = new BufferPool<GPUBuffer | null>({
      create: (size) => {
        // The driver may say later that it has no memory: the buffer is then none.
        gpu.pushErrorScope("out-of-memory");
        const buffer = gpu.createBuffer({ size, usage });
        const answer = gpu.popErrorScope();
        const { owner } = failures;
        failures.watch(answer.then((error) => {
          if (!error) return;
          refused.add(buffer);
          failures.report(refusal(size, error), owner);
        }));
        return buffer;
      },
      isGood: (buffer) => buffer === null || !refused.has(buffer),
      destroy: (buffer) => {
        beforeDestroy();
        buffer?.destroy();
      },
      limits: this.#limitsBeside(() => this.textures.bytes),
    });
  }

  /** The most bytes one buffer may have. */
  get bufferBytes(): number {
    return this.#limits.bufferBytes;
  }

  /** The most bytes all of it may have. */
  get totalBytes(): number {
    return this.#limits.totalBytes;
  }

  /** Bytes held now and at most. */
  get use(): MemoryUse {
    return withBytes(this.pool.memory, this.textures.bytes);
  }

  /**
   * What a computation would allocate, which is handed a pool without buffers and the textures that
   * it is to note.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  imagine(
    compute: (pool: BufferPool<GPUBuffer | null>, textures: TextureRows) => void,
    { textureRows = this.textures.rows, held = 0 }: Partial<MemoryNeed> = {},
  ): MemoryUse {
    const textures = new TextureRows(textureRows);
    const buffers = this.pool.memory.inUse - held;
    const pool = new BufferPool<GPUBuffer | null>({
      create: () => null,
      destroy: () => {},
      limits: this.#limitsBeside(() => buffers + textures.bytes),
    });
    compute(pool, textures);
    // Textures that grow behind the last buffer count, too.
    const most = buffers + pool.memory.peak + textures.bytes;
    if (most > this.totalBytes) throw overLimit(most, this.totalBytes);
    return withBytes(pool.memory, textures.bytes - this.textures.bytes);
  }

  /** The limits, less the bytes that something else takes. */
  #limitsBeside(reserved: () => number): PoolLimits {
    return {
      ...this.#limits,
      get reservedBytes() {
        return reserved();
      },
    };
  }
}

function overLimit(bytes: number, limit: number): OutOfMemoryError {
  const [size, most] = [bytes, limit].map((value) => (value / 1024 ** 2).toFixed(1));
  return new OutOfMemoryError(
    `Cannot allocate ${size} MiB on the GPU: the memory limit is ${most} MiB; lower the patch or tile ` +
      "size, the batch size or the base width",
  );
}

function refusal(bytes: number, cause: GPUError): OutOfMemoryError {
  const size = (bytes / 1024 ** 2).toFixed(1);
  return new OutOfMemoryError(
    `Cannot allocate ${size} MiB on the GPU: its driver has no more (${cause.message}); lower the patch ` +
      "or tile size, the batch size or the base width, or set a memory limit",
    { cause },
  );
}

function withBytes({ allocated, inUse, peak }: MemoryUse, bytes: number): MemoryUse {
  return { allocated: allocated + bytes, inUse: inUse + bytes, peak: peak + bytes };
}
