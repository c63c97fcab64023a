/**
 * Memory of recordings: buffers that several recordings use in turn.
 *
 * @module
 */

import { largestSizes, type Lifetime, packLifetimes, PlannedMemory } from "./memory_plan.ts";
import type { MemoryNeed } from "./device_memory.ts";
import type { BufferPool } from "./pool.ts";

/** What an {@linkcode Arena} needs of its device. */
export interface ArenaSource {
  /** Where its buffers come from. */
  readonly pool: BufferPool<GPUBuffer | null>;
  /** Runs a computation without touching the GPU, and tells what it leases and its textures. */
  readonly trace: (compute: () => void) => {
    lifetimes: readonly Lifetime[];
    textureRows: readonly number[];
  };
  /** Makes the device's textures as large as these. */
  readonly growTextures: (rows: readonly number[]) => void;
  /**
   * The bytes that buffers of these sizes take in place of `held`, and how much textures grow; throws
   * if over the limits.
   */
  readonly plan: (need: MemoryNeed) => number;
}

/**
 * Buffers for recordings that never run at the same time, such as the steps of one training: each
 * finds its tensors' places anew and leaves nothing there for the others. Disposing of it ends its
 * recordings and gives the buffers back.
 *
 * @category Tensors
 */
export class Arena implements Disposable {
  readonly #source: ArenaSource;
  #buffers: { buffer: GPUBuffer | null; bytes: number }[] = [];
  #disposed = false;

  /** Makes an arena without buffers; use `Device.arena()`. */
  constructor(source: ArenaSource) {
    this.#source = source;
  }

  /** Bytes of its buffers. */
  get bytes(): number {
    return this.#buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether its buffers have been given back. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * The bytes of an arena with room for each of these computations, and of what the textures of the
   * device grow for them; nothing is allocated.
   *
   * @throws {OutOfMemoryError} If that would exceed the limits.
   */
  plan(computations: readonly (() => void)[]): number {
    return this.#source.plan({ ...this.#needOf(computations), held: this.bytes });
  }

  /** Whether a computation can be captured without more buffers. */
  holds(compute: () => void): boolean {
    const held = this.#buffers.map(({ bytes }) => bytes).sort((a, b) => b - a);
    return this.#needOf([compute]).sizes.every((bytes, i) => bytes <= (held[i] ?? 0));
  }

  /**
   * Makes room for recordings of each of these computations. Captured one by one without it, a later
   * and larger one would leave buffers of an earlier one unused.
   *
   * @throws {OutOfMemoryError} If that would exceed the limits.
   */
  reserve(computations: readonly (() => void)[]): void {
    const { sizes, textureRows } = this.#needOf(computations);
    this.#source.growTextures(textureRows);
    this.#place(sizes);
  }

  /**
   * The memory in which a computation is captured; only a `Device` calls this.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   * @internal
   */
  memoryFor(compute: () => void): PlannedMemory {
    const { lifetimes, textureRows } = this.#source.trace(compute);
    const { sizes, places } = packLifetimes(lifetimes);
    this.#source.growTextures(textureRows);
    const buffers = this.#place(sizes);
    return new PlannedMemory(lifetimes, places.map((place) => buffers[place]));
  }

  /** Ends its recordings and gives its buffers back. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const pooled of this.#buffers) this.#source.pool.release(pooled);
    this.#buffers = [];
  }

  /** Sizes of buffers and rows of textures with which each of the computations gets by. */
  #needOf(computations: readonly (() => void)[]): { sizes: number[]; textureRows: number[] } {
    const traces = computations.map((compute) => this.#source.trace(compute));
    const rows = traces.map(({ textureRows }) => textureRows);
    const slots = Math.max(0, ...rows.map(({ length }) => length));
    return {
      sizes: largestSizes(traces.map(({ lifetimes }) => packLifetimes(lifetimes))),
      textureRows: Array.from(
        { length: slots },
        (_, slot) => Math.max(...rows.map((list) => list[slot] ?? 0)),
      ),
    };
  }

  /** A buffer for each size, which go from the largest down; those that are missing are added. */
  #place(sizes: readonly number[]): (GPUBuffer | null)[] {
    if (this.#disposed) throw new TypeError("Cannot capture: the arena has been disposed of");
    const free = this.#buffers.toSorted((a, b) => a.bytes - b.bytes);
    return sizes.map((bytes) => {
      const fitting = free.findIndex((buffer) => buffer.bytes >= bytes);
      if (fitting >= 0) return free.splice(fitting, 1)[0].buffer;
      const pooled = this.#source.pool.acquire(bytes, { leastShare: 1 });
      this.#buffers.push(pooled);
      return pooled.buffer;
    });
  }
}
