/**
 * Scopes of tensors: what was made in one is freed with it.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";

/**
 * Tensors made while a scope is open are freed when it is disposed.
 *
 * @category Device
 */
export interface Scope extends Disposable {
  /** Lets a tensor outlive this scope: it then belongs to the scope around it, or to nobody. */
  keep<T extends Tensor>(tensor: T): T;
}

const REMEDY = "give each task that waits inside a scope scopes of its own: " +
  "const task = device.task(); using scope = task.scope()";

const ENDED = "its scope has ended";
const MAYBE_OF_ANOTHER =
  /* @__PURE__ */ (() =>
    `${ENDED}; if another task had opened that and waited inside it, ${REMEDY}`)();

/** A scope that is open. */
interface Owned {
  /** The turn of the program in which it was opened. */
  readonly turn: number;
  /** Its tensors, and what whoever uses one after its end reads. */
  readonly tensors: Map<Tensor, string>;
}

/** A wait for the GPU that began inside a scope. */
interface Wait {
  readonly inside: Owned;
  /** Whether the program has gone on to something else meanwhile. */
  isOver: boolean;
}

/**
 * Scopes that are open, the innermost last. They belong to one task: while it waits for the GPU inside
 * a scope, nobody else may use them, since what he makes would be freed with the scope of the other.
 */
export class ScopeStack {
  readonly #scopes: Owned[] = [];
  readonly #waits = new Set<Wait>();
  readonly #free: (tensor: Tensor, why: string) => void;
  readonly #leave: (tensor: Tensor) => void;
  /** Whether tasks were found to be in each other's way: scopes then end in whichever order. */
  #refused = false;
  /** How often the program has gone on to something else, as far as that was looked at. */
  #turn = 0;
  #isSameTurn = false;

  /**
   * Starts without a scope; `free` is called for each tensor of a scope that ends, and why, `leave` for
   * each that comes to belong to no scope.
   */
  constructor({ free, leave }: {
    free: (tensor: Tensor, why: string) => void;
    leave: (tensor: Tensor) => void;
  }) {
    this.#free = free;
    this.#leave = leave;
  }

  /**
   * Opens a scope inside those that are open; they must close in order.
   *
   * @throws {TypeError} If another task waits inside one of them.
   */
  open(): Scope {
    this.check();
    const owned: Owned = { turn: this.#now(), tensors: new Map() };
    this.#scopes.push(owned);
    return {
      keep: (tensor) => {
        if (owned.tensors.delete(tensor)) this.#give(tensor, this.#scopes.indexOf(owned) - 1);
        return tensor;
      },
      [Symbol.dispose]: () => this.#close(owned),
    };
  }

  /** Gives a tensor to the innermost scope. */
  add(tensor: Tensor): void {
    this.#give(tensor, this.#scopes.length - 1);
  }

  /**
   * Checks that whoever goes on now may use the scopes.
   *
   * @throws {TypeError} If another task waits inside one of them.
   */
  check(): void {
    for (const { inside, isOver } of this.#waits) {
      if (!isOver || !this.#scopes.includes(inside)) continue;
      this.#refused = true;
      throw new TypeError(
        `Cannot use the scopes of a device while another task waits inside one of them; ${REMEDY}`,
      );
    }
  }

  /** Takes a tensor out of whichever scope has it. */
  delete(tensor: Tensor): void {
    for (const { tensors } of this.#scopes) tensors.delete(tensor);
  }

  /** Takes a tensor out of its scope, so that it lives until it is freed. */
  detach(tensor: Tensor): void {
    this.delete(tensor);
    this.#leave(tensor);
  }

  /** Moves a tensor to the outermost scope, so that it outlives those inside. */
  lift(tensor: Tensor): void {
    this.delete(tensor);
    this.#give(tensor, Math.min(0, this.#scopes.length - 1));
  }

  /** Ends all waits: one has failed, and whoever waited for several goes on at once. */
  endWaits(): void {
    this.#waits.clear();
  }

  /**
   * Says that whoever goes on now is about to wait for the GPU, which ends when the result is called.
   *
   * The wait counts only once the program goes on to something else, which it cannot before all that
   * was scheduled earlier has run: several reads may begin one after the other.
   */
  wait(): () => void {
    const inside = this.#scopes.at(-1);
    if (!inside) return () => {};
    const wait: Wait = { inside, isOver: false };
    this.#waits.add(wait);
    queueMicrotask(() => wait.isOver = true);
    return () => void this.#waits.delete(wait);
  }

  /** Ends every scope that is open. */
  closeAll(): void {
    while (this.#scopes.length > 0) this.#close(this.#scopes.at(-1)!);
  }

  #give(tensor: Tensor, index: number): void {
    const scope = this.#scopes.at(index);
    if (index < 0 || !scope) return this.#leave(tensor);
    // In the turn that opened it the scope can be nobody else's.
    scope.tensors.set(tensor, scope.turn === this.#now() ? ENDED : MAYBE_OF_ANOTHER);
  }

  /** The turn of the program: it ends when what runs now returns or waits. */
  #now(): number {
    if (!this.#isSameTurn) {
      this.#isSameTurn = true;
      queueMicrotask(() => {
        this.#turn++;
        this.#isSameTurn = false;
      });
    }
    return this.#turn;
  }

  #close(owned: Owned): void {
    const index = this.#scopes.indexOf(owned);
    if (index < 0) return;
    const isInnermost = index === this.#scopes.length - 1;
    this.#scopes.splice(index, 1);
    // What is in it is its own, whoever has opened another one meanwhile.
    for (const [tensor, why] of owned.tensors) this.#free(tensor, why);
    const isUnwinding = this.#refused;
    if (this.#scopes.length === 0) this.#refused = false;
    if (isInnermost || isUnwinding) return;
    this.#refused = this.#scopes.length > 0;
    throw new Error(`Cannot end a tensor scope: a scope inside it is still open; ${REMEDY}`);
  }
}
