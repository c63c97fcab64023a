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
import { inTime } from "./told.ts";
import type { GivenFile, MovieChoice, MovieFacts, ProgressMessage } from "../shared/messages.ts";

/** Movies of files that a worker still has: to look at those of a long one again takes as long as the first time. */
const opened = new WeakMap<readonly GivenFile[], Map<string, Video>>();

/** Opens it, and tells how many of its files were looked at; of several channels the first is taken unless told. */
export async function* openMovie(
  { bundle, path, channel }: MovieChoice,
  stop: AbortSignal,
): AsyncGenerator<ProgressMessage, Video> {
  const choice = JSON.stringify([path, channel]);
  const files = filesOf(bundle);
  const known = opened.get(files)?.get(choice);
  if (known) return known;
  const source = fileSource(files);
  const seen = new Set<string>();
  let isOpening = true;
  const opening = openVideo(
    {
      ...source,
      async open(path) {
        if (isOpening) stop.throwIfAborted();
        seen.add(path);
        return await source.open(path);
      },
    },
    path,
    { channel },
  );
  try {
    const video = yield* inTime(opening, (): ProgressMessage => ({
      ...{ type: "progress", what: "opening", done: seen.size, total: files.length },
    }));
    opened.set(files, new Map([[choice, video]]));
    return video;
  } catch (error) {
    // Files that could not be read because of that are no damaged ones.
    stop.throwIfAborted();
    throw error;
  } finally {
    isOpening = false;
  }
}

/** The same movie, whose frames are refused once a check throws: so whatever reads it ends. */
export function stoppable(video: Video, check: () => void): Video {
  const { reference } = video;
  const checked = <T>(read: (i: number) => Promise<T>) => async (i: number): Promise<T> => {
    check();
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
