/**
 * Label images in order, and their truth or markers, matched by name or frame number.
 *
 * @module
 */

import { decodeImage, readLabels, type ReadLabelsOptions } from "../formats/decode.ts";
import { basename, dirname, frameNumber, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import { foregroundOf, type LabelImage } from "../image.ts";
import { framePages } from "./video.ts";

/** Label images, decoded one at a time. */
export interface LabelSequence {
  /** The folder or file. */
  readonly path: string;
  /** True if all images are pages of one file. */
  readonly stack: boolean;
  /** Number of images. */
  readonly length: number;
  /** What to call each image: its file's name, and for a stack with the page behind a `#`. */
  readonly names: readonly string[];
  /** The names without image extension: equal ones belong together. */
  readonly stems: readonly string[];
  /** Frame numbers: the last digits of the name, or the page (from 0) of a stack. */
  readonly numbers: readonly (number | null)[];
  /** Decodes image i (from 0), ids as stored unless instances are merged. */
  readonly frame: (i: number) => Promise<LabelImage>;
}

/** Options of {@linkcode openLabels}. */
export interface LabelOptions extends ReadLabelsOptions {
  /** Merge all objects into one with id 1: masks that only tell foreground from background. */
  mergeInstances?: boolean;
}

/**
 * Opens label images.
 *
 * @param path A folder of PNG or TIFF label images, a TIFF stack, or a single image.
 * @throws {RangeError} If the folder holds no images, or a file in it has several pages.
 * @throws {SyntaxError} If a single file cannot be read.
 *
 * @example
 * ```ts ignore
 * const labels = await openLabels(disk, "predicted/");
 * const first = await labels.frame(0);
 * ```
 */
export async function openLabels(
  source: Source,
  path: string,
  { mergeInstances = false, ...options }: LabelOptions = {},
): Promise<LabelSequence> {
  const labels = await source.isFolder(path)
    ? await openFolder(source, path, options)
    : await openFile(source, path, options);
  if (!mergeInstances) return labels;
  return { ...labels, frame: async (i) => foregroundOf(await labels.frame(i)) };
}

async function openFolder(
  source: Source,
  path: string,
  options: ReadLabelsOptions,
): Promise<LabelSequence> {
  const { images } = await listFolder(source, path);
  if (images.length === 0) {
    const kinds = namesOf(formatsOf(source));
    throw new RangeError(
      `Cannot read labels from ${path}: it has no ${kinds} files in it; give the folder that ` +
        "holds the label images",
    );
  }
  return {
    path,
    stack: false,
    length: images.length,
    names: images,
    stems: images.map((name) => imageStem(name, formatsOf(source))),
    numbers: images.map((name) => frameNumber(name, formatsOf(source))),
    frame: async (i) => {
      const file = join(path, images[i]);
      const image = await decodeImage(source, file);
      if (image.length > 1) {
        throw new RangeError(
          `Cannot read ${file} as one label image: it has ${image.length} pages; give this file ` +
            "itself as the labels",
        );
      }
      return await readLabels(image, 0, options);
    },
  };
}

async function openFile(
  source: Source,
  path: string,
  options: ReadLabelsOptions,
): Promise<LabelSequence> {
  const image = await decodeImage(source, path);
  const { pages } = framePages(image);
  const name = basename(path);
  const stack = pages.length > 1;
  const names = stack ? pages.map((_, i) => `${name}#${i}`) : [name];
  return {
    path,
    stack,
    length: pages.length,
    names,
    stems: stack ? names : [imageStem(name, formatsOf(source))],
    numbers: stack ? pages.map((_, i) => i) : [frameNumber(name, formatsOf(source))],
    frame: async (i) => await readLabels(image, pages[i], options),
  };
}

/** A label image and its truth, by position in their sequences. */
export interface TruthPair {
  /** Position in the labels. */
  readonly label: number;
  /** Position in the truth. */
  readonly truth: number;
}

/** Which label images have truth. */
export interface TruthMatch {
  /** Pairs in the order of the labels. */
  readonly pairs: readonly TruthPair[];
  /** Names of label images without truth. */
  readonly withoutTruth: readonly string[];
  /** Truth images without labels, in their order. */
  readonly withoutLabels: readonly LoneTruth[];
}

/** A truth image without labels. */
export interface LoneTruth {
  /** Position in the truth. */
  readonly truth: number;
  /** Its name. */
  readonly name: string;
  /** Its frame's number, counted as the labels' are; null where its name has none. */
  readonly number: number | null;
}

/**
 * Matches label images with their truth (or markers):
 * - two stacks, or a stack and a folder of as many images: one by one, in order;
 * - names that are equal without their extension, if there are any: only those;
 * - otherwise frame numbers: `mask012.tif`, `man_seg012.tif`, `t012.tif` and page 12 (from 0) of a
 *   stack belong together.
 *
 * @throws {RangeError} If nothing matches, or a frame number occurs twice.
 *
 * @example
 * ```ts ignore
 * const { pairs, withoutTruth } = matchTruth(await openLabels(disk, "a"), await openLabels(disk, "b"));
 * ```
 */
export function matchTruth(labels: LabelSequence, truth: LabelSequence): TruthMatch {
  const keys = chooseKeys(labels, truth);
  const places = new Map(keys.truth.map((key, i) => [key, i]));
  const pairs: TruthPair[] = [];
  const withoutTruth: string[] = [];
  keys.labels.forEach((key, label) => {
    const place = key === null ? undefined : places.get(key);
    if (place === undefined) withoutTruth.push(labels.names[label]);
    else pairs.push({ label, truth: place });
  });
  if (pairs.length === 0) {
    throw new RangeError(
      `Cannot match ${labels.path} with ${truth.path}: no name or frame number is in both ` +
        `(labels like ${labels.names[0]}, truth like ${truth.names[0]}); rename one of them`,
    );
  }
  const used = new Set(pairs.map((pair) => pair.truth));
  const withoutLabels = truth.names
    .map((name, i): LoneTruth => ({ truth: i, name, number: truth.numbers[i] }))
    .filter((lone) => !used.has(lone.truth));
  return { pairs, withoutTruth, withoutLabels };
}

type Key = string | number | null;

function chooseKeys(
  labels: LabelSequence,
  truth: LabelSequence,
): { labels: readonly Key[]; truth: readonly Key[] } {
  const inOrder = (labels.stack || truth.stack) && labels.length === truth.length;
  const single = labels.length === 1 && truth.length === 1;
  if (inOrder || single) {
    const positions = Array.from({ length: labels.length }, (_, i) => i);
    return { labels: positions, truth: positions };
  }
  const stems = { labels: labels.stems, truth: truth.stems };
  const known = new Set(stems.truth);
  if (stems.labels.some((stem) => known.has(stem))) return checkedKeys(stems, { labels, truth });
  return checkedKeys({ labels: labels.numbers, truth: truth.numbers }, { labels, truth });
}

/** Refuses a key that stands for two images of one sequence. */
function checkedKeys(
  keys: { labels: readonly Key[]; truth: readonly Key[] },
  sequences: { labels: LabelSequence; truth: LabelSequence },
): { labels: readonly Key[]; truth: readonly Key[] } {
  for (const side of ["labels", "truth"] as const) {
    const first = new Map<Key, string>();
    keys[side].forEach((key, i) => {
      const { path, names } = sequences[side];
      const other = first.get(key);
      if (key !== null && other !== undefined) {
        throw new RangeError(
          `Cannot match the images in ${path}: ${other} and ${names[i]} both belong to frame ` +
            `${key}; keep one of them`,
        );
      }
      first.set(key, names[i]);
    });
  }
  return keys;
}

/**
 * Reads a label image and its truth.
 *
 * @throws {RangeError} If their sizes differ; the message names both files.
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
    throw new RangeError(
      `Cannot compare ${nameOf(sequences.labels, label)} (${found.width}x${found.height}) with ` +
        `${nameOf(sequences.truth, truth)} (${expected.width}x${expected.height}): sizes differ; ` +
        "give labels and truth of the same images",
    );
  }
  return { labels: found, truth: expected };
}
