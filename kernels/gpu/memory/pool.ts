/**
 * The buffer pool: buffers are handed out by size and come back when a scope ends.
 *
 * @module
 */

import { OutOfMemoryError } from "../errors.ts";

/**
 * Bytes held by a {@linkcode BufferPool}.
 *
 * @category Device
 */
export interface MemoryUse {
  /** Bytes in buffers that exist, in use or free. */
  readonly allocated: number;
  /** Bytes in buffers that are in use. */
  readonly inUse: number;
  /** The most bytes that ever existed at once. */
  readonly peak: number;
}

/** The limits a {@linkcode BufferPool} keeps. */
export interface PoolLimits {
  /** The most bytes one buffer may have. */
  readonly bufferBytes: number;
  /** The most bytes all buffers together may have. */
  readonly totalBytes: number;
  /** Bytes of `totalBytes` that are held elsewhere; none unless told. */
  readonly reservedBytes?: number;
}

const ALIGNMENT = 256;
const MEBIBYTE = 1024 * 1024;

/** The size of the buffer that holds this many bytes. */
export function paddedBytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
}

/** A buffer of a pool, and its size, which may be larger than what was asked for. */
export interface PooledBuffer<B> {
  /** The buffer. */
  readonly buffer: B;
  /** Its bytes. */
  readonly bytes: number;
}

/**
 * Usually a free buffer serves whoever asks for at least this share of it. With buffers of exact sizes alone a
 * prediction of 700 × 1100 by a StarDist holds 165 MiB, of which 64 are in use at the worst moment; at 0.8
 * it is 119 MiB, at 0.5 98, at any share 97.
 */
const LEAST_SHARE = 0.5;

/**
 * Buffers by padded size: of those that are free the smallest that is large enough and not much too large.
 * A fixed-shape training step asks for the same sizes each time, so after some steps nothing is
 * allocated.
 *
 * The pool does not know what a buffer is: planning hands it a `create` that returns null and reads
 * the peak afterwards, so the plan and the run follow the same rules.
 */
export class BufferPool<B> {
  readonly #create: (bytes: number) => B;
  readonly #destroy: (buffer: B) => void;
  readonly #limits: PoolLimits;
  readonly #isGood: (buffer: B) => boolean;
  readonly #free = new Map<number, B[]>();
  #allocated = 0;
  #inUse = 0;
  #peak = 0;

  /**
   * Makes an empty pool over a way to create and destroy buffers; those that are not `isGood` when they
   * come back are not handed out again.
   */
  constructor(
    { create, destroy, limits, isGood = () => true }: {
      create: (bytes: number) => B;
      destroy: (buffer: B) => void;
      limits: PoolLimits;
      isGood?: (buffer: B) => boolean;
    },
  ) {
    this.#isGood = isGood;
    this.#create = create;
    this.#destroy = destroy;
    this.#limits = limits;
  }

  /** What the pool holds now. */
  get memory(): MemoryUse {
    return { allocated: this.#allocated, inUse: this.#inUse, peak: this.#peak };
  }

  /**
   * Hands out a buffer of at least this many bytes; its content is undefined.
   *
   * @param options.leastShare How much of a free buffer has to be needed, a half unless told; 1 for one that
   * is kept for long.
   * @throws {OutOfMemoryError} If one buffer or all together would exceed the limits.
   * @throws {RangeError} If `bytes` is not a size.
   */
  acquire(
    bytes: number,
    { leastShare = LEAST_SHARE }: { leastShare?: number } = {},
  ): PooledBuffer<B> {
    if (!(bytes >= 0)) throw new RangeError(`Cannot allocate ${bytes} bytes on the GPU`);
    const padded = paddedBytes(bytes);
    const pooled = this.#takeFree(padded, leastShare) ?? this.#make(padded);
    this.#inUse += pooled.bytes;
    return pooled;
  }

  /** Takes a buffer back for reuse. */
  release({ buffer, bytes }: PooledBuffer<B>): void {
    this.#inUse -= bytes;
    if (!this.#isGood(buffer)) {
      this.#allocated -= bytes;
      return this.#destroy(buffer);
    }
    const list = this.#free.get(bytes);
    if (list) list.push(buffer);
    else this.#free.set(bytes, [buffer]);
  }

  /** The smallest free buffer that serves; null if none does. */
  #takeFree(padded: number, leastShare: number): PooledBuffer<B> | null {
    let best = Infinity;
    for (const [bytes, { length }] of this.#free) {
      const serves = length > 0 && padded <= bytes && padded >= leastShare * bytes;
      if (serves && bytes < best) best = bytes;
    }
    const buffer = this.#free.get(best)?.pop();
    return buffer === undefined ? null : { buffer, bytes: best };
  }

  #make(padded: number): PooledBuffer<B> {
    this.#check(padded);
    this.#allocated += padded;
    this.#peak = Math.max(this.#peak, this.#allocated);
    return { buffer: this.#create(padded), bytes: padded };
  }

  /** Destroys every buffer that is not in use. */
  trim(): void {
    for (const [bytes, buffers] of this.#free) {
      buffers.forEach(this.#destroy);
      this.#allocated -= bytes * buffers.length;
    }
    this.#free.clear();
  }

  #check(padded: number): void {
    const { bufferBytes, totalBytes, reservedBytes = 0 } = this.#limits;
    const exceeds = () => reservedBytes + this.#allocated + padded > totalBytes;
    const fail = (what: string, limit: number) => {
      throw new OutOfMemoryError(
        `Cannot allocate ${(padded / MEBIBYTE).toFixed(1)} MiB on the GPU: ${what} is ${
          (limit / MEBIBYTE).toFixed(0)
        } MiB; lower the patch or tile size, the batch size or the base width`,
      );
    };
    if (padded > bufferBytes) fail("the adapter's limit for one buffer", bufferBytes);
    if (exceeds()) this.trim();
    if (exceeds()) fail("the memory limit", totalBytes);
  }
}
