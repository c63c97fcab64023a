/**
 * Tensors that belong to no scope: they are counted, so that who runs out of memory learns of them, and
 * their buffers come back when the program has lost them.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import type { Lease } from "./memory_plan.ts";

/** The weights of a network and their moments are legitimately in no scope. */
const MANY = 256;
/**
 * Bytes of lost tensors that are worth giving back at once. Fewer wait until memory is short, so that
 * what a device holds does not depend on when garbage is collected.
 */
const MOST_LOST = 64 * 1024 ** 2;

/** What is known of a tensor without holding it. */
interface Orphan {
  readonly lease: Lease;
  readonly bytes: number;
}

/** Tensors without a scope that are alive. */
export class Orphans {
  readonly #registry = new FinalizationRegistry<Orphan>((orphan) => {
    this.#count--;
    this.#lost.push(orphan);
    if (this.#lost.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_LOST) this.reclaim();
  });
  readonly #known = new WeakSet<Tensor>();
  #lost: Orphan[] = [];
  #count = 0;

  /** Takes one in; its lease may end when nobody can reach the tensor any more. */
  add(tensor: Tensor, lease: Lease): void {
    if (this.#known.has(tensor)) return;
    this.#known.add(tensor);
    this.#count++;
    this.#registry.register(tensor, { lease, bytes: tensor.byteLength }, tensor);
  }

  /** Whether a tensor is one. */
  has(tensor: Tensor): boolean {
    return this.#known.has(tensor);
  }

  /** Lets one go: it is freed. */
  delete(tensor: Tensor): void {
    if (!this.#known.delete(tensor)) return;
    this.#count--;
    this.#registry.unregister(tensor);
  }

  /** Gives back the buffers of tensors that are lost, and tells whether there were any. */
  reclaim(): boolean {
    const lost = this.#lost;
    this.#lost = [];
    lost.forEach(({ lease }) => lease.release());
    return lost.length > 0;
  }

  /** What to say to who runs out of memory; nothing where there are few. */
  get advice(): string {
    if (this.#count < MANY) return "";
    return `; ${this.#count} tensors belong to no scope: open one around each step ` +
      "(using scope = device.scope()), or free them";
  }
}
