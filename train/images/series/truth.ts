/**
 * Label images in order: results, truth or markers.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import { decodeImage, readLabels, type ReadLabelsOptions } from "../formats/decode.ts";
import { basename, frameNumbers, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import { type Calibration, foregroundOf, type LabelImage } from "../image.ts";
import { chosenPages } from "./plane_choice.ts";

/**
 * Label images, decoded one at a time.
 *
 * @category Series
 */
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
  /** Frame numbers: those in the names, see `frameNumbers`, or the page (from 0) of a stack. */
  readonly numbers: readonly (number | null)[];
  /** Whether the pages of a stack are slices in depth. */
  readonly areSlices?: boolean;
  /** How large a pixel is, where that is known; of a folder, in its first file. */
  readonly calibration?: Calibration;
  /** Decodes image i (from 0), ids as stored unless instances are merged. */
  readonly frame: (i: number) => Promise<LabelImage>;
}

/**
 * Options of {@linkcode openLabels}.
 *
 * @category Series
 */
export interface LabelOptions extends ReadLabelsOptions {
  /** Merge all objects into one with id 1: masks that only tell foreground from background. */
  mergeInstances?: boolean;
}

/**
 * Opens label images.
 *
 * @param path A folder of PNG or TIFF label images, a TIFF stack, a folder with nothing else in it, or a single
 *   image.
 * @throws {RangeError} If the folder holds no images, or a file in it has several pages.
 * @throws {SyntaxError} If a single file cannot be read.
 *
 * @example
 * ```ts ignore
 * const labels = await openLabels(disk, "predicted/");
 * const first = await labels.frame(0);
 * ```
 *
 * @category Series
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
  const images = await labelFiles(source, path);
  if (images.length === 0) {
    const kinds = namesOf(formatsOf(source));
    throw unusable(
      `Cannot read labels from ${path}: it has no ${kinds} files in it; give the folder that ` +
        "holds the label images",
    );
  }
  const stems = images.map((name) => imageStem(name, formatsOf(source)));
  // What is wrong with a file is said when it is read.
  const first = await decodeImage(source, join(path, images[0])).catch(() => null);
  // What was predicted of one stack is one stack.
  if (images.length === 1 && first !== null && first.length > 1) {
    return await openFile(source, join(path, images[0]), options);
  }
  return {
    path,
    stack: false,
    length: images.length,
    names: images,
    stems,
    calibration: first?.calibration,
    numbers: frameNumbers(stems),
    frame: async (i) => {
      const file = join(path, images[i]);
      const image = await decodeImage(source, file);
      if (image.length > 1) {
        throw unusable(
          `Cannot read ${file} as one label image: it has ${image.length} pages; give this file ` +
            "itself as the labels",
        );
      }
      return await readLabels(image, 0, options);
    },
  };
}

/**
 * The images of a folder; where a result of the Cell Tracking Challenge lies beside other images, as `track`
 * writes it, those of the result.
 */
async function labelFiles(source: Source, path: string): Promise<string[]> {
  const { images } = await listFolder(source, path);
  const masks = images.filter((name) => /^mask\d+\.tif$/i.test(name));
  if (masks.length === 0 || masks.length === images.length) return images;
  const { files } = await source.list(path);
  return files.includes("res_track.txt") ? masks : images;
}

async function openFile(
  source: Source,
  path: string,
  options: ReadLabelsOptions,
): Promise<LabelSequence> {
  const image = await decodeImage(source, path);
  const { c } = image.axes;
  if (c > 1) {
    throw unusable(
      `Cannot read labels from ${path}: it has ${c} channels; save the labels as one`,
    );
  }
  const { pages, areSlices } = chosenPages(image, { slicesAsFrames: true });
  const { calibration } = image;
  const name = basename(path);
  const stack = pages.length > 1;
  const names = stack ? pages.map((_, i) => `${name}#${i}`) : [name];
  const stems = stack ? names : [imageStem(name, formatsOf(source))];
  return {
    path,
    stack,
    length: pages.length,
    names,
    stems,
    ...{ areSlices, calibration },
    numbers: stack ? pages.map((_, i) => i) : frameNumbers(stems),
    frame: async (i) => await readLabels(image, pages[i], options),
  };
}
