/**
 * Scopes of tensors: what was made in one is freed with it.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";

/** Tensors made while a scope is open are freed when it is disposed. */
export interface Scope extends Disposable {
  /** Lets a tensor outlive this scope: it then belongs to the scope around it, or to nobody. */
  keep<T extends Tensor>(tensor: T): T;
}

/** Scopes that are open, the innermost last. */
export class ScopeStack {
  readonly #scopes: Set<Tensor>[] = [];
  readonly #free: (tensor: Tensor) => void;

  /** Starts without a scope; `free` is called for each tensor of a scope that ends. */
  constructor(free: (tensor: Tensor) => void) {
    this.#free = free;
  }

  /** Opens a scope inside those that are open; they must close in order. */
  open(): Scope {
    const owned = new Set<Tensor>();
    const depth = this.#scopes.push(owned) - 1;
    return {
      keep: (tensor) => {
        if (owned.delete(tensor)) this.#scopes[depth - 1]?.add(tensor);
        return tensor;
      },
      [Symbol.dispose]: () => {
        if (this.#scopes.length - 1 !== depth) {
          throw new Error("Cannot end a tensor scope: a scope inside it is still open");
        }
        this.#scopes.pop();
        for (const tensor of owned) this.#free(tensor);
      },
    };
  }

  /** Gives a tensor to the innermost scope. */
  add(tensor: Tensor): void {
    this.#scopes.at(-1)?.add(tensor);
  }

  /** Takes a tensor out of whichever scope has it. */
  delete(tensor: Tensor): void {
    for (const scope of this.#scopes) scope.delete(tensor);
  }
}
