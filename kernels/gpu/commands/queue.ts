/**
 * Commands on their way to the GPU: many dispatches per pass, many passes per submit.
 *
 * @module
 */

import type { FailureWatch } from "../failures.ts";
import type { Command } from "./command.ts";
import type { Profiler } from "./profiler.ts";
import { encodeTextureCopy } from "../memory/textures.ts";

const MAX_DISPATCHES_PER_SUBMIT = 256;

/** Encodes commands and submits them in batches, in their order. */
export class CommandQueue {
  readonly #gpu: GPUDevice;
  readonly #failures: FailureWatch;
  readonly #profiler: Profiler | null;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pending = 0;
  #dispatches = 0;

  /** Makes an empty queue; a profiler times every dispatch. */
  constructor(
    gpu: GPUDevice,
    { failures, profiler }: { failures: FailureWatch; profiler: Profiler | null },
  ) {
    this.#gpu = gpu;
    this.#failures = failures;
    this.#profiler = profiler;
  }

  /** Dispatches so far. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  /**
   * Adds a command; it runs with the next batch.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If something before it is known to
   * have failed.
   */
  add(command: Command): void {
    this.#failures.throwAny();
    switch (command.kind) {
      case "dispatch": {
        const pass = this.#computePass(command.label);
        pass.setPipeline(command.pipeline);
        pass.setBindGroup(0, command.group);
        pass.dispatchWorkgroups(...command.workgroups);
        this.#dispatches++;
        if (this.#profiler) this.#endPass();
        if (++this.#pending >= MAX_DISPATCHES_PER_SUBMIT) this.flush();
        return;
      }
      case "copy": {
        const { from, fromOffset, to, toOffset, bytes } = command;
        this.#encoderOutsidePass().copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
        return;
      }
      case "texture":
        return encodeTextureCopy(this.#encoderOutsidePass(), command);
      case "clear":
        this.#encoderOutsidePass().clearBuffer(command.buffer, 0, command.bytes);
    }
  }

  /** Submits everything added so far; does not wait. */
  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    this.#gpu.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#pending = 0;
  }

  /** Forgets what has not been submitted. */
  abandon(): void {
    this.#pass = null;
    this.#encoder = null;
  }

  #encoderOutsidePass(): GPUCommandEncoder {
    this.#endPass();
    return this.#encoder ??= this.#gpu.createCommandEncoder();
  }

  #computePass(label: string): GPUComputePassEncoder {
    this.#encoder ??= this.#gpu.createCommandEncoder();
    return this.#pass ??= this.#encoder.beginComputePass(this.#profiler?.next(label) ?? {});
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
