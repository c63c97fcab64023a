/**
 * Sequences of z-stacks: time, depth, rows and columns. Planes are decoded when they are asked for
 * and only a few are kept, so a sequence may be many times larger than memory.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { decodeImage, readPlane } from "../formats/decode.ts";
import { basename, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import type { ImageStack } from "../formats/format.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import type { Calibration, Plane } from "../image.ts";
import { PlaneCache } from "../plane_cache.ts";
import { channelIndex, channelSentence, namesOfChannels } from "./plane_choice.ts";
import { folderSet } from "./video.ts";

/**
 * Stacks of one size in time, whose planes are decoded one at a time.
 *
 * @category Series
 */
export interface ZSequence {
  /** The folder or file. */
  readonly path: string;
  /** The last part of the path, without an image extension. */
  readonly name: string;
  /** Number of stacks in time, T. */
  readonly length: number;
  /** Number of planes of each stack, Z. */
  readonly depth: number;
  /** Width of every plane in pixels. */
  readonly width: number;
  /** Height of every plane in pixels. */
  readonly height: number;
  /** A name for each stack: its file's, or the sequence's with the number of the frame. */
  readonly names: readonly string[];
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /** What a user should know about how the stacks are read. */
  readonly notes: readonly string[];
  /**
   * Decodes plane z of the stack at time t, both from 0; the pixels are only to be read.
   *
   * @throws {SyntaxError} If the stack's file is damaged.
   * @throws {RangeError} If its size differs from the first stack's, or there is no such plane.
   */
  plane(t: number, z: number): Promise<Plane>;
}

/**
 * One stack of a sequence.
 *
 * @category Series
 */
export interface StackPlace {
  /** The sequence. */
  readonly sequence: ZSequence;
  /** Its time, from 0. */
  readonly t: number;
}

/**
 * A stack whose plane in focus is known.
 *
 * @category Series
 */
export interface LabelledStack extends StackPlace {
  /** The plane in focus, from 0. */
  readonly plane: number;
}

/**
 * Options of {@linkcode openZSequence}.
 *
 * @category Series
 */
export interface ZSequenceOptions {
  /** Channel of the files, by its number from 1 or its name; the first by default. */
  readonly channel?: number | string;
  /** Planes of a stack, for one file that does not say what its pages are. */
  readonly depth?: number;
  /** Where decoded planes are kept; by default the sequence keeps 64 MiB of its own. */
  readonly cache?: PlaneCache;
}

/** Bytes of decoded planes that a sequence keeps: the planes of two sub-stacks of 15 at 512x512. */
const CACHE_BYTES = 64 * 2 ** 20;

/** Files of a folder whose directories are kept at hand. */
const OPEN_FILES = 4;

/** The stacks of one file: which page holds plane z at time t. */
interface StackFile {
  readonly stack: ImageStack;
  readonly length: number;
  readonly depth: number;
  /** Index of the channel that is read. */
  readonly channel: number;
  readonly page: (t: number, z: number) => number;
}

/**
 * Opens a sequence of z-stacks.
 *
 * @param path A TIFF file whose ImageJ or OME description names its axes (or whose `depth` is
 * given), or a folder with one file per time point in natural order of names.
 * @throws {RangeError} If there are no stacks, or the pages do not make whole stacks.
 * @throws {SyntaxError} If the first file cannot be read.
 *
 * @example
 * ```ts ignore
 * const movie = await openZSequence(disk, "movie.ome.tif");
 * const plane = await movie.plane(0, Math.floor(movie.depth / 2));
 * ```
 *
 * @category Series
 */
export async function openZSequence(
  source: Source,
  path: string,
  options: ZSequenceOptions = {},
): Promise<ZSequence> {
  return await source.isFolder(path)
    ? await openFolder(source, path, options)
    : await openFile(source, path, options);
}

async function openFile(
  source: Source,
  path: string,
  options: ZSequenceOptions,
): Promise<ZSequence> {
  const stack = await decodeImage(source, path);
  return sequenceOf(stack, { ...options, name: imageStem(path, formatsOf(source)) });
}

/** The stacks of one file, or of one data set. */
function sequenceOf(
  stack: ImageStack,
  { name, cache = new PlaneCache(CACHE_BYTES), ...options }: ZSequenceOptions & { name: string },
): ZSequence {
  const { path } = stack;
  const file = stacksOf(stack, options);
  const { length, depth } = file;
  const { width, height } = stack;
  const digits = Math.max(3, String(length - 1).length);
  const names = length === 1
    ? [name]
    : Array.from({ length }, (_, t) => `${name}_t${String(t).padStart(digits, "0")}`);
  const notes = notesOf(file, options);
  if (length > 1 && depth === 1) {
    notes.push(`${path}: it has no depth axis: each page counts as a stack of one plane`);
  }
  return {
    path,
    name,
    length,
    depth,
    width,
    height,
    names,
    calibration: stack.calibration,
    notes,
    plane: async (t, z) => {
      checkPlace({ t, z }, { path, length, depth });
      const page = file.page(t, z);
      return await cache.get(`${path}:${page}`, () => readPlane(stack, page));
    },
  };
}

async function openFolder(
  source: Source,
  path: string,
  options: ZSequenceOptions,
): Promise<ZSequence> {
  const { cache = new PlaneCache(CACHE_BYTES), channel } = options;
  const { images } = await listFolder(source, path);
  if (images.length === 0) {
    const kinds = namesOf(formatsOf(source));
    throw unusable(
      `Cannot use ${path} as z-stacks: it has no ${kinds} files in it; give a folder with one ` +
        "stack per time point",
    );
  }
  const set = await folderSet(source, path, images);
  if (set !== null) return { ...sequenceOf(set, { ...options, name: basename(path) }), path };
  const open = async (t: number) =>
    oneStack(await decodeImage(source, join(path, images[t])), options);
  const first = await open(0);
  const { depth, stack: { width, height } } = first;
  const files = new Map([[0, Promise.resolve(first)]]);
  const fileAt = (t: number) => {
    const file = files.get(t) ?? open(t);
    files.delete(t);
    files.set(t, file);
    file.catch(() => files.delete(t));
    if (files.size > OPEN_FILES) files.delete(files.keys().next().value!);
    return file;
  };
  return {
    path,
    name: basename(path),
    length: images.length,
    depth,
    width,
    height,
    names: images.map((name) => imageStem(name, formatsOf(source))),
    calibration: first.stack.calibration,
    notes: notesOf(first, options),
    plane: async (t, z) => {
      checkPlace({ t, z }, { path, length: images.length, depth });
      return await cache.get(`${join(path, images[t])}:${z}:${channel}`, async () => {
        const file = await fileAt(t);
        checkAlike(path, { file, name: images[t] }, { file: first, name: images[0] });
        return await readPlane(file.stack, file.page(0, z));
      });
    },
  };
}

/**
 * Which pages of a file are which planes. Pages without a description are frames in time to the
 * reader of files; `depth` says how many of them make a stack.
 */
function stacksOf(
  stack: ImageStack,
  { channel, depth }: Pick<ZSequenceOptions, "channel" | "depth">,
): StackFile {
  const { axes: { t, z, c }, order, path, channelNames } = stack;
  const at = c === 1 ? 0 : channelIndex(channel, { path, names: namesOfChannels(c, channelNames) });
  const planes = depth ?? z;
  if (z > 1 && planes !== z) {
    throw unusable(
      `Cannot read ${path} as stacks of ${
        counted(planes, "plane")
      }: its description says ${z}; leave the ` +
        "depth out",
    );
  }
  if (!(Number.isInteger(planes) && planes > 0 && (t * z) % planes === 0)) {
    throw unusable(
      `Cannot read ${path} as stacks of ${counted(planes, "plane")}: its ${counted(t, "page")} ${
        wordFor(t, "does", "do")
      } not make whole ` +
        "stacks; give a depth that divides them",
    );
  }
  const page = (i: number, k: number) => order[(i * planes + k) * c + at];
  return { stack, length: t * z / planes, depth: planes, channel: at, page };
}

/** The single stack of a file: without a description, all of its pages. */
function oneStack(stack: ImageStack, { channel, depth }: ZSequenceOptions): StackFile {
  const { t, z } = stack.axes;
  const file = stacksOf(stack, { channel, depth: z === 1 ? t : undefined });
  if (file.length > 1) {
    throw unusable(
      `Cannot use ${stack.path} as one stack: it has ${t} of ${
        counted(z, "plane")
      }; give this file itself ` +
        "as the sequence, or one file per time point",
    );
  }
  if (depth !== undefined && depth !== file.depth) {
    throw unusable(
      `Cannot use ${stack.path} as a stack of ${counted(depth, "plane")}: it has ${file.depth}`,
    );
  }
  return file;
}

function notesOf(
  { stack: { path, notes, axes: { c: count }, channelNames }, channel: index }: StackFile,
  { channel }: ZSequenceOptions,
): string[] {
  const found = notes.map((note) => `${path}: ${note}`);
  if (count === 1) return found;
  return [...found, `${path}: ${channelSentence(index, { count, channelNames, channel })}`];
}

function checkPlace(
  { t, z }: { t: number; z: number },
  { path, length, depth }: { path: string; length: number; depth: number },
): void {
  const isIn = (value: number, count: number) =>
    Number.isInteger(value) && value >= 0 && value < count;
  if (isIn(t, length) && isIn(z, depth)) return;
  throw new RangeError(
    `Cannot read plane ${z} at time ${t} of ${path}: it has planes 0 to ${depth - 1} at times 0 ` +
      `to ${length - 1}`,
  );
}

/** All stacks of a folder must have one size and depth. */
function checkAlike(
  path: string,
  one: { file: StackFile; name: string },
  first: { file: StackFile; name: string },
): void {
  const shape = ({ depth, stack }: StackFile) => `${depth}x${stack.height}x${stack.width}`;
  if (shape(one.file) === shape(first.file)) return;
  throw unusable(
    `Cannot use ${path} as z-stacks: ${one.name} is ${shape(one.file)}, ${first.name} is ` +
      `${shape(first.file)} (planes, rows, columns); keep only stacks of one size in the folder`,
  );
}
