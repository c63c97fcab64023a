/**
 * Videos: a folder of frames, or one multi-page TIFF. Frames are decoded when asked for, so a video
 * may be longer than memory.
 *
 * @module
 */

import { decodeImage, readPlane } from "../formats/decode.ts";
import { basename, imageStem, join } from "../names.ts";
import { listFolder, type Source } from "../source.ts";
import type { ImageStack } from "../formats/format.ts";
import { formatsOf, namesOf } from "../formats/list.ts";
import type { Channels, Plane } from "../image.ts";

/** A video whose frames are decoded one at a time. */
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
  /** The file each frame comes from: one per frame for a folder, the same for a stack. */
  readonly sourceNames: readonly string[];
  /** Those names without image extension. */
  readonly stems: readonly string[];
  /** What a user should know about how the video is read. */
  readonly notes: readonly string[];
  /**
   * Decodes frame i (from 0).
   *
   * @throws {SyntaxError} If the frame's file is damaged.
   * @throws {RangeError} If its size differs from the first frame's, or there is no frame i.
   */
  readonly frame: (i: number) => Promise<Plane | Channels>;
  /**
   * The plane of frame i whose intensities decide how it is normalised; where it is left out, the
   * frame itself.
   */
  readonly reference?: (i: number) => Promise<Plane>;
}

/** Which image of a frame to read where it has several. */
export interface FrameOptions {
  /** Channel, from 0 (default). */
  channel?: number;
  /** Slice in depth, from 0; the middle one by default. */
  slice?: number;
}

/** Options of {@linkcode openVideo}. */
export interface VideoOptions extends FrameOptions {
  /** The fewest frames that are of use; 1 by default, 2 for training on pairs. */
  minFrames?: number;
}

/**
 * Opens a video.
 *
 * @param path A folder with one PNG or TIFF per frame, in natural order of names, or one TIFF with
 * a time axis (pages without any description are frames).
 * @throws {RangeError} If there are fewer frames than `minFrames`, or none.
 * @throws {SyntaxError} If the first frame cannot be read.
 *
 * @example
 * ```ts ignore
 * const video = await openVideo(disk, "frames/", { minFrames: 2 });
 * for (let i = 0; i < video.length; i++) await video.frame(i);
 * ```
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
  throw new RangeError(
    `Cannot use ${path} as a video: it has ${video.length} frame, at least ${minFrames} are ` +
      "needed; give a folder with all frames or a TIFF stack",
  );
}

async function openFolder(source: Source, path: string, options: FrameOptions): Promise<Video> {
  const { images, folders } = await listFolder(source, path);
  if (images.length === 0) {
    const inside = folders.length > 0 ? `, only the folders ${folders.slice(0, 3).join(", ")}` : "";
    const kinds = namesOf(formatsOf(source));
    throw new RangeError(
      `Cannot use ${path} as a video: it has no ${kinds} files in it${inside}; give the folder ` +
        "that holds the frames",
    );
  }
  const first = await openFrame(source, join(path, images[0]), options);
  const { width, height } = first.stack;
  return {
    path,
    name: basename(path),
    length: images.length,
    width,
    height,
    sourceNames: images,
    stems: images.map((name) => imageStem(name, formatsOf(source))),
    notes: first.notes,
    frame: async (i) => {
      checkFrame(i, path, images.length);
      const { stack, page } = await openFrame(source, join(path, images[i]), options);
      if (stack.width !== width || stack.height !== height) {
        throw new RangeError(
          `Cannot use ${path} as a video: ${images[i]} is ${stack.width}x${stack.height}, ` +
            `${images[0]} is ${width}x${height}; keep only frames of one size in the folder`,
        );
      }
      return await readPlane(stack, page);
    },
  };
}

/** A file that is one frame of a folder. */
async function openFrame(
  source: Source,
  path: string,
  options: FrameOptions,
): Promise<{ stack: ImageStack; page: number; notes: string[] }> {
  const stack = await decodeImage(source, path);
  if (stack.axes.t > 1) {
    throw new RangeError(
      `Cannot use ${path} as one frame: it has ${stack.axes.t} frames; give this file itself as ` +
        "the video",
    );
  }
  const { pages, notes } = framePages(stack, options);
  return { stack, page: pages[0], notes };
}

async function openStack(source: Source, path: string, options: FrameOptions): Promise<Video> {
  const stack = await decodeImage(source, path);
  const { pages, notes } = framePages(stack, options);
  return {
    path,
    name: basename(path).replace(/(\.ome)?\.\w+$/i, ""),
    length: pages.length,
    width: stack.width,
    height: stack.height,
    sourceNames: pages.map(() => basename(path)),
    stems: pages.map(() => imageStem(path, formatsOf(source))),
    notes,
    frame: async (i) => {
      checkFrame(i, path, pages.length);
      return await readPlane(stack, pages[i]);
    },
  };
}

function checkFrame(i: number, path: string, length: number): void {
  if (Number.isInteger(i) && i >= 0 && i < length) return;
  throw new RangeError(`Cannot read frame ${i} of ${path}: it has frames 0 to ${length - 1}`);
}

/**
 * The page of each frame of a stack. A stack with depth but no time is read along its depth when no
 * slice is asked for in a video of its own, because that is how Fiji saves many videos.
 *
 * @throws {RangeError} If the channel or slice asked for is not there.
 */
export function framePages(
  stack: ImageStack,
  { channel = 0, slice }: FrameOptions = {},
): { pages: number[]; notes: string[] } {
  const { axes: { t, z, c }, order, path } = stack;
  const notes = [...stack.notes];
  const asFrames = t === 1 && z > 1 && slice === undefined;
  const depth = slice ?? Math.floor(z / 2);
  checkChoice("channel", channel, { count: c, path });
  checkChoice("slice", depth, { count: z, path });
  if (asFrames) notes.push(`no time axis: its ${z} slices are read as frames`);
  else if (z > 1) notes.push(`slice ${depth} of ${z} (0 to ${z - 1}) is used`);
  if (c > 1) notes.push(`channel ${channel} of ${c} (0 to ${c - 1}) is used`);
  const pages = Array.from(
    { length: asFrames ? z : t },
    (_, i) => order[(asFrames ? i : i * z + depth) * c + channel],
  );
  return { pages, notes };
}

function checkChoice(
  kind: string,
  value: number,
  { count, path }: { count: number; path: string },
): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new RangeError(`Cannot read ${kind} ${value} of ${path}: it has 0 to ${count - 1}`);
}
