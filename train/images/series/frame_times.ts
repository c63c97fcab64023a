/**
 * When frames were taken, as far as their names tell: which of them are neighbours in time.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { formatRanges } from "../names.ts";

/**
 * When the frames of a sequence were taken.
 *
 * @category Series
 */
export interface FrameTimes {
  /** A whole number for each frame, ascending; neighbours differ by 1. */
  readonly times: readonly number[];
  /** By how much numbers go up from neighbour to neighbour; null where the order alone counts. */
  readonly step: number | null;
  /** What a user should know: gaps, and numbers that go up by more than 1. */
  readonly notes: readonly string[];
}

/**
 * What {@linkcode frameTimes} takes.
 *
 * @category Series
 */
export interface NumberedFrames {
  /** What to call the sequence in notes. */
  readonly name: string;
  /** The number of each frame, see `frameNumbers`. */
  readonly numbers: readonly (number | null)[];
  /** Numbers of further frames of the same video, which the sequence lacks. */
  readonly others?: readonly number[];
}

/** From here on a number is a date or a time of day, whose steps count nothing. */
const CLOCK = 100_000;

/**
 * When the frames of a sequence were taken. Their numbers tell: frames are neighbours where the number
 * goes up by the step that all numbers have in common, mostly 1, so a missing frame is a gap. Where
 * they do not go up all the time, or are dates and times of day (above 99,999), frames are neighbours in
 * their order.
 *
 * @example
 * ```ts
 * import { frameTimes } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const { times, notes } = frameTimes({ name: "video", numbers: [0, 1, 3] });
 * assertEquals(times, [0, 1, 3]);
 * assertEquals(notes, ["video: frame 2 is missing: frames 1 and 3 are no neighbours"]);
 * assertEquals(frameTimes({ name: "video", numbers: [10, 20, 40] }).times, [1, 2, 4]);
 * ```
 *
 * @category Series
 */
export function frameTimes({ name, numbers, others = [] }: NumberedFrames): FrameTimes {
  const order = { times: [...numbers.keys()], step: null, notes: [] };
  if (!ascends(numbers)) return order;
  const all = [...new Set([...numbers, ...others])].sort((a, b) => a - b);
  const steps = all.slice(1).map((number, i) => number - all[i]);
  const step = Math.max(1, steps.reduce(commonDivisor, 0));
  const isEven = steps.every((other) => other === step);
  if (!isEven && all.at(-1)! >= CLOCK) {
    const text = `${name}: numbers like ${all.at(-1)} are taken for times of day: all frames are ` +
      "neighbours in their order";
    return { ...order, notes: [text] };
  }
  const first = numbers.length > 0 && numbers[0] % step !== 0 ? all[0] : 0;
  const times = numbers.map((number) => (number - first) / step);
  return {
    times,
    step,
    notes: [...stepNotes(name, { numbers, step }), ...gapNotes(name, { numbers, step })],
  };
}

function ascends(numbers: readonly (number | null)[]): numbers is readonly number[] {
  return numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

interface Steps {
  readonly numbers: readonly number[];
  readonly step: number;
}

function stepNotes(name: string, { numbers, step }: Steps): string[] {
  if (step === 1 || !numbers.some((number, i) => number === numbers[i - 1] + step)) return [];
  return [`${name}: numbers go up by ${step}: frames ${step} apart are neighbours`];
}

function gapNotes(name: string, { numbers, step }: Steps): string[] {
  const gaps = numbers.flatMap((number, i) =>
    i > 0 && number > numbers[i - 1] + step ? [[numbers[i - 1], number] as const] : []
  );
  if (gaps.length === 0) return [];
  const [[before, after]] = gaps;
  const count = (after - before) / step - 1;
  if (gaps.length === 1) {
    const missing = step === 1
      ? `${wordFor(count, "frame")} ${formatRanges(range(before + 1, after))}`
      : counted(count, "frame");
    const verb = wordFor(count, "is", "are");
    return [`${name}: ${missing} ${verb} missing: frames ${before} and ${after} are no neighbours`];
  }
  const places = gaps.slice(0, 3).map(([before, after]) => `${before} and ${after}`);
  const more = gaps.length > places.length ? ", …" : "";
  return [
    `${name}: frames are missing in ${gaps.length} places: ${places.join(", ")}${more} are no ` +
    "neighbours",
  ];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
