/**
 * Videos and stills of which several channels are read together, each scaled by a range of its own.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { readPlane } from "../formats/decode.ts";
import { coloursAsChannels, type ImageStack } from "../formats/format.ts";
import { type Channels, joinPlanes, type Plane } from "../image.ts";
import type { Source } from "../source.ts";
import { channelList, type PlaneChoice, singlePage } from "./plane_choice.ts";
import { openVideo, type Video, type VideoOptions } from "./video.ts";

/**
 * Options of {@linkcode openChannels}.
 *
 * @category Series
 */
export interface ChannelsOptions extends VideoOptions {
  /** The channels, by number from 1 or by name, in the order in which they are wanted. */
  readonly channels?: readonly (number | string)[];
}

/**
 * Opens a video of several channels: its frames have those that are named, in that order. Without any it is
 * {@linkcode openVideo}. Red, green and blue of pictures in colour are channels, too.
 *
 * @throws {RangeError} If a file lacks one of the channels, or as {@linkcode openVideo}.
 * @throws {SyntaxError} If a file cannot be read.
 *
 * @example
 * ```ts ignore
 * const video = await openChannels(disk, "cells.tif", { channels: ["DAPI", 3] });
 * const frame = await video.frame(0); // two channels
 * ```
 *
 * @category Series
 */
export async function openChannels(
  source: Source,
  path: string,
  { channels = [], channel, onDamaged, ...options }: ChannelsOptions = {},
): Promise<Video> {
  if (channels.length === 0) {
    return await openVideo(source, path, { ...options, channel, onDamaged });
  }
  const told = new Set<string>();
  const videos: Video[] = [];
  const together = channelList(channels);
  for (const one of together) {
    const video = await openVideo(source, path, {
      ...options,
      ...{ channel: one, together },
      // Each channel meets the same damaged file.
      ...onDamaged && {
        onDamaged: (damaged) => {
          if (!told.has(damaged.path)) onDamaged(damaged);
          told.add(damaged.path);
        },
      },
    });
    videos.push(video);
  }
  return joinChannels(videos);
}

function joinChannels(videos: readonly Video[]): Video {
  const [first] = videos;
  const sizeOf = ({ width, height, length }: Video) =>
    `${counted(length, "frame")} of ${width}x${height}`;
  const other = videos.find((video) => sizeOf(video) !== sizeOf(first));
  if (other !== undefined) {
    throw unusable(
      `Cannot read several channels of ${first.path}: one has ${sizeOf(first)}, another ` +
        `${sizeOf(other)}; give images whose channels are alike`,
    );
  }
  const channelFrames = videos.map(({ frame }) => async (i: number): Promise<Plane> =>
    await frame(i)
  );
  return {
    ...first,
    rows: undefined,
    notes: [...new Set(videos.flatMap(({ notes }) => notes))],
    frame: async (i) => joinPlanes(await Promise.all(channelFrames.map((read) => read(i)))),
    channelFrames,
  };
}

/**
 * What is read of an image: a plane, or several channels of it.
 *
 * @category Series
 */
export interface StillChoice extends PlaneChoice {
  /** Channels that are read together, by number from 1 or by name. */
  readonly channels?: readonly (number | string)[];
}

/**
 * Reads the only image of a file, or what is chosen of it.
 *
 * @throws {RangeError} If there are several and none is chosen, or a channel is not there.
 * @throws {SyntaxError} If it is damaged.
 */
export async function readChoice(
  stack: ImageStack,
  { channels = [], channel, slice }: StillChoice,
): Promise<{ image: Plane | Channels; notes: readonly string[] }> {
  const single = { as: "a still", remedy: "save each as a file", mustChoose: true };
  if (channels.length === 0) {
    const { page, notes } = singlePage(stack, { channel, slice }, single);
    return { image: await readPlane(stack, page), notes };
  }
  const coloured = coloursAsChannels(stack);
  const planes: Plane[] = [];
  const notes = new Set<string>();
  const together = channelList(channels);
  for (const one of together) {
    const choice = { channel: one, slice, together };
    const { page, notes: told } = singlePage(coloured, choice, single);
    planes.push(await readPlane(coloured, page));
    told.forEach((note) => notes.add(note));
  }
  return { image: joinPlanes(planes), notes: [...notes] };
}
