/**
 * What kernels make of blocks of weights for themselves, such as weights in the order in which they read
 * them: made once for all tensors of a block, and again when one of them may have changed.
 *
 * @module
 */

import { type Binding, bindingsOf } from "./commands/bindings.ts";
import type { Dispatch } from "./commands/dispatch.ts";
import type { Tensor, TensorBlock } from "./tensor.ts";

/** Reads out of the text of a shader, once, which of its tensors it writes. */
export class WrittenTensors {
  readonly #bindings = new Map<string, Binding[]>();

  /** The tensors of a dispatch that it writes. */
  of(dispatch: Dispatch): Tensor[] {
    const bindings = this.#bindings.get(dispatch.shader) ??
      bindingsOf(dispatch).filter(({ kind }) => kind !== "uniform");
    this.#bindings.set(dispatch.shader, bindings);
    return dispatch.tensors.filter((_, i) => bindings[i]?.kind === "write");
  }
}

/** What has been made of blocks, in the order of the commands that go to one sink. */
export class DerivedBlocks {
  readonly #made = new WeakMap<TensorBlock, Map<string, TensorBlock>>();
  readonly #written: WrittenTensors;
  readonly #free: (tensor: Tensor) => void;

  /** Starts with nothing; `free` is called for tensors that are no longer true. */
  constructor(
    { written, free }: { written: WrittenTensors; free: (tensor: Tensor) => void },
  ) {
    this.#written = written;
    this.#free = free;
  }

  /** What was made of a block under a name and is still true; null if nothing is. */
  get(block: TensorBlock, name: string): TensorBlock | null {
    const made = this.#made.get(block)?.get(name);
    return made && made.parts.every(({ freed }) => !freed) ? made : null;
  }

  /** Keeps what was made of a block. */
  set(block: TensorBlock, { name, made }: { name: string; made: TensorBlock }): void {
    const known = this.#made.get(block) ?? new Map<string, TensorBlock>();
    this.#made.set(block, known.set(name, made));
  }

  /** Is told of a tensor that may change. */
  noteWrite({ block }: Tensor): void {
    const made = block && this.#made.get(block);
    if (!made) return;
    this.#made.delete(block);
    for (const { parts } of made.values()) parts.forEach(this.#free);
  }

  /** Is told of a dispatch. */
  noteDispatch(dispatch: Dispatch): void {
    if (!dispatch.tensors.some(({ block }) => block && this.#made.has(block))) return;
    for (const tensor of this.#written.of(dispatch)) this.noteWrite(tensor);
  }
}
