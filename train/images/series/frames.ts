/**
 * The frames of a video as a network sees them, held in memory or read when they are needed.
 *
 * @module
 */

import { channelCount, type Channels, type Plane } from "../image.ts";
import {
  type IntensityRange,
  intensityRange,
  joinRanges,
  type NormalizationSettings,
  normalize,
} from "../normalize.ts";
import { joinStray, steadyRange, strayNotes } from "../intensity/steady_range.ts";
import { packFrame, unpackedLater } from "../packed/packed_frame.ts";
import type { PlaneCache } from "../plane_cache.ts";
import type { Video } from "./video.ts";

/**
 * Normalised images of one size and one number of channels.
 *
 * @category Series
 */
export interface Frames {
  /** How many there are. */
  readonly length: number;
  /** Width of each in pixels. */
  readonly width: number;
  /** Height of each in pixels. */
  readonly height: number;
  /** Channels of each. */
  readonly channels: number;
  /**
   * When each was taken, as ascending whole numbers: neighbours differ by 1. Left out where all of them
   * are neighbours in their order.
   */
  readonly times?: readonly number[];
  /** Bytes that a pixel of a channel takes while it is kept; 4 unless told. */
  readonly pixelBytes?: number;
  /**
   * Frame i, from 0.
   *
   * @throws {SyntaxError | RangeError} If it has to be read and its file is damaged.
   */
  frame(i: number): Promise<Channels>;
}

/**
 * Frames that are all in memory.
 *
 * @param options.times When they were taken, where some are missing.
 * @throws {RangeError} If there are none, or they differ in size.
 * @category Series
 */
export function heldFrames(
  images: readonly (Plane | Channels)[],
  { times }: Pick<Frames, "times"> = {},
): Frames {
  if (images.length === 0) throw new RangeError("Cannot hold frames: there are none");
  const [{ width, height }] = images;
  const channels = channelCount(images[0]);
  const other = images.find((image) =>
    image.width !== width || image.height !== height || channelCount(image) !== channels
  );
  if (other) {
    throw new RangeError(
      `Cannot hold frames of ${channels}x${height}x${width}: one is ` +
        `${channelCount(other)}x${other.height}x${other.width}`,
    );
  }
  const frame = (i: number) => Promise.resolve({ ...images[i], channels });
  return { length: images.length, width, height, channels, times, frame };
}

/**
 * Some of the frames, in the order of the indices.
 *
 * @category Series
 */
export function pickFrames(frames: Frames, indices: readonly number[]): Frames {
  const times = frames.times && indices.map((i) => frames.times![i]);
  return { ...frames, length: indices.length, times, frame: (i) => frames.frame(indices[i]) };
}

/**
 * The middle channel of an image, which is the plane in focus: what a person is shown.
 *
 * @category Series
 */
export function middlePlane({ width, height, data, channels }: Channels): Plane {
  const from = Math.floor(channels / 2) * width * height;
  return { width, height, data: data.subarray(from, from + width * height) };
}

/** How frames are normalised, and where those that were read lately are kept. */
export interface NormalizedFramesOptions {
  /** Which percentiles become 0 and 1. */
  readonly settings: NormalizationSettings;
  /** Keeps normalised frames, packed where that is smaller; several videos may share it. */
  readonly cache: PlaneCache;
  /** Whether stray frames are left out of the range of a video; true unless told. */
  readonly leavesOut?: boolean;
}

/**
 * Normalises a video of single planes, or of channels that have a range each. All frames are read once, for
 * their range and so that a damaged one shows at once; afterwards one after the other as they are asked for. The values are those of
 * {@linkcode normalize} on all frames at once, to the bit, unless stray frames are left out of the range.
 *
 * @returns The frames, the range that they share, if they do, and what a user should know about stray ones.
 * @throws {SyntaxError | RangeError} If a frame is damaged, or of another size.
 */
export async function normalizedFrames(
  video: Pick<
    Video,
    "path" | "length" | "width" | "height" | "frame" | "kinds" | "sourceNames" | "channelFrames"
  >,
  { settings, cache, leavesOut }: NormalizedFramesOptions,
): Promise<{ frames: Frames; range: IntensityRange | null; notes: readonly string[] }> {
  const { path, length, width, height, kinds, channelFrames } = video;
  const planes = channelFrames ?? [async (i: number) => onlyPlane(await video.frame(i))];
  const steady = settings.mode !== "video" ? null : await Array.fromAsync(
    planes,
    (read) => steadyRange({ length, kinds, read }, { ...settings, leavesOut }),
  );
  const ranges: IntensityRange[] = [];
  for (let i = 0; i < length; i++) {
    const own = await Array.fromAsync(
      planes,
      async (plane, c) =>
        await steady?.[c].of(i, () => plane(i)) ?? intensityRange([await plane(i)], settings),
    );
    ranges.push(joinRanges(own));
  }
  const stray = joinStray((steady ?? []).map(({ stray }) => stray));
  const notes = strayNotes(stray, { path, nameOf: (i) => frameName(video, i) });
  const channels = planes.length;
  const read = async (i: number) => {
    const image = channelFrames ? await video.frame(i) : await planes[0](i);
    return packFrame({ ...normalize(image, ranges[i]), channels });
  };
  const frames = {
    ...{ length, width, height, channels },
    frame: async (i: number) => unpackedLater(await cache.get(`${path}:${i}`, () => read(i))),
  };
  return { frames, range: steady && joinRanges(steady.map(({ range }) => range)), notes };
}

/** The name of a frame: its file's, for a file of several frames with the number from 0 behind a `#`. */
export function frameName({ sourceNames }: Pick<Video, "sourceNames">, i: number): string {
  const isOwn = new Set(sourceNames).size === sourceNames.length;
  return isOwn ? sourceNames[i] : `${sourceNames[i]}#${i}`;
}

function onlyPlane(image: Plane | Channels): Plane {
  if (channelCount(image) === 1) return image;
  throw new RangeError(`Cannot take ${channelCount(image)} planes for one frame`);
}
