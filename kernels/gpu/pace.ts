/**
 * How many dispatches go to the GPU together: as many as it does in a tenth of a second. Systems end what
 * a GPU works on for longer than some seconds at a time, and a weak one may take that long for a few
 * hundred dispatches; on a fast one small batches would only cost time.
 *
 * Nobody waits for the measurement. Whenever somebody waits for a result anyway, the time since the work
 * began tells how long its dispatches took at most. What is computed does not depend on it.
 *
 * @module
 */

/** Milliseconds that the GPU is to work on what is submitted together. */
const TARGET = 100;
/** Dispatches that are submitted together while nothing is known. */
const AT_FIRST = 32;
/** The fewest and the most. */
const [LEAST, MOST] = [8, 256];
/** Milliseconds from which on a wait says how long the work took: shorter ones are mostly waiting. */
const LONG = 50;

/** Measures how fast the GPU works, from when work is submitted and found to be done. */
export class Pace {
  readonly #now: () => number;
  /** Milliseconds of a dispatch; null while nothing is known. */
  #rate: number | null = null;
  #submitted = 0;
  #done = 0;
  /** Since when the GPU has had work; null while it has none. */
  #busySince: number | null = null;

  /** Starts without knowing anything; `now` tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The most dispatches that are to be submitted together. */
  get most(): number {
    if (this.#rate === null) return AT_FIRST;
    return Math.max(LEAST, Math.min(MOST, Math.floor(TARGET / this.#rate)));
  }

  /** Is told of dispatches that have been submitted; gives how many there have been in all. */
  submit(dispatches: number): number {
    this.#submitted += dispatches;
    this.#busySince ??= this.#now();
    return this.#submitted;
  }

  /** Is told that the first so many dispatches are done. */
  finish(dispatches: number): void {
    const count = dispatches - this.#done;
    if (count <= 0 || this.#busySince === null) return;
    const now = this.#now();
    this.#learn(now - this.#busySince, count);
    this.#done = dispatches;
    this.#busySince = dispatches === this.#submitted ? null : now;
  }

  /** A short wait tells only that the work took no longer; a slower GPU is believed at once. */
  #learn(milliseconds: number, count: number): void {
    const rate = milliseconds / count;
    const known = this.#rate;
    if (milliseconds < LONG) this.#rate = Math.min(known ?? Infinity, rate);
    else this.#rate = known === null || rate > known ? rate : (known + rate) / 2;
  }
}
