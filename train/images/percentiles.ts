/**
 * Exact percentiles of any number of planes in constant memory.
 *
 * A float32 becomes a 32-bit key with the same order. A first pass counts the keys by their upper 16
 * bits, which tells the bin that holds each wanted rank; a second pass counts the lower 16 bits of
 * those bins only. Images of whole numbers below 65536 are counted directly and need one pass.
 *
 * @module
 */

import type { Plane } from "./image.ts";

const BINS = 65536;

/**
 * The percentiles of all pixels of some planes, by numpy's default (linear interpolation) rule.
 *
 * @param planes Planes of any sizes, taken together.
 * @param percents Numbers from 0 to 100.
 * @returns One intensity per entry of `percents`.
 * @throws {RangeError} When there are no pixels, a percent is out of range, or a pixel is not finite.
 *
 * @example
 * ```ts
 * import { percentiles } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const plane = { width: 5, height: 1, data: Float32Array.of(4, 0, 1, 3, 2) };
 * assertEquals(percentiles([plane], [0, 50, 90]), [0, 2, 3.6]);
 * ```
 *
 * @category Intensities
 */
export function percentiles(planes: readonly Plane[], percents: readonly number[]): number[] {
  const finder = new PercentileFinder(percents);
  for (const plane of planes) finder.count(plane);
  if (finder.needsRefinement()) { for (const plane of planes) finder.refine(plane); }
  return finder.values();
}

/**
 * The percentiles of all frames of a video that need not fit into memory.
 *
 * @param frames Starts reading the frames from the first one; called a second time unless all
 *   intensities are whole numbers below 65536.
 * @param percents Numbers from 0 to 100.
 * @returns One intensity per entry of `percents`, the same as {@linkcode percentiles} would give.
 * @throws {RangeError} As {@linkcode percentiles}.
 * @category Intensities
 */
export async function videoPercentiles(
  frames: () => Iterable<Plane> | AsyncIterable<Plane>,
  percents: readonly number[],
): Promise<number[]> {
  const finder = new PercentileFinder(percents);
  for await (const frame of frames()) finder.count(frame);
  if (finder.needsRefinement()) { for await (const frame of frames()) finder.refine(frame); }
  return finder.values();
}

/** The most pixels that may be counted in 32 bits. */
const MOST_FRESH = 2 ** 32 - 1;
/** The bits of the exponent, which are all set where a float is infinite or no number. */
const INFINITE = 0x7f800000;
/** The bits of the float −0, which equals 0 and sorts below it. */
const NEGATIVE_ZERO = 0x80000000;

/** Counts pixels in one or two passes and then knows the percentiles. */
export class PercentileFinder {
  readonly #percents: readonly number[];
  #total = 0;
  #onlyWhole = true;
  /** Whole numbers below 65536, as long as there are no others. */
  readonly #whole = new Float64Array(BINS);
  /** Those that were not added to `#whole` yet: counting in 32 bits is quicker. */
  readonly #fresh = new Uint32Array(BINS);
  #freshCount = 0;
  #negativeZeros = 0;
  /** The upper 16 bits of all, once there are others. */
  #upper: Float64Array | null = null;
  /** Counts of the lower 16 bits, for each upper half that holds a wanted rank. */
  readonly #lower: Float64Array[] = [];
  /** Which of them is that of an upper half, from 1; 0 for none. */
  readonly #slots = new Uint16Array(BINS);

  /**
   * Starts without pixels.
   *
   * @throws {RangeError} If a percent is out of range.
   */
  constructor(percents: readonly number[]) {
    for (const percent of percents) {
      if (!(percent >= 0 && percent <= 100)) {
        throw new RangeError(`Cannot take percentile ${percent}: it must be from 0 to 100`);
      }
    }
    this.#percents = percents;
  }

  /** Whether all pixels so far are whole numbers below 65536. */
  get hasOnlyWhole(): boolean {
    return this.#onlyWhole;
  }

  /** Forgets all pixels. */
  clear(): void {
    this.#total = this.#freshCount = this.#negativeZeros = 0;
    this.#onlyWhole = true;
    this.#whole.fill(0);
    this.#fresh.fill(0);
    this.#upper = null;
    this.#lower.length = 0;
    this.#slots.fill(0);
  }

  /**
   * The first pass.
   *
   * @throws {RangeError} If a pixel is not finite.
   */
  count(plane: Plane): void {
    const { data, width } = plane;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    let at = this.#onlyWhole ? this.#countWhole(data, bits) : 0;
    if (at < data.length) {
      const upper = this.#upperBins();
      for (; at < bits.length; at++) {
        if ((bits[at] & INFINITE) === INFINITE) {
          const place = `(${at % width}, ${Math.floor(at / width)})`;
          throw new RangeError(`Cannot take percentiles: pixel ${place} is ${data[at]}`);
        }
        upper[orderedKey(bits[at]) >>> 16]++;
      }
    }
    this.#total += data.length;
  }

  /** Counts pixels up to the first one that is no whole number below 65536, and gives its place. */
  #countWhole(data: Float32Array, bits: Uint32Array): number {
    const size = data.length;
    if (this.#freshCount + size > MOST_FRESH) this.#fold();
    const fresh = this.#fresh;
    let zeros = 0;
    let at = 0;
    for (; at < size; at++) {
      const value = data[at];
      const bin = value >>> 0;
      if (bin !== value || bin >= BINS) break;
      fresh[bin]++;
      if (bin === 0 && bits[at] === NEGATIVE_ZERO) zeros++;
    }
    this.#negativeZeros += zeros;
    this.#freshCount += at;
    return at;
  }

  #fold(): void {
    const [whole, fresh] = [this.#whole, this.#fresh];
    for (let bin = 0; bin < BINS; bin++) whole[bin] += fresh[bin];
    fresh.fill(0);
    this.#freshCount = 0;
  }

  /** The counts by upper bits, made of those of whole numbers where they are wanted first. */
  #upperBins(): Float64Array {
    if (this.#upper) return this.#upper;
    this.#fold();
    this.#onlyWhole = false;
    const upper = this.#upper = new Float64Array(BINS);
    const value = new Float32Array(1);
    const bits = new Uint32Array(value.buffer);
    const add = (number: number, count: number) => {
      value[0] = number;
      upper[orderedKey(bits[0]) >>> 16] += count;
    };
    add(0, this.#whole[0] - this.#negativeZeros);
    add(-0, this.#negativeZeros);
    for (let bin = 1; bin < BINS; bin++) add(bin, this.#whole[bin]);
    return upper;
  }

  /**
   * Adds the first pass of other pixels, or takes it away.
   *
   * @param options.sign 1 to add it, -1 to take away what was added; both only before a second pass, and
   *   only whole numbers can be taken away from only whole ones.
   */
  merge(other: PercentileFinder, { sign = 1 }: { sign?: 1 | -1 } = {}): void {
    if (this.#onlyWhole && other.#onlyWhole) {
      other.#fold();
      const [whole, added] = [this.#whole, other.#whole];
      for (let bin = 0; bin < BINS; bin++) whole[bin] += sign * added[bin];
      this.#negativeZeros += sign * other.#negativeZeros;
    } else {
      const [upper, added] = [this.#upperBins(), other.#upperBins()];
      for (let bin = 0; bin < BINS; bin++) upper[bin] += sign * added[bin];
    }
    this.#total += sign * other.#total;
  }

  /**
   * Whether the same planes must be given to {@linkcode refine} before the values are known.
   *
   * @throws {RangeError} If there are no pixels.
   */
  needsRefinement(): boolean {
    if (this.#total === 0) throw new RangeError("Cannot take percentiles: there are no pixels");
    if (this.#onlyWhole) return false;
    for (const rank of this.#percents.flatMap((percent) => this.#ranks(percent).slice(0, 2))) {
      const { bin } = findRank(this.#upperBins(), rank);
      if (this.#slots[bin] === 0) this.#slots[bin] = this.#lower.push(new Float64Array(BINS));
    }
    return true;
  }

  /** The second pass. */
  refine(plane: Plane): void {
    const bits = new Uint32Array(plane.data.buffer, plane.data.byteOffset, plane.data.length);
    const [slots, lower] = [this.#slots, this.#lower];
    for (let i = 0; i < bits.length; i++) {
      const key = orderedKey(bits[i]);
      const slot = slots[key >>> 16];
      if (slot !== 0) lower[slot - 1][key & 0xffff]++;
    }
  }

  /** The percentiles in the order they were asked for. */
  values(): number[] {
    if (this.#onlyWhole) this.#fold();
    return this.#percents.map((percent) => {
      const [below, above, fraction] = this.#ranks(percent);
      const a = this.#atRank(below);
      const b = this.#atRank(above);
      // numpy walks from the nearer end, so that both ends are met exactly.
      return fraction < 0.5 ? a + (b - a) * fraction : b - (b - a) * (1 - fraction);
    });
  }

  /** The two neighbouring ranks of a percentile and the fraction of the way between them. */
  #ranks(percent: number): [number, number, number] {
    const position = (percent / 100) * (this.#total - 1);
    const below = Math.floor(position);
    return [below, Math.min(below + 1, this.#total - 1), position - below];
  }

  #atRank(rank: number): number {
    if (this.#onlyWhole) return findRank(this.#whole, rank).bin;
    const upper = findRank(this.#upperBins(), rank);
    const lower = findRank(this.#lower[this.#slots[upper.bin] - 1], upper.rest);
    return floatOfKey(((upper.bin << 16) | lower.bin) >>> 0);
  }
}

/** The bin that holds an element of the given rank (from 0), and its rank within the bin. */
function findRank(counts: Float64Array, rank: number): { bin: number; rest: number } {
  let bin = 0;
  let rest = rank;
  while (rest >= counts[bin]) rest -= counts[bin++];
  return { bin, rest };
}

/** Float32 bits as an unsigned number that sorts like the float (negative numbers are inverted). */
function orderedKey(bits: number): number {
  return (bits ^ (bits >> 31 | 0x80000000)) >>> 0;
}

function floatOfKey(key: number): number {
  const bits = key & 0x80000000 ? key & 0x7fffffff : ~key;
  return new Float32Array(Uint32Array.of(bits >>> 0).buffer)[0];
}
