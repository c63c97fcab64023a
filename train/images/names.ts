/**
 * Names of files: their parts, their order, and the numbers in them. Both `/` and `\` separate the
 * parts of a path, whatever the machine.
 *
 * @module
 */

import type { ImageFormat } from "./formats/format.ts";
import { imageFormats } from "./formats/list.ts";
import { basename } from "./paths.ts";

export { basename, dirname, join } from "./paths.ts";

/**
 * Compares two names so that numbers in them count as numbers: `t2` comes before `t10`, and equal
 * numbers with fewer leading zeros come first. The same on every machine, whatever its language.
 *
 * @returns A negative number, 0 or a positive number, as `Array.prototype.sort` wants.
 *
 * @example
 * ```ts
 * import { naturalCompare } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["t10", "t2", "t1"].sort(naturalCompare), ["t1", "t2", "t10"]);
 * ```
 *
 * @category Sources
 */
export function naturalCompare(a: string, b: string): number {
  const partsA = a.match(/\d+|\D+/g) ?? [];
  const partsB = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const difference = compareParts(partsA[i], partsB[i]);
    if (difference !== 0) return difference;
  }
  return partsA.length - partsB.length || a.length - b.length || compareText(a, b);
}

/** Compares two runs of digits by value, anything else as text. */
function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const digitsA = a.replace(/^0+/, "");
  const digitsB = b.replace(/^0+/, "");
  return digitsA.length - digitsB.length || compareText(digitsA, digitsB);
}

/** Compares by UTF-16 code unit. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a file is an image by its name, which ends as those of a format do. */
export function isImageName(
  name: string,
  formats: readonly ImageFormat[] = imageFormats,
): boolean {
  return extensionOf(name, formats) !== "";
}

/**
 * A file name without its image extension: `t01.ome.tif` and `t01.png` give `t01`.
 *
 * @param formats Those whose extensions are taken off.
 * @category Sources
 */
export function imageStem(name: string, formats: readonly ImageFormat[] = imageFormats): string {
  const file = basename(name);
  const extension = extensionOf(file, formats);
  if (extension === "") return file;
  return file.slice(0, file.length - extension.length).replace(/\.ome$/i, "");
}

/** The end of a name, with its dot, if it is a format's; else "". */
function extensionOf(name: string, formats: readonly ImageFormat[]): string {
  const end = name.match(/\.[^.]*$/)?.[0] ?? "";
  const isKnown = formats.some(({ extensions }) => extensions.includes(end.slice(1).toLowerCase()));
  return isKnown ? end : "";
}

/**
 * The frame number in a file name: its last run of digits (`man_seg012.tif` gives 12), or `null` if
 * it has none.
 *
 * @param formats Those whose extensions do not count.
 * @category Sources
 */
export function frameNumber(
  name: string,
  formats: readonly ImageFormat[] = imageFormats,
): number | null {
  const digits = imageStem(name, formats).match(/\d+/g)?.at(-1);
  return digits === undefined ? null : Number(digits);
}

/**
 * The frame numbers in the names of a sequence: of the runs of digits, the one that differs among the
 * names and goes up with them (`t000_c1`, `t001_c1` give 0 and 1). Where several do, it is the one
 * that goes up least, as a counter beside a clock does, and of equal ones the last. Where none does, or
 * the names are not built alike, it is the last run of each name, see {@linkcode frameNumber}.
 *
 * @param stems Names without extensions, in natural order.
 * @param options.like Names of a sequence of the same frames: they say which run it is where there is
 *   only one name.
 *
 * @example
 * ```ts
 * import { frameNumbers } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(frameNumbers(["t007_v2", "t008_v2", "t010_v2"]), [7, 8, 10]);
 * assertEquals(frameNumbers(["t012_v2"]), [2]);
 * assertEquals(frameNumbers(["seg012_v2"], { like: ["t011_v1", "t012_v1"] }), [12]);
 * ```
 *
 * @category Sources
 */
export function frameNumbers(
  stems: readonly string[],
  { like = [] }: { like?: readonly string[] } = {},
): (number | null)[] {
  return frameRuns(stems, like).map((run) => run === null ? null : Number(run));
}

/** How many digits the frame numbers of a sequence have, see {@linkcode frameNumbers}; 0 without any. */
export function frameDigits(stems: readonly string[]): number {
  return Math.max(0, ...frameRuns(stems).map((run) => run?.length ?? 0));
}

/** The frame numbers as they are written. */
function frameRuns(stems: readonly string[], like: readonly string[] = []): (string | null)[] {
  const column = countingRun(stems) ?? (stems.length === 1 ? countingRun(like) : null);
  return stems.map((stem) => {
    const runs = stem.match(/\d+/g) ?? [];
    return (column === null ? undefined : runs[column]) ?? runs.at(-1) ?? null;
  });
}

/** Which run of digits counts the names; null where none does. */
function countingRun(stems: readonly string[]): number | null {
  if (stems.length < 2) return null;
  const texts = new Set(stems.map((stem) => stem.replace(/\d+/g, "0")));
  if (texts.size > 1) return null;
  const runs = stems.map((stem) => (stem.match(/\d+/g) ?? []).map(Number));
  let best: { column: number; range: number } | null = null;
  for (let column = 0; column < runs[0].length; column++) {
    const values = runs.map((numbers) => numbers[column]);
    if (!values.every((value, i) => i === 0 || value > values[i - 1])) continue;
    const range = values.at(-1)! - values[0];
    if (!best || range <= best.range) best = { column, range };
  }
  return best?.column ?? null;
}

/**
 * Whether names are numbered one after the other: they differ in digits alone, and of the numbers one goes
 * up from name to name.
 *
 * @param stems Names without extensions, in natural order.
 */
export function countUp(stems: readonly string[]): boolean {
  return countingRun(stems) !== null;
}

/** What is said of the images of a folder whose names do not {@linkcode countUp}; what follows from it comes behind. */
export function notNumbered(path: string, { length }: { readonly length: number }): string {
  return `${path}: its ${length} images are not numbered one after the other`;
}

/** Numbers in ascending order as ranges: `0–4, 6`; those beyond the first few as `…`. */
export function formatRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const shown = ranges.length > MOST_RANGES ? ranges.slice(0, MOST_RANGES - 1) : ranges;
  const texts = shown.map(([from, to]) => from === to ? `${from}` : `${from}–${to}`);
  return [...texts, ...(shown.length < ranges.length ? [`… ${numbers.at(-1)}`] : [])].join(", ");
}

const MOST_RANGES = 5;
