/**
 * A recording: the commands of a computation of fixed shapes, captured once and run many times without
 * making tensors, bind groups or plans again.
 *
 * @module
 */

import type { Owner } from "../failures.ts";
import type { Arena } from "../memory/arena.ts";
import type { Tensor } from "../tensor.ts";
import type { CaptureSink } from "./capture_sink.ts";
import type { CommandQueue } from "./queue.ts";

/** Where a recording lies and where it runs. */
export interface RecordingPlace {
  /** Where its own tensors lie. */
  readonly arena: Arena;
  /** Whether nobody else uses the arena. */
  readonly ownsArena: boolean;
  /** Where it sends its commands. */
  readonly queue: CommandQueue;
  /** Who captured it, and is told if it fails. */
  readonly owner: Owner;
  /** Is told of each tensor that a run may write. */
  readonly noteWrite: (tensor: Tensor) => void;
}

/**
 * A captured computation; `Device.capture()` makes it.
 *
 * @category Tensors
 */
export class Recording implements Disposable {
  readonly #capture: CaptureSink;
  readonly #place: RecordingPlace;
  #disposed = false;

  /** Wraps what a device has captured. */
  constructor(capture: CaptureSink, place: RecordingPlace) {
    this.#capture = capture;
    this.#place = place;
  }

  /** Dispatches in one run. */
  get dispatchCount(): number {
    return this.#capture.commands.filter(({ kind }) => kind === "dispatch").length;
  }

  /**
   * Queues a run on what the tensors from outside hold now. Write its inputs before with
   * `Device.write()`; what it is to leave behind it must copy to a tensor from outside.
   *
   * @throws {TypeError} If it or a tensor that it uses is gone.
   * @throws {ShaderError} If the driver has refused one of its shaders; nothing is queued then.
   */
  replay(): void {
    const { commands, outside } = this.#capture;
    const { arena, queue, owner, noteWrite } = this.#place;
    if (this.#disposed || arena.disposed) {
      throw new TypeError("Cannot replay: the recording or its arena has been disposed of");
    }
    for (const tensor of outside) {
      if (tensor.freed) {
        throw new TypeError("Cannot replay: a tensor that the recording uses has been freed");
      }
    }
    for (const command of commands) {
      if (command.kind === "dispatch" && command.shader.verdict.error) {
        throw command.shader.verdict.error;
      }
    }
    outside.forEach(noteWrite);
    for (const command of commands) queue.add(command, owner);
  }

  /** Forgets the commands; their memory goes back unless an arena from outside holds it. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { arena, ownsArena, queue } = this.#place;
    queue.flush();
    this.#capture.uniforms.clear();
    if (ownsArena) arena[Symbol.dispose]();
  }
}
