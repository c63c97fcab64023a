/**
 * Labelled still images in the three layouts that data sets come in. A data set is first listed and
 * checked by names alone, then read image by image, so a large one need not fit into memory.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { decodeImage, readLabels, type ReadLabelsOptions } from "../formats/decode.ts";
import { basename, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import type { ImageStack } from "../formats/format.ts";
import { damagedError, type DamagedFile, errorOf } from "../faults/damaged_files.ts";
import { readChoice, type StillChoice } from "./several_channels.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import type { Calibration, Channels, LabelImage, Plane } from "../image.ts";
import { backgroundOf } from "../masks/binary.ts";
import { type MaskFacts, type MaskOptions, objectsInMask } from "../masks/reading.ts";

/**
 * One labelled image.
 *
 * @category Series
 */
export interface Still {
  /** Its name without extension. */
  readonly name: string;
  /** Grey intensities; those of several channels where these were asked for. */
  readonly image: Plane | Channels;
  /** One id per object, 0 for background, `IGNORED_LABEL` where nothing is known. */
  readonly labels: LabelImage;
  /** What was found out about its mask, see `maskNotes`. */
  readonly facts: MaskFacts;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /** What a user should know about how it was read. */
  readonly notes: readonly string[];
}

/**
 * The files of one labelled image.
 *
 * @category Series
 */
export interface StillFiles {
  /** Its name without extension. */
  readonly name: string;
  /** The image. */
  readonly image: string;
  /** One label image, or one mask per object. */
  readonly masks: readonly string[];
  /** True if every mask is one object, false for one label image. */
  readonly maskPerObject: boolean;
}

/**
 * A labelled data set, listed but not yet read.
 *
 * @category Series
 */
export interface StillSet {
  /** The folder. */
  readonly path: string;
  /**
   * `pairs`: `images/` and `masks/`; `split`: `train/` and `test/` with those in them; `objects`:
   * `ID/images/` and `ID/masks/` with one mask per object (2018 Data Science Bowl).
   */
  readonly layout: "pairs" | "split" | "objects";
  /** Images to train on, in natural order. */
  readonly train: readonly StillFiles[];
  /** Images held back by the data set's makers; empty unless the layout is `split`. */
  readonly test: readonly StillFiles[];
  /** What a user should know, such as masks without image. */
  readonly notes: readonly string[];
}

/** The layouts, for error messages. */
const layouts = "give a folder with images/ and masks/ (same names, one id per object), with " +
  "train/images/ and train/masks/, or with ID/images/ and ID/masks/ (one mask per object)";

/**
 * Lists a labelled data set and checks that every image has its mask. No image is decoded.
 *
 * @throws {RangeError} If the folder has none of the known layouts, no images, or no masks.
 * @throws {Error} If there is no such folder.
 *
 * @example
 * ```ts ignore
 * const { train } = await listStills(disk, "dsb2018");
 * const still = await readStill(disk, train[0]);
 * ```
 *
 * @category Series
 */
export async function listStills(source: Source, path: string): Promise<StillSet> {
  const { images, folders } = await listFolder(source, path);
  const has = (name: string) => folders.includes(name);
  if (has("images") || has("masks")) {
    const { stills, notes } = await listPairs(source, path);
    return { path, layout: "pairs", train: stills, test: [], notes };
  }
  if (has("train")) {
    const train = await listPairs(source, join(path, "train"));
    const test = has("test")
      ? await listPairs(source, join(path, "test"))
      : { stills: [], notes: [] };
    const notes = [...train.notes, ...test.notes];
    return { path, layout: "split", train: train.stills, test: test.stills, notes };
  }
  const train: StillFiles[] = [];
  for (const folder of folders) {
    const still = await listObjects(source, join(path, folder));
    if (still !== null) train.push(still);
  }
  if (train.length > 0) return { path, layout: "objects", train, test: [], notes: [] };
  const found = images.length > 0
    ? ` (it holds ${counted(images.length, "image")} and no folders)`
    : "";
  throw unusable(
    `Cannot read stills from ${path}: its layout is not known${found}; ${layouts}`,
  );
}

/** `images/` and `masks/` with the same names; extensions may differ. */
async function listPairs(
  source: Source,
  path: string,
): Promise<{ stills: StillFiles[]; notes: string[] }> {
  const { folders } = await listFolder(source, path);
  for (const name of ["images", "masks"]) {
    if (folders.includes(name)) continue;
    throw unusable(`Cannot read stills from ${path}: it has no folder ${name}/; ${layouts}`);
  }
  const images = await listByStem(source, join(path, "images"));
  const masks = await listByStem(source, join(path, "masks"));
  const stills = [...images].map(([name, file]) => {
    const mask = masks.get(name);
    if (mask === undefined) {
      throw unusable(
        `Cannot find the mask of ${join(path, "images", file)}: there is no ` +
          `${join(path, "masks", name)}.png or .tif; add it or remove the image`,
      );
    }
    const folderOf = (kind: string, name: string) => join(path, kind, name);
    return {
      name,
      image: folderOf("images", file),
      masks: [folderOf("masks", mask)],
      maskPerObject: false,
    };
  });
  const unused = [...masks.keys()].filter((name) => !images.has(name));
  const notes = unused.length === 0 ? [] : [
    `${counted(unused.length, "mask")} in ${join(path, "masks")} ${
      wordFor(unused.length, "has", "have")
    } no image and ${wordFor(unused.length, "is", "are")} left out`,
  ];
  return { stills, notes };
}

/** Image files of a folder by name without extension, in natural order. */
async function listByStem(source: Source, path: string): Promise<Map<string, string>> {
  const { images } = await listFolder(source, path);
  if (images.length === 0) {
    const kinds = namesOf(formatsOf(source));
    throw unusable(
      `Cannot read stills from ${path}: it has no ${kinds} files in it; put the ` +
        `${basename(path)} there`,
    );
  }
  const files = new Map<string, string>();
  for (const file of images) {
    const other = files.get(imageStem(file, formatsOf(source)));
    if (other !== undefined) {
      throw unusable(
        `Cannot read stills from ${path}: ${other} and ${file} have the same name; keep one of them`,
      );
    }
    files.set(imageStem(file, formatsOf(source)), file);
  }
  return files;
}

/** One image's folder in the raw layout of the 2018 Data Science Bowl; `null` if it is none. */
async function listObjects(source: Source, path: string): Promise<StillFiles | null> {
  const { folders } = await listFolder(source, path);
  if (!folders.includes("images")) return null;
  const { images } = await listFolder(source, join(path, "images"));
  if (images.length !== 1) {
    const folder = join(path, "images");
    throw unusable(
      `Cannot read stills from ${folder}: it has ${
        counted(images.length, "image")
      } where one is expected ` +
        `beside one mask per object; if masks/ has a label image for each, give ${path} itself`,
    );
  }
  const image = join(path, "images", images[0]);
  const masks = folders.includes("masks")
    ? (await listFolder(source, join(path, "masks"))).images
    : [];
  if (masks.length === 0) {
    throw unusable(
      `Cannot find the masks of ${image}: there are none in ${join(path, "masks")}; use the ` +
        "training part of the data set, which has them",
    );
  }
  return {
    name: imageStem(images[0], formatsOf(source)),
    image,
    masks: masks.map((name) => join(path, "masks", name)),
    maskPerObject: true,
  };
}

/**
 * Reads one labelled image.
 *
 * @throws {SyntaxError} If a file is damaged, or a mask holds no object ids.
 * @throws {RangeError} If the sizes of image and mask differ, a file has several pages, or a label is to
 *   be ignored where every mask is one object.
 *
 * @category Series
 */
export async function readStill(
  source: Source,
  files: StillFiles,
  options: MaskOptions & StillChoice = {},
): Promise<Still> {
  const { masks = "instances", ignoreLabel = 0 } = options;
  if (files.maskPerObject) refuseForObjects(files, { masks, ignoreLabel });
  const stack = await decodeImage(source, files.image);
  const { calibration } = stack;
  const { image, notes: told } = await readChoice(stack, options);
  const notes = [...told];
  const labels = {
    width: image.width,
    height: image.height,
    data: new Uint32Array(image.data.length),
  };
  let overlap = 0;
  for (const [k, path] of files.masks.entries()) {
    const mask = await readMask(source, path, { image: files.image, plane: image, ignoreLabel });
    if (!files.maskPerObject) labels.data.set(mask.data);
    else overlap += addObject(labels, { mask, id: k + 1 });
  }
  if (overlap > 0) {
    notes.push(
      `${files.image}: ${counted(overlap, "pixel")} ${
        wordFor(overlap, "lies", "lie")
      } in two masks; the first one keeps ${wordFor(overlap, "it", "them")}`,
    );
  }
  const { labels: objects, facts } = objectsInMask(labels, options);
  const known = files.maskPerObject ? { ...facts, doubt: null } : facts;
  return {
    ...{ name: files.name, image, labels: objects, facts: known, notes },
    ...(calibration && { calibration }),
  };
}

/**
 * Refuses what makes no sense where every mask is one object.
 *
 * @throws {RangeError} If masks are to be binary, or a label is to be ignored.
 */
function refuseForObjects(
  { image }: StillFiles,
  { masks, ignoreLabel }: Required<Pick<MaskOptions, "masks" | "ignoreLabel">>,
): void {
  const [wish, flag] = ignoreLabel !== 0
    ? [`ignore ${ignoreLabel} in the masks of ${image}`, "--ignore-label"]
    : [`take the masks of ${image} as binary`, "--masks binary"];
  if (ignoreLabel === 0 && masks === "instances") return;
  throw unusable(
    `Cannot ${wish}: each holds one object and no ids; leave ${flag} out, or give label images`,
  );
}

/**
 * The number that is background in the masks of a data set: 0 unless they are read as binary, see
 * {@linkcode backgroundOf}.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged, or nothing is background.
 */
export async function backgroundOfStills(
  source: Source,
  { path, train, test }: StillSet,
  { masks = "instances", ignoreLabel }: MaskOptions,
): Promise<number> {
  if (masks === "instances") return 0;
  const all = async function* () {
    for (const { masks: [mask] } of [...train, ...test]) {
      yield await readLabels(await openSingle(source, mask), 0, { ignoreLabel });
    }
  };
  return await backgroundOf(all(), { what: `the masks of ${path}` });
}

/** Gives an object's free pixels its id and counts those that were taken. */
function addObject(labels: LabelImage, { mask, id }: { mask: LabelImage; id: number }): number {
  let taken = 0;
  for (let i = 0; i < mask.data.length; i++) {
    if (mask.data[i] === 0) continue;
    if (labels.data[i] === 0) labels.data[i] = id;
    else taken++;
  }
  return taken;
}

async function readMask(
  source: Source,
  path: string,
  { image, plane, ...options }: ReadLabelsOptions & { image: string; plane: Plane },
): Promise<LabelImage> {
  const stack = await openSingle(source, path);
  if (stack.width !== plane.width || stack.height !== plane.height) {
    throw unusable(
      `Cannot use ${path} as the mask of ${image}: the mask is ${stack.width}x${stack.height}, the ` +
        `image ${plane.width}x${plane.height}; a mask must have its image's size`,
    );
  }
  return await readLabels(stack, 0, options);
}

async function openSingle(source: Source, path: string): Promise<ImageStack> {
  const stack = await decodeImage(source, path);
  if (stack.length === 1) return stack;
  throw unusable(
    `Cannot use ${path} as a still: it has ${stack.length} pages; save each page as a file`,
  );
}

/**
 * Reads labelled images one after the other.
 *
 * @throws {SyntaxError | RangeError} In the end, if some could not be read: one error names them all.
 */
export async function* eachStill(
  source: Source,
  files: readonly StillFiles[],
  options: MaskOptions & StillChoice = {},
): AsyncGenerator<Still> {
  const damaged: DamagedFile[] = [];
  for (const file of files) {
    try {
      yield await readStill(source, file, options);
    } catch (error) {
      damaged.push({ path: file.image, error: errorOf(error) });
    }
  }
  if (damaged.length > 0) throw damagedError(damaged, { of: files.length });
}

/**
 * Options of {@linkcode readStills}.
 *
 * @category Series
 */
export interface StillsOptions extends MaskOptions, StillChoice {
  /** Which part of the data set; `train` by default. */
  part?: "train" | "test";
}

/**
 * Reads a whole labelled data set into memory; see {@linkcode listStills} for reading it piece by
 * piece.
 *
 * @throws {RangeError} If the layout is unknown, a mask is missing, or sizes differ.
 * @throws {SyntaxError} If a file is damaged.
 *
 * @example
 * ```ts ignore
 * const stills = await readStills(disk, "dsb2018");
 * ```
 *
 * @category Series
 */
export async function readStills(
  source: Source,
  path: string,
  { part = "train", ...options }: StillsOptions = {},
): Promise<Still[]> {
  const set = await listStills(source, path);
  const background = options.background ?? await backgroundOfStills(source, set, options);
  return await Array.fromAsync(eachStill(source, set[part], { ...options, background }));
}
