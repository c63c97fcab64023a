/**
 * Failures that the GPU reports late: each is kept for whom it concerns, and thrown once, at the next
 * wait. Only the loss of the device is final.
 *
 * @module
 */

import { DeviceLostError, OutOfMemoryError } from "./errors.ts";

/** Whose commands failed: a device, or a task of it. */
export type Owner = object;

/** A failure that has not been thrown yet; without an owner it is for whoever waits first. */
interface Pending {
  readonly error: Error;
  readonly owner: Owner | null;
}

/** Watches a device, and keeps what went wrong until somebody waits for it. */
export class FailureWatch {
  /** For whom memory is allocated at the moment; null for nobody in particular. */
  owner: Owner | null = null;
  #lost: DeviceLostError | null = null;
  #pending: Pending[] = [];
  /** Whom an error has been told already: a shader may be refused once for many dispatches. */
  readonly #told = new WeakMap<Error, WeakSet<Owner>>();
  readonly #checks = new Set<Promise<void>>();

  /** Starts to watch. */
  constructor(gpu: GPUDevice) {
    gpu.lost.then(({ reason, message }) => {
      this.#lost ??= new DeviceLostError(`Cannot go on: the GPU was lost (${reason}) ${message}`);
    });
    gpu.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      event.preventDefault();
      this.report(
        error.constructor.name === "GPUOutOfMemoryError"
          ? new OutOfMemoryError(`Cannot allocate on the GPU: ${error.message}`, { cause: error })
          : new Error(`Cannot run on the GPU: ${error.message}`),
        null,
      );
    });
  }

  /** Keeps a failure for its owner, who is told of the same error once. */
  report(error: Error, owner: Owner | null): void {
    const told = this.#told.get(error) ?? new WeakSet();
    this.#told.set(error, told);
    if (owner && told.has(owner)) return;
    if (owner) told.add(owner);
    this.#pending.push({ error, owner });
  }

  /** Notes a check that is under way: {@linkcode FailureWatch.settled} waits for it. */
  watch(check: Promise<void>): void {
    // A device that is lost meanwhile answers no more; that is told otherwise.
    const ended = check.catch(() => {}).finally(() => this.#checks.delete(ended));
    this.#checks.add(ended);
  }

  /** Waits until the driver has answered for everything that was given to it. */
  async settled(): Promise<void> {
    if (this.#checks.size > 0) await Promise.all(this.#checks);
  }

  /** Says that the device has been closed on purpose. */
  close(): void {
    this.#lost = new DeviceLostError("Cannot use the GPU: its device has been closed");
    this.#pending = [];
  }

  /**
   * Throws if the device is gone.
   *
   * @throws {DeviceLostError} Now and ever after.
   */
  throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /**
   * Throws what has gone wrong with the commands of an owner, if anything has, and forgets it. Further
   * failures are the `cause` of the first.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} The first failure.
   */
  throwAny(owner: Owner): void {
    this.throwIfLost();
    const isMine = ({ owner: whose }: Pending) => whose === null || whose === owner;
    const [first, ...others] = this.#pending.filter(isMine).map(({ error }) => error);
    if (!first) return;
    this.#pending = this.#pending.filter((failure) => !isMine(failure));
    if (others.length > 0) first.cause ??= new AggregateError(others, "Further failures");
    throw first;
  }
}
