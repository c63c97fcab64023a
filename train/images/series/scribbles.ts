/**
 * Images and the scribbles drawn into some of them.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import { decodeImage, readPlane } from "../formats/decode.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import { basename, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import type { Calibration, LabelImage, Plane } from "../image.ts";
import { type LabelSequence, openLabels } from "./truth.ts";
import { chosenPages, type PlaneChoice, singlePage } from "./plane_choice.ts";

/** Images that may differ in size, decoded one at a time. */
export interface ImageSet {
  /** The folder or file. */
  readonly path: string;
  /** True if all images are pages of one file. */
  readonly stack: boolean;
  /** What to call each image: its file's name, and for a stack with the page behind a `#`. */
  readonly names: readonly string[];
  /** The names without image extension, and for a stack that of its file. */
  readonly stems: readonly string[];
  /** Whether the pages of a stack are slices in depth. */
  readonly areSlices?: boolean;
  /** How large a pixel is, where that is known; of a folder, in its first file. */
  readonly calibration?: Calibration;
  /** What a user should know about how they are read. */
  readonly notes: readonly string[];
  /** Decodes image i (from 0). */
  readonly image: (i: number) => Promise<Plane>;
}

/**
 * Opens images.
 *
 * @param path A folder of PNG or TIFF images, a TIFF stack, or a single image.
 * @throws {RangeError} If the folder holds no images, or two whose names differ in the extension only.
 * @throws {SyntaxError} If a single file cannot be read.
 */
export async function openImages(
  source: Source,
  path: string,
  choice: PlaneChoice = {},
): Promise<ImageSet> {
  return await source.isFolder(path)
    ? await openFolder(source, path, choice)
    : await openFile(source, path, choice);
}

async function openFolder(
  source: Source,
  path: string,
  choice: PlaneChoice,
): Promise<ImageSet> {
  const { images: names } = await listFolder(source, path);
  if (names.length === 0) {
    const kinds = namesOf(formatsOf(source));
    throw unusable(
      `Cannot read images from ${path}: it has no ${kinds} files in it; give the folder that holds ` +
        "the images",
    );
  }
  const stems = names.map((name) => imageStem(name, source.formats));
  const twice = stems.find((stem, i) => stems.indexOf(stem) !== i);
  if (twice !== undefined) {
    throw unusable(
      `Cannot read images from ${path}: there are several named ${twice}, which would be ` +
        "written to one file; keep one of them",
    );
  }
  const open = async (i: number) => {
    const file = join(path, names[i]);
    const stack = await decodeImage(source, file);
    const single = {
      as: "one image",
      remedy: "give this file itself as the images",
      mustChoose: true,
    };
    return { stack, ...singlePage(stack, choice, single) };
  };
  const image = async (i: number) => {
    const { stack, page } = await open(i);
    return await readPlane(stack, page);
  };
  const first = await open(0).catch(() => null); // What is wrong is said when it is read.
  const { notes = [], stack } = first ?? {};
  return { path, stack: false, names, stems, calibration: stack?.calibration, notes, image };
}

async function openFile(source: Source, path: string, choice: PlaneChoice): Promise<ImageSet> {
  const stack = await decodeImage(source, path);
  const { pages, areSlices, notes } = chosenPages(stack, { ...choice, slicesAsFrames: true });
  const name = basename(path);
  const isStack = pages.length > 1;
  return {
    path,
    stack: isStack,
    names: isStack ? pages.map((_, i) => `${name}#${i}`) : [name],
    stems: pages.map(() => imageStem(name, source.formats)),
    ...{ areSlices, calibration: stack.calibration, notes },
    image: async (i) => await readPlane(stack, pages[i]),
  };
}

/** Scribbles of some of the images. */
export interface ScribbleSet {
  /** The folder or file. */
  readonly path: string;
  /** Numbers of the images that have a scribble image. */
  readonly images: readonly number[];
  /** Names of scribble images that belong to no image. */
  readonly unused: readonly string[];
  /** Reads the scribbles of an image: 0 where nothing is drawn. */
  readonly scribbles: (image: number) => Promise<LabelImage>;
}

/**
 * Opens scribbles and finds their images: by equal names without extension; for a stack of images by
 * page, from a stack of as many pages or a folder of files with the page's number (from 0) in the
 * name; a single one belongs to a single image.
 *
 * @throws {RangeError} If none belongs to an image, or two to the same one.
 * @throws {SyntaxError} If a file cannot be read.
 */
export async function openScribbles(
  source: Source,
  path: string,
  { images }: { images: ImageSet },
): Promise<ScribbleSet> {
  const labels = await openLabels(source, path);
  const places = new Map<number, number>();
  const unused: string[] = [];
  labels.names.forEach((name, at) => {
    const image = imageOf(at, { labels, images });
    if (image === null) unused.push(name);
    else if (!places.has(image)) places.set(image, at);
    else {
      throw unusable(
        `Cannot match the scribbles in ${path}: ${labels.names[places.get(image)!]} and ${name} ` +
          `both belong to ${images.names[image]}; keep one of them`,
      );
    }
  });
  if (places.size === 0) {
    throw unusable(
      `Cannot find the images of the scribbles in ${path}: no name is in both (scribbles like ` +
        `${labels.names[0]}, images like ${
          images.names[0]
        } in ${images.path}); give each scribble ` +
        "image the name of its image",
    );
  }
  return {
    path,
    images: [...places.keys()].sort((a, b) => a - b),
    unused,
    scribbles: async (image) => await labels.frame(places.get(image)!),
  };
}

/** The number of the image that a scribble image belongs to, or null. */
function imageOf(
  at: number,
  { labels, images }: { labels: LabelSequence; images: ImageSet },
): number | null {
  const count = images.names.length;
  if (labels.stack) return images.stack && labels.length === count ? at : null;
  if (count === 1 && labels.length === 1) return 0;
  const key = images.stack ? labels.numbers[at] : labels.stems[at];
  const found = images.stack
    ? images.names.findIndex((_, i) => i === key)
    : images.stems.findIndex((stem) => stem === key);
  return found < 0 ? null : found;
}
