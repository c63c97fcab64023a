/**
 * Which true label image belongs to which frame: by name, by frame number, or in order.
 *
 * @module
 */

import { wordFor } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import type { LabelImage } from "../image.ts";
import { basename, countUp, dirname, formatRanges, frameNumbers, join } from "../names.ts";
import type { LabelSequence } from "./truth.ts";

/**
 * A label image and its truth, by position in their sequences.
 *
 * @category Series
 */
export interface TruthPair {
  /** Position in the labels. */
  readonly label: number;
  /** Position in the truth. */
  readonly truth: number;
}

/**
 * Which label images have truth.
 *
 * @category Series
 */
export interface TruthMatch {
  /** Pairs in the order of the labels. */
  readonly pairs: readonly TruthPair[];
  /** Names of label images without truth. */
  readonly withoutTruth: readonly string[];
  /** Truth images without labels, in their order. */
  readonly withoutLabels: readonly LoneTruth[];
  /** What met what, in one sentence for the user: `Frames 0–9 of a met frames 1–10 of b`. */
  readonly met: string;
}

/**
 * A truth image without labels.
 *
 * @category Series
 */
export interface LoneTruth {
  /** Position in the truth. */
  readonly truth: number;
  /** Its name. */
  readonly name: string;
  /** Its frame's number, counted as the labels' are; null where its name has none. */
  readonly number: number | null;
}

/**
 * What is matched: images by name and number.
 *
 * @category Series
 */
export type NamedImages = Pick<
  LabelSequence,
  "path" | "stack" | "length" | "names" | "stems" | "numbers"
>;

/**
 * Matches label images with their truth (or markers):
 * - two stacks, or a stack and a folder of as many images: one by one, in order; so also two folders of
 *   as many images of which one counts from 0 and the other from 1;
 * - names that are equal without their extension, if there are any: only those;
 * - otherwise frame numbers: `mask012.tif`, `man_seg012.tif`, `t012_v2.tif` and page 12 of a stack
 *   belong together. Pages count from 0, unless the other side has the number of pages itself and no 0.
 *
 * @throws {RangeError} If nothing matches, or a frame number occurs twice.
 *
 * @example
 * ```ts ignore
 * const { pairs, met } = matchTruth(await openLabels(disk, "a"), await openLabels(disk, "b"));
 * ```
 *
 * @category Series
 */
export function matchTruth(labels: NamedImages, truth: NamedImages): TruthMatch {
  const sides = { labels: numbered(labels, truth), truth: numbered(truth, labels) };
  const keys = chooseKeys(sides);
  const places = new Map(keys.truth.map((key, i) => [key, i]));
  const pairs: TruthPair[] = [];
  const withoutTruth: string[] = [];
  keys.labels.forEach((key, label) => {
    const place = key === null ? undefined : places.get(key);
    if (place === undefined) withoutTruth.push(labels.names[label]);
    else pairs.push({ label, truth: place });
  });
  if (pairs.length === 0) {
    throw unusable(
      `Cannot match ${labels.path} with ${truth.path}: no name or frame number is in both ` +
        `(labels like ${labels.names[0]}, truth like ${truth.names[0]}); rename one of them`,
    );
  }
  const used = new Set(pairs.map((pair) => pair.truth));
  const withoutLabels = truth.names
    .map((name, i): LoneTruth => ({ truth: i, name, number: numberAt(i, { keys, sides, pairs }) }))
    .filter((lone) => !used.has(lone.truth));
  return { pairs, withoutTruth, withoutLabels, met: sentence(pairs, { sides, keys }) };
}

interface Sides {
  readonly labels: NamedImages;
  readonly truth: NamedImages;
}

type Key = string | number | null;

/** What belongs together has equal keys. */
interface Keys {
  readonly labels: readonly Key[];
  readonly truth: readonly Key[];
  readonly by: "order" | "name" | "number";
}

/** A sequence whose only name is read as those of the other sequence are. */
function numbered(sequence: NamedImages, other: NamedImages): NamedImages {
  if (sequence.stack || other.stack || sequence.length > 1) return sequence;
  return { ...sequence, numbers: frameNumbers(sequence.stems, { like: other.stems }) };
}

function chooseKeys({ labels, truth }: Sides): Keys {
  const isStack = labels.stack || truth.stack;
  const isSingle = labels.length === 1;
  if (labels.length === truth.length && (isStack || isSingle)) return inOrder(labels.length);
  const known = new Set(truth.stems);
  if (labels.stems.some((stem) => known.has(stem))) {
    return checked({ labels: labels.stems, truth: truth.stems, by: "name" }, { labels, truth });
  }
  if (countFrom0And1(labels.numbers, truth.numbers)) return inOrder(labels.length);
  // Keys count as the labels do.
  const shift = labels.stack ? firstPage(labels, truth) : -firstPage(truth, labels);
  const shifted = truth.numbers.map((number) => number === null ? null : number - shift);
  return checked({ labels: labels.numbers, truth: shifted, by: "number" }, { labels, truth });
}

function inOrder(length: number): Keys {
  const positions = Array.from({ length }, (_, i) => i);
  return { labels: positions, truth: positions, by: "order" };
}

/** Whether as many numbers differ by 1 all along, and one sequence begins with 0. */
function countFrom0And1(a: readonly (number | null)[], b: readonly (number | null)[]): boolean {
  if (a.length !== b.length || a.length < 2 || Math.min(a[0] ?? 1, b[0] ?? 1) !== 0) return false;
  const differences = a.map((number, i) => (number ?? NaN) - (b[i] ?? NaN));
  return Math.abs(differences[0]) === 1 && differences.every((d) => d === differences[0]);
}

/** The number that the other sequence has for the first page of a stack: 0, or 1 if that is plain. */
function firstPage(
  { stack, length }: NamedImages,
  { stack: isPages, numbers }: NamedImages,
): number {
  if (!stack || isPages) return 0;
  const isInside = numbers.every((number) => number !== null && number >= 1 && number <= length);
  return isInside && numbers.includes(length) ? 1 : 0;
}

/** Refuses a key that stands for two images of one sequence. */
function checked(keys: Keys, sides: Sides): Keys {
  for (const side of ["labels", "truth"] as const) {
    const first = new Map<Key, string>();
    keys[side].forEach((key, i) => {
      const { path, names } = sides[side];
      const other = first.get(key);
      if (key !== null && other !== undefined) {
        throw unusable(
          `Cannot match the images in ${path}: ${other} and ${names[i]} both belong to frame ` +
            `${key}; keep one of them`,
        );
      }
      first.set(key, names[i]);
    });
  }
  return keys;
}

/** The number of a truth image as the labels count; null where names alone say what belongs together. */
function numberAt(
  i: number,
  { keys, sides: { labels, truth }, pairs }: {
    keys: Keys;
    sides: Sides;
    pairs: readonly TruthPair[];
  },
): number | null {
  if (keys.by === "number") return keys.truth[i] as number | null;
  const agree = pairs.every((pair) => labels.numbers[pair.label] === truth.numbers[pair.truth]);
  return agree ? truth.numbers[i] : null;
}

function sentence(
  pairs: readonly TruthPair[],
  { sides: { labels, truth }, keys }: { sides: Sides; keys: Keys },
): string {
  const [ours, theirs] = [pairs.map((pair) => pair.label), pairs.map((pair) => pair.truth)];
  const { by } = keys;
  const first = named(labels, ours, by).replace(
    /^(frame|page)/,
    (word) => word === "page" ? "Page" : "Frame",
  );
  const met = `${first} met ${named(truth, theirs, by)}`;
  if (keys.by === "name") return `${met}, by their names`;
  const stack = [labels, truth].find((sequence) => sequence.stack);
  const folder = [labels, truth].find((sequence) => !sequence.stack);
  if (keys.by === "order" || !stack || !folder || folder.numbers.includes(0)) return met;
  const isShifted = firstPage(stack, folder) === 1;
  return isShifted
    ? met
    : `${met}: pages count from 0, so number the files of ${folder.path} from 0, too`;
}

/** Some images of a sequence, by their numbers where they have any that count them. */
function named(
  { path, stack, length, names, stems, numbers }: NamedImages,
  positions: readonly number[],
  by: Keys["by"],
): string {
  if (length === 1) return names[0];
  const found = positions.map((i) => numbers[i]);
  const areNames = by === "name" && !countUp(stems);
  if (areNames || found.some((number) => number === null)) {
    return positions.length === 1
      ? `${names[positions[0]]} of ${path}`
      : `${names[positions[0]]} to ${names[positions.at(-1)!]} of ${path}`;
  }
  const what = stack ? "page" : "frame";
  const ascending = (found as number[]).toSorted((a, b) => a - b);
  return `${wordFor(found.length, what)} ${formatRanges(ascending)} of ${path}`;
}

/**
 * Reads a label image and its truth, which `matchTruth` found.
 *
 * @throws {RangeError} If their sizes differ; the message names both files.
 * @category Series
 */
export async function readTruthPair(
  { label, truth }: TruthPair,
  sequences: { labels: LabelSequence; truth: LabelSequence },
): Promise<{ labels: LabelImage; truth: LabelImage }> {
  const found = await sequences.labels.frame(label);
  const expected = await sequences.truth.frame(truth);
  if (found.width !== expected.width || found.height !== expected.height) {
    const nameOf = ({ path, stack, names }: LabelSequence, i: number) => {
      const isFile = stack || names[0] === basename(path);
      return join(isFile ? dirname(path) : path, names[i]);
    };
    throw unusable(
      `Cannot compare ${nameOf(sequences.labels, label)} (${found.width}x${found.height}) with ` +
        `${nameOf(sequences.truth, truth)} (${expected.width}x${expected.height}): sizes differ; ` +
        "give labels and truth of the same images",
    );
  }
  return { labels: found, truth: expected };
}
