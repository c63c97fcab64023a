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

/** Counts pixels in one or two passes and then knows the percentiles. */
class PercentileFinder {
  #percents: readonly number[];
  #total = 0;
  #whole = new Float64Array(BINS);
  #onlyWhole = true;
  #upper = new Float64Array(BINS);
  /** Counts of the lower 16 bits, for each upper half that holds a wanted rank. */
  #lower = new Map<number, Float64Array>();

  constructor(percents: readonly number[]) {
    for (const percent of percents) {
      if (!(percent >= 0 && percent <= 100)) {
        throw new RangeError(`Cannot take percentile ${percent}: it must be from 0 to 100`);
      }
    }
    this.#percents = percents;
  }

  /** The first pass. */
  count(plane: Plane): void {
    const bits = new Uint32Array(plane.data.buffer, plane.data.byteOffset, plane.data.length);
    for (let i = 0; i < bits.length; i++) {
      const value = plane.data[i];
      if (!Number.isFinite(value)) {
        throw new RangeError(
          `Cannot take percentiles: pixel (${i % plane.width}, ${
            Math.floor(i / plane.width)
          }) is ${value}`,
        );
      }
      if (this.#onlyWhole) {
        if (value >= 0 && value < BINS && Number.isInteger(value)) this.#whole[value]++;
        else this.#onlyWhole = false;
      }
      this.#upper[orderedKey(bits[i]) >>> 16]++;
    }
    this.#total += bits.length;
  }

  /** Whether the same planes must be given to {@linkcode refine} before the values are known. */
  needsRefinement(): boolean {
    if (this.#total === 0) throw new RangeError("Cannot take percentiles: there are no pixels");
    if (this.#onlyWhole) return false;
    for (const rank of this.#percents.flatMap((percent) => this.#ranks(percent).slice(0, 2))) {
      this.#lower.set(findRank(this.#upper, rank).bin, new Float64Array(BINS));
    }
    return true;
  }

  /** The second pass. */
  refine(plane: Plane): void {
    const bits = new Uint32Array(plane.data.buffer, plane.data.byteOffset, plane.data.length);
    for (let i = 0; i < bits.length; i++) {
      const key = orderedKey(bits[i]);
      const counts = this.#lower.get(key >>> 16);
      if (counts) counts[key & 0xffff]++;
    }
  }

  /** The percentiles in the order they were asked for. */
  values(): number[] {
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
    const upper = findRank(this.#upper, rank);
    const lower = findRank(this.#lower.get(upper.bin)!, upper.rest);
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
  return (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0;
}

function floatOfKey(key: number): number {
  const bits = key & 0x80000000 ? key & 0x7fffffff : ~key;
  return new Float32Array(Uint32Array.of(bits >>> 0).buffer)[0];
}
