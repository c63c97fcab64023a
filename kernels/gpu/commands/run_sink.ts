/**
 * The sink that runs what it is given.
 *
 * @module
 */

import type { Owner } from "../failures.ts";
import type { Tensor } from "../tensor.ts";
import { clearCommand, copyCommand, type DispatchBinder } from "./command.ts";
import type { Dispatch } from "./dispatch.ts";
import type { CommandQueue } from "./queue.ts";
import type { CommandSink, TensorCopy } from "./sink.ts";
import type { UniformCache } from "./uniforms.ts";

const MAX_CACHED_UNIFORMS = 4096;

/** Sends commands to a queue, which runs them with its next batch. */
export class RunSink implements CommandSink {
  /** It computes. */
  readonly isPlan = false;
  readonly #queue: CommandQueue;
  readonly #binder: DispatchBinder;
  readonly #uniforms: UniformCache;

  /** Sends to this queue, and keeps uniforms in this cache. */
  constructor(
    queue: CommandQueue,
    { binder, uniforms }: { binder: DispatchBinder; uniforms: UniformCache },
  ) {
    this.#queue = queue;
    this.#binder = binder;
    this.#uniforms = uniforms;
  }

  /** Queues a dispatch. */
  dispatch(dispatch: Dispatch, owner: Owner): void {
    if (this.#uniforms.size >= MAX_CACHED_UNIFORMS) {
      this.#queue.flush();
      this.#uniforms.clear();
    }
    for (const { command } of this.#binder.commandsOf(dispatch, this.#uniforms)) {
      this.#queue.add(command, owner);
    }
  }

  /** Queues a copy. */
  copy(copy: TensorCopy, owner: Owner): void {
    this.#queue.add(copyCommand(copy).command, owner);
  }

  /** Queues the clearing of a tensor. */
  clear(tensor: Tensor, owner: Owner): void {
    this.#queue.add(clearCommand(tensor).command, owner);
  }

  /** Values may cross at any time. */
  cross(): void {}
}
