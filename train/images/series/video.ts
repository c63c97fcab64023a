/**
 * Videos: a folder of frames, or one multi-page TIFF. Frames are decoded when asked for, so a video
 * may be longer than memory.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { decodeImage, measureSingle, planeRowsReader, readPlane } from "../formats/decode.ts";
import { basename, imageStem, join, notNumbered } from "../names.ts";
import { splitInner } from "../paths.ts";
import { listFolder, type Source } from "../source.ts";
import {
  coloursAsChannels,
  type ImageFormat,
  type ImageMeasures,
  type ImageStack,
} from "../formats/format.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import type { Calibration, Channels, Plane } from "../image.ts";
import type { DamagedFile } from "../faults/damaged_files.ts";
import { alikeImages, imageFolder, openFrame } from "../folders/image_folder.ts";
import { chosenPages, type PlaneChoice, type StackPlane } from "./plane_choice.ts";

/**
 * A video whose frames are decoded one at a time.
 *
 * @category Series
 */
export interface Video {
  /** The folder or file. */
  readonly path: string;
  /** The last part of the path, without an image extension. */
  readonly name: string;
  /** Number of frames. */
  readonly length: number;
  /** Width of every frame in pixels. */
  readonly width: number;
  /** Height of every frame in pixels. */
  readonly height: number;
  /** The file each frame comes from: one per frame for a folder of frames, the same for a stack. */
  readonly sourceNames: readonly string[];
  /** Those names without image extension. */
  readonly stems: readonly string[];
  /** What a user should know about how the video is read, with the name of the file or folder. */
  readonly notes: readonly string[];
  /** Whether its frames are slices in depth, of a stack without time. */
  readonly areSlices?: boolean;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /** Where in its stack each frame is; left out where each has a file of its own. */
  readonly planes?: readonly StackPlane[];
  /** For a folder of frames: whether their names are numbered one after the other. */
  readonly isNumbered?: boolean;
  /** For a folder of frames: what kind of number each holds, such as `16-bit`. */
  readonly kinds?: readonly string[];
  /** Axes, bits and kind of number of its files; left out where they are not known. */
  readonly measures?: Pick<ImageMeasures, "axes" | "bits" | "sampleFormat">;
  /** Names of the files that a data set of several files lies in; left out for all others. */
  readonly files?: readonly string[];
  /**
   * Decodes frame i (from 0).
   *
   * @throws {SyntaxError} If the frame's file is damaged.
   * @throws {RangeError} If there is no frame i.
   */
  readonly frame: (i: number) => Promise<Plane | Channels>;
  /**
   * Decodes some rows of frame i, from one up to but without another, and little else; left out where a
   * frame can only be decoded as a whole.
   */
  readonly rows?: (
    i: number,
    range: { readonly from: number; readonly to: number },
  ) => Promise<Plane>;
  /**
   * The plane of frame i whose intensities decide how it is normalised; where it is left out, the
   * frame itself.
   */
  readonly reference?: (i: number) => Promise<Plane>;
  /**
   * Where each channel has a range of intensities of its own: the plane of frame i, for each of them. Left
   * out where all channels are scaled alike.
   */
  readonly channelFrames?: readonly ((i: number) => Promise<Plane>)[];
}

/**
 * Options of {@linkcode openVideo}.
 *
 * @category Series
 */
export interface VideoOptions extends PlaneChoice {
  /** The fewest frames that are of use; 1 by default, 2 for training on pairs. */
  readonly minFrames?: number;
  /** Told of each file of a folder that cannot be used, which is then left out; an error unless told. */
  readonly onDamaged?: (damaged: DamagedFile) => void;
}

/**
 * Opens a video.
 *
 * @param path A folder with one PNG or TIFF per frame, in natural order of names, or one TIFF with
 * a time axis (pages without any description are frames).
 * @throws {RangeError} If there are fewer frames than `minFrames`, or none.
 * @throws {RangeError} If frames of a folder differ in size.
 * @throws {SyntaxError} If a file cannot be read; damaged pixels are noticed when a frame is decoded.
 *
 * @example
 * ```ts ignore
 * const video = await openVideo(disk, "frames/", { minFrames: 2 });
 * for (let i = 0; i < video.length; i++) await video.frame(i);
 * ```
 *
 * @category Series
 */
export async function openVideo(
  source: Source,
  path: string,
  options: VideoOptions = {},
): Promise<Video> {
  const video = await source.isFolder(path)
    ? await openFolder(source, path, options)
    : await openStack(source, path, options);
  const { minFrames = 1 } = options;
  if (video.length >= minFrames) return video;
  throw unusable(
    `Cannot use ${path} as a video: it has ${video.length} frame, at least ${minFrames} are ` +
      "needed; give a folder with all frames or a TIFF stack",
  );
}

async function openFolder(source: Source, path: string, options: VideoOptions): Promise<Video> {
  const { images, folders } = await listFolder(source, path);
  if (images.length === 0) {
    const inside = folders.length > 0 ? `, only the folders ${folders.slice(0, 3).join(", ")}` : "";
    const kinds = namesOf(formatsOf(source));
    throw unusable(
      `Cannot use ${path} as a video: it has no ${kinds} files in it${inside}; give the folder ` +
        "that holds the frames",
    );
  }
  const set = await folderSet(source, path, images);
  return set === null ? await openFrames(source, path, { images, options }) : {
    ...videoOf(set, { formats: formatsOf(source), choice: options }),
    path,
    name: basename(path),
  };
}

/** A folder with a file for each frame. */
async function openFrames(
  source: Source,
  path: string,
  { images, options: { onDamaged, ...choice } }: {
    images: readonly string[];
    options: VideoOptions;
  },
): Promise<Video> {
  const all = imageFolder(source, path, { images, choice });
  const { folder, kinds } = await alikeImages(source, all, { onDamaged });
  const { names } = folder;
  const first = await openFrame(source, folder, 0);
  const unnumbered = folder.isNumbered || names.length === 1 ? [] : [
    `${notNumbered(path, names)}; they are taken for frames of a video in the order of their names`,
  ];
  return {
    path,
    name: basename(path),
    length: names.length,
    width: first.stack.width,
    height: first.stack.height,
    sourceNames: names,
    stems: folder.stems,
    isNumbered: folder.isNumbered,
    kinds,
    calibration: first.stack.calibration,
    measures: measuresOf(first.stack),
    notes: [...folder.notes, ...unnumbered, ...first.notes],
    frame: async (i) => {
      checkFrame(i, path, names.length);
      const { stack, page } = await openFrame(source, folder, i);
      return await readPlane(stack, page);
    },
  };
}

/**
 * The data set that a folder holds in several files; null where each of them stands for itself.
 *
 * @throws {RangeError} If files of something else lie beside it.
 */
export async function folderSet(
  source: Source,
  path: string,
  images: readonly string[],
): Promise<ImageStack | null> {
  const stack = await decodeImage(source, join(path, images[0]));
  if (stack.files === undefined) return null;
  const files = new Set(stack.files);
  const others = images.filter((name) => !files.has(name));
  if (others.length === 0) return stack;
  throw unusable(
    `Cannot use ${path} as one data set: ${others[0]} is not of the data set of ${images[0]}` +
      (others.length > 1
        ? `, nor ${wordFor(others.length - 1, "is", "are")} ${counted(others.length - 1, "other")}`
        : "") +
      "; put each data set into a folder of its own",
  );
}

async function openStack(source: Source, path: string, choice: PlaneChoice): Promise<Video> {
  const formats = formatsOf(source);
  if (choice.together) {
    return videoOf(coloursAsChannels(await decodeImage(source, path)), { formats, choice });
  }
  const single = await measureSingle(source, path);
  if (single === null) return videoOf(await decodeImage(source, path), { formats, choice });
  // What is decoded as a whole is so when it is read: many such files may be open.
  const read = async (page: number) => await readPlane(await decodeImage(source, path), page);
  return stackVideo({ ...single, path, order: [0] }, { formats, choice, read });
}

function videoOf(
  stack: ImageStack,
  options: { formats: readonly ImageFormat[]; choice: PlaneChoice },
): Video {
  const readRows = planeRowsReader(stack) ?? undefined;
  return stackVideo(stack, { ...options, read: (page) => readPlane(stack, page), readRows });
}

/** A stack as far as it is known before it is read. */
type DescribedStack =
  & ImageMeasures
  & Pick<ImageStack, "path" | "order">
  & Partial<Pick<ImageStack, "files" | "channelNames" | "calibration">>;

function stackVideo(
  stack: DescribedStack,
  { formats, choice, read, readRows }: {
    formats: readonly ImageFormat[];
    choice: PlaneChoice;
    read: (page: number) => Promise<Plane>;
    readRows?: (page: number, range: { from: number; to: number }) => Promise<Plane>;
  },
): Video {
  const { path, width, height, files } = stack;
  const { pages, planes, areSlices, notes } = chosenPages(stack, {
    ...choice,
    slicesAsFrames: true,
  });
  const own = basename(splitInner(path).file);
  // Where each frame is a file, results are files of these names, too.
  const parts = pages.map((page) => files?.[page] ?? own);
  const sourceNames = new Set(parts).size === parts.length ? parts : parts.map(() => own);
  return {
    path,
    name: own.replace(/(\.ome)?\.\w+$/i, ""),
    length: pages.length,
    width,
    height,
    sourceNames,
    stems: sourceNames.map((name) => imageStem(name, formats)),
    notes,
    ...{ planes, areSlices, calibration: stack.calibration, measures: measuresOf(stack) },
    files: files === undefined ? undefined : [...new Set(files)],
    frame: async (i) => {
      checkFrame(i, path, pages.length);
      return await read(pages[i]);
    },
    ...readRows && {
      rows: async (i: number, range: { from: number; to: number }) => {
        checkFrame(i, path, pages.length);
        return await readRows(pages[i], range);
      },
    },
  };
}

function measuresOf({ axes, bits, sampleFormat }: ImageMeasures): Video["measures"] {
  return { axes, bits, sampleFormat };
}

function checkFrame(i: number, path: string, length: number): void {
  if (Number.isInteger(i) && i >= 0 && i < length) return;
  throw new RangeError(`Cannot read frame ${i} of ${path}: it has frames 0 to ${length - 1}`);
}
