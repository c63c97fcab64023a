/**
 * Where tensors lie: memory is leased, and a computation whose leases are known beforehand is packed
 * into as few and small buffers as possible.
 *
 * Buffers are shared whole, never cut up: WebGPU tracks a buffer as one, and refuses a dispatch that
 * reads one part of it and writes another. Only tensors that are asked for side by side share one.
 *
 * @module
 */

import { type BufferPool, paddedBytes } from "./pool.ts";

/** A buffer that somebody has until it is released; null where memory is only planned. */
export interface Lease {
  /** The buffer. */
  readonly buffer: GPUBuffer | null;
  /** The memory it comes from. */
  readonly memory: Memory;
  /** Gives the buffer back. */
  release(): void;
}

/** Something that buffers can be had from. */
export interface Memory {
  /**
   * Hands out a buffer of at least this many bytes, with undefined content.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  lease(bytes: number): Lease;
}

/** A lease for each of several tenants of one buffer, which goes back with the last of them. */
export function shareLease(lease: Lease, tenants: number, end: () => void): Lease {
  let left = tenants;
  const release = () => {
    if (--left > 0) return;
    end();
    lease.release();
  };
  return { ...lease, release };
}

/** Buffers from a pool, one by one as they are asked for. */
export class PooledMemory implements Memory {
  readonly #pool: BufferPool<GPUBuffer | null>;

  /** Leases from a pool. */
  constructor(pool: BufferPool<GPUBuffer | null>) {
    this.#pool = pool;
  }

  /** Hands out a buffer of the pool. */
  lease(bytes: number): Lease {
    const pooled = this.#pool.acquire(bytes);
    return { buffer: pooled.buffer, memory: this, release: () => this.#pool.release(pooled) };
  }
}

/** How long a buffer is needed, counted in leases and releases: from `start` until before `end`. */
export interface Lifetime {
  /** Padded size. */
  readonly bytes: number;
  /** When it is leased. */
  readonly start: number;
  /** When it is released. */
  readonly end: number;
}

/** Memory that only notes what is asked of it. */
export class LifetimeTrace implements Memory {
  /** One for each lease, in their order. */
  readonly lifetimes: Lifetime[] = [];
  #time = 0;

  /** Notes a lease. */
  lease(bytes: number): Lease {
    const index = this.lifetimes.length;
    const lifetime = { bytes: paddedBytes(bytes), start: this.#time++, end: Infinity };
    this.lifetimes.push(lifetime);
    const release = () => void (this.lifetimes[index] = { ...lifetime, end: this.#time++ });
    return { buffer: null, memory: this, release };
  }
}

/** Buffers, and which of them each lease gets. */
export interface MemoryPlan {
  /** Sizes of the buffers, largest first. */
  readonly sizes: readonly number[];
  /** The buffer of each lifetime. */
  readonly places: readonly number[];
}

/**
 * Shares buffers between lifetimes that do not overlap: largest first, each into the smallest buffer
 * that is free all its life (Pisarchyk and Lee 2020, "greedy by size"). On U-Net steps this takes 6 %
 * more than the tensors that are alive at the worst moment; handing out buffers of equal size as they
 * are asked for takes 30 % more.
 */
export function packLifetimes(lifetimes: readonly Lifetime[]): MemoryPlan {
  const sizes: number[] = [];
  const tenants: Lifetime[][] = [];
  const places = new Array<number>(lifetimes.length);
  const largestFirst = [...lifetimes.keys()].sort((a, b) =>
    lifetimes[b].bytes - lifetimes[a].bytes
  );
  for (const index of largestFirst) {
    const { bytes, start, end } = lifetimes[index];
    // Buffers are made in the order of their size, so the last one that is free is the smallest.
    let place = tenants.findLastIndex((others) =>
      others.every((other) => other.end <= start || end <= other.start)
    );
    if (place < 0) place = sizes.push(bytes) - 1;
    (tenants[place] ??= []).push(lifetimes[index]);
    places[index] = place;
  }
  return { sizes, places };
}

/** Sizes of the buffers that hold each plan in turn; the plans never run at the same time. */
export function largestSizes(plans: readonly MemoryPlan[]): number[] {
  const count = Math.max(0, ...plans.map(({ sizes }) => sizes.length));
  return Array.from(
    { length: count },
    (_, i) => Math.max(...plans.map((plan) => plan.sizes[i] ?? 0)),
  );
}

/** Hands out buffers as planned; every lease must be the one that was planned. */
export class PlannedMemory implements Memory {
  readonly #lifetimes: readonly Lifetime[];
  readonly #buffers: readonly (GPUBuffer | null)[];
  #next = 0;

  /** `buffers` holds the buffer of each lifetime. */
  constructor(lifetimes: readonly Lifetime[], buffers: readonly (GPUBuffer | null)[]) {
    this.#lifetimes = lifetimes;
    this.#buffers = buffers;
  }

  /**
   * Hands out the next buffer.
   *
   * @throws {RangeError} If something else was planned.
   */
  lease(bytes: number): Lease {
    const index = this.#next++;
    const planned = this.#lifetimes.at(index)?.bytes ?? 0;
    if (planned !== paddedBytes(bytes)) {
      throw new RangeError(
        `Cannot capture: tensor ${index} takes ${
          paddedBytes(bytes)
        } bytes, ${planned} were planned; ` +
          "what is captured must do the same each time",
      );
    }
    return { buffer: this.#buffers[index], memory: this, release: () => {} };
  }
}
