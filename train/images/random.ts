/**
 * A seeded random generator whose state can be saved and restored, so that a resumed run draws the
 * same numbers as an uninterrupted one.
 *
 * @module
 */

/**
 * The four 32-bit words of a {@linkcode Random} generator, as saved in a run's state.
 *
 * @category Random numbers
 */
export type RandomState = readonly [number, number, number, number];

/**
 * Random numbers from xoshiro128** (Blackman and Vigna 2018), seeded through SplitMix32.
 *
 * @example A generator can be continued from its saved state
 * ```ts
 * import { Random } from "@kymo/kymo/random";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new Random(7);
 * random.next();
 * const copy = Random.from(random.state);
 * assertEquals(copy.next(), random.next());
 * ```
 *
 * @category Random numbers
 */
export class Random {
  #words: Uint32Array;

  /**
   * Starts a generator.
   *
   * @param seed Any number; its lowest 32 bits are used.
   * @param stream Generators with the same seed and different streams are independent.
   */
  constructor(seed: number, stream = 0) {
    let mixed = (seed ^ Math.imul(stream, 0x632be59b)) >>> 0;
    this.#words = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** Continues from a saved {@linkcode Random.state}. */
  static from(state: RandomState): Random {
    const random = new Random(0);
    random.#words = Uint32Array.from(state);
    return random;
  }

  /** The state, as plain numbers that JSON can hold. */
  get state(): RandomState {
    const [a, b, c, d] = this.#words;
    return [a, b, c, d];
  }

  /** A whole number in [0, 2³²). */
  nextUint32(): number {
    const s = this.#words;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [0, 1) with 32 random bits. */
  next(): number {
    return this.nextUint32() / 2 ** 32;
  }

  /** A number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [0, count). */
  integer(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A standard normal number (Box–Muller; the second of each pair is dropped to keep no state). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** A Poisson number; for means above 30 the normal approximation, rounded and never below 0. */
  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }

  /** A random permutation of 0 … count − 1 (Fisher–Yates). */
  permutation(count: number): Uint32Array<ArrayBuffer> {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
