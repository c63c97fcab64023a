/// <reference lib="dom" />
/**
 * The movie that a user gave, opened as all of Kymo opens movies.
 *
 * @module
 */

import { fileSource } from "../../train/images/source.ts";
import type { Plane } from "../../train/images/image.ts";
import { percentiles } from "../../train/images/percentiles.ts";
import { openVideo, type Video } from "../../train/images/series/video.ts";
import { filesOf } from "./files.ts";
import type { MovieChoice, MovieFacts } from "../shared/messages.ts";

/** Opens it; of several channels the first is taken unless another is chosen. */
export async function openMovie({ bundle, path, channel }: MovieChoice): Promise<Video> {
  return await openVideo(fileSource(filesOf(bundle)), path, { channel });
}

/** The same movie, whose frames are refused once work is to stop: so whatever reads it ends. */
export function stoppable(video: Video, stop: AbortSignal): Video {
  const { reference } = video;
  const checked = <T>(read: (i: number) => Promise<T>) => async (i: number): Promise<T> => {
    stop.throwIfAborted();
    return await read(i);
  };
  return {
    ...video,
    frame: checked(video.frame),
    ...(reference && { reference: checked(reference) }),
  };
}

/** What it is, by a look at some frames. */
export async function factsOf(
  video: Video,
  { bundle, channel = "1" }: MovieChoice,
): Promise<MovieFacts> {
  const { name, length, width, height, notes, measures } = video;
  const sampled = [...new Set([0, length >> 1, length - 1])];
  const planes: Plane[] = [];
  for (const i of sampled) planes.push(await video.frame(i));
  const [least, low, high, most] = percentiles(planes, [0, 0.5, 99.8, 100]);
  const bytes = filesOf(bundle).reduce((sum, [, file]) => sum + file.size, 0);
  return {
    ...{ name, frames: length, width, height, notes },
    channels: measures?.axes.c ?? 1,
    extremes: { low: least, high: most },
    auto: { low, high: Math.max(high, low + 1e-6) },
    key: `${name}:${length}x${width}x${height}:${channel}:${bytes}`,
  };
}
