/**
 * Batches that are made ahead, while the GPU and this thread do other things.
 *
 * @module
 */

import type { Batch, BatchStream } from "../batches.ts";
import type { Augmenter } from "./augmenter.ts";

/** How many batches are under way or wait. */
const AHEAD = 2;

/** A batch on its way, and where its stream stands behind it. */
interface Coming {
  readonly batch: Promise<Batch>;
  readonly state: unknown;
}

/**
 * The batches of a stream, the next ones begun before they are wanted. They are the same, in the same order;
 * the stream stands where the last one that was taken left it, so that a run that goes on makes the others
 * again.
 *
 * @category Batches
 */
export class AheadStream implements BatchStream {
  readonly #stream: BatchStream;
  readonly #augment: Augmenter;
  readonly #coming: Coming[] = [];
  #state: unknown;

  /** Makes batches of a stream ahead, augmented elsewhere. */
  constructor(stream: BatchStream, { augment }: { augment: Augmenter }) {
    this.#stream = stream;
    this.#augment = augment;
    this.#state = stream.state;
  }

  /**
   * The next batch.
   *
   * @throws {SyntaxError | RangeError} If an image has to be read and its file is damaged.
   */
  async next(): Promise<Batch> {
    while (this.#coming.length <= AHEAD) this.#begin();
    const { batch, state } = this.#coming.shift()!;
    this.#state = state;
    return await batch;
  }

  /** Where the stream stood after the last batch that was taken. */
  get state(): unknown {
    return this.#state;
  }

  /** Goes on from where it stood; what was made ahead is forgotten. */
  restore(state: unknown): void {
    this.#coming.length = 0;
    this.#stream.restore(state);
    this.#state = this.#stream.state;
  }

  #begin(): void {
    const batch = Promise.resolve(this.#stream.next(this.#augment));
    // A failure is told when it is the batch's turn.
    batch.catch(() => {});
    this.#coming.push({ batch, state: this.#stream.state });
  }
}
