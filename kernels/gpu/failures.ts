/**
 * Failures that the GPU reports late: they are kept, and thrown at the next call.
 *
 * @module
 */

import { DeviceLostError, OutOfMemoryError, ShaderError } from "./errors.ts";

/** Watches a device and remembers what went wrong first. */
export class FailureWatch {
  #failure: Error | null = null;

  /** Starts to watch. */
  constructor(gpu: GPUDevice) {
    gpu.lost.then(({ reason, message }) => {
      this.#failure ??= new DeviceLostError(
        `Cannot go on: the GPU was lost (${reason}) ${message}`,
      );
    });
    gpu.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      event.preventDefault();
      this.#failure ??= error.constructor.name === "GPUOutOfMemoryError"
        ? new OutOfMemoryError(`Cannot allocate on the GPU: ${error.message}`)
        : new Error(`Cannot run on the GPU: ${error.message}`);
    });
  }

  /** Notes a refused shader, in place of the validation errors that it has caused already. */
  explain(error: ShaderError): void {
    const isKnown = [ShaderError, DeviceLostError].some((kind) => this.#failure instanceof kind);
    if (!isKnown) this.#failure = error;
  }

  /** Says that the device has been closed on purpose. */
  close(): void {
    this.#failure = new DeviceLostError("Cannot use the GPU: its device has been closed");
  }

  /**
   * Throws what has gone wrong, if anything has.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} The first failure.
   */
  throwAny(): void {
    if (this.#failure) throw this.#failure;
  }
}
