/**
 * Learning-rate schedules.
 *
 * @module
 */

/**
 * Half a cosine from `start` at step 0 to `end` at step `total`.
 *
 * @category Optimisers
 */
export function cosineRate(
  { start, end, step, total }: { start: number; end: number; step: number; total: number },
): number {
  const progress = total === 0 ? 1 : Math.min(1, step / total);
  return end + (start - end) * (1 + Math.cos(Math.PI * progress)) / 2;
}

/**
 * Where a {@linkcode Plateau} stands, as plain numbers.
 *
 * @category Optimisers
 */
export interface PlateauState {
  /** How often the rate has been lowered. */
  readonly drops: number;
  /** The best value so far; null before the first. */
  readonly best: number | null;
  /** Values since the best. */
  readonly waited: number;
}

/**
 * Lowers a rate by a factor when a value (a validation loss) has stopped falling.
 *
 * @category Optimisers
 */
export class Plateau {
  readonly #factor: number;
  readonly #patience: number;
  #state: PlateauState = { drops: 0, best: null, waited: 0 };

  /** Starts with the full rate. */
  constructor({ factor, patience }: { factor: number; patience: number }) {
    this.#factor = factor;
    this.#patience = patience;
  }

  /** What to multiply the first rate with now. */
  get scale(): number {
    return this.#factor ** this.#state.drops;
  }

  /** Takes note of a value. */
  observe(value: number): void {
    const { drops, best, waited } = this.#state;
    if (value < (best ?? Infinity)) this.#state = { drops, best: value, waited: 0 };
    else if (waited + 1 >= this.#patience) this.#state = { drops: drops + 1, best, waited: 0 };
    else this.#state = { drops, best, waited: waited + 1 };
  }

  /** The state, for saving. */
  get state(): PlateauState {
    return this.#state;
  }

  /** Goes on from a saved state. */
  restore(state: PlateauState): void {
    this.#state = state;
  }
}
