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

/** Tensors without a scope that are alive. */
export class Orphans {
  readonly #lost = new FinalizationRegistry<Lease>((lease) => {
    this.#count--;
    lease.release();
  });
  readonly #known = new WeakSet<Tensor>();
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Takes one in; its lease ends when nobody can reach the tensor any more. */
  add(tensor: Tensor, lease: Lease): void {
    if (this.#known.has(tensor)) return;
    this.#known.add(tensor);
    this.#count++;
    this.#lost.register(tensor, lease, tensor);
  }

  /** Lets one go: it is freed. */
  delete(tensor: Tensor): void {
    if (!this.#known.delete(tensor)) return;
    this.#count--;
    this.#lost.unregister(tensor);
  }

  /** What to say to who runs out of memory; nothing where there are few. */
  get advice(): string {
    if (this.#count < MANY) return "";
    return `; ${this.#count} tensors belong to no scope: open one around each step ` +
      "(using scope = device.scope()), or free them";
  }
}
