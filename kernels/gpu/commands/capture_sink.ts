/**
 * The sink that keeps commands for a recording.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import {
  clearCommand,
  type Command,
  copyCommand,
  type DispatchBinder,
  type TensorCommand,
} from "./command.ts";
import type { Dispatch } from "./dispatch.ts";
import type { CommandSink, TensorCopy } from "./sink.ts";
import type { UniformCache } from "./uniforms.ts";

/** Keeps commands in their order, and which tensors from outside they use. */
export class CaptureSink implements CommandSink {
  /** It makes commands, so tensors have buffers. */
  readonly isPlan = false;
  /** Everything it was given, in order. */
  readonly commands: Command[] = [];
  /** Tensors that are read and written and were there before. */
  readonly outside: Set<Tensor> = new Set();
  /** The uniform buffers of its dispatches. */
  readonly uniforms: UniformCache;
  readonly #binder: DispatchBinder;
  readonly #isOutside: (tensor: Tensor) => boolean;
  readonly #copied = new Map<GPUTexture, { from: GPUBuffer; fromOffset: number; bytes: number }>();

  /** Starts without commands; `isOutside` says which tensors were there before. */
  constructor(
    binder: DispatchBinder,
    { uniforms, isOutside }: { uniforms: UniformCache; isOutside: (tensor: Tensor) => boolean },
  ) {
    this.#binder = binder;
    this.uniforms = uniforms;
    this.#isOutside = isOutside;
  }

  /** Keeps a dispatch and the copies of its operands. */
  dispatch(dispatch: Dispatch): void {
    this.#binder.commandsOf(dispatch, this.uniforms).forEach((command) => this.#keep(command));
  }

  /** Keeps a copy. */
  copy(copy: TensorCopy): void {
    this.#keep(copyCommand(copy));
  }

  /** Keeps the clearing of a tensor. */
  clear(tensor: Tensor): void {
    this.#keep(clearCommand(tensor));
  }

  /**
   * Refuses: what crosses is not part of a recording.
   *
   * @throws {TypeError} Always.
   */
  cross(what: string, remedy: string): void {
    throw new TypeError(`Cannot ${what} during a capture: it would not be recorded; ${remedy}`);
  }

  /**
   * A command may change any of its tensors. What a texture holds already is not copied again: the
   * gradient to a layer's sums serves two kernels.
   */
  #keep({ command, tensors }: TensorCommand): void {
    if (command.kind === "texture") {
      const { from, fromOffset, to, bytes } = command;
      const copied = this.#copied.get(to);
      const isThere = copied?.from === from && copied.fromOffset === fromOffset &&
        copied.bytes === bytes;
      if (isThere) return;
      this.#copied.set(to, { from, fromOffset, bytes });
    } else {
      const changed = new Set(tensors.map(({ buffer }) => buffer));
      for (const [texture, { from }] of this.#copied) {
        if (changed.has(from)) this.#copied.delete(texture);
      }
    }
    this.commands.push(command);
    tensors.filter(this.#isOutside).forEach((tensor) => this.outside.add(tensor));
  }
}
