/**
 * Joins the predictions of parts of videos and tracks what is in them: objects keep their numbers over the
 * seams, as tracks are made of the whole. The same files as of prediction and tracking in one process.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import { basename, imageStem, join } from "../../images/names.ts";
import { disk } from "../disk/files.ts";
import {
  type PredictionTracked,
  type PredictionTracks,
  type TrackingOptions,
  trackUntracked,
  UNTRACKED,
} from "../predict_tracks.ts";
import type { TrackNote } from "../track/track_options.ts";
import { type MergeEvent, type MergeOptions, mergeVideos } from "./merge_parts.ts";
import { type Part, type Parts, readParts } from "./read_parts.ts";

/** What to join and to track. */
export interface MergeTracksOptions extends MergeOptions {
  /** The images of the video, where they are no longer where the parts found them. */
  readonly images?: string;
}

/** What merging with tracking tells. */
export type MergeTracksEvent = MergeEvent | PredictionTracked | PredictionTracks | TrackNote;

/**
 * Joins parts into a folder `untracked`, where a later call goes on, and tracks them into the output
 * folder. Several videos get a folder each, of their names.
 *
 * @throws {RangeError} If images are not there, or what was predicted are stills.
 * @throws {Error} If two videos have one name.
 * @throws As `mergeParts` and `trackFiles`.
 */
export async function* mergeTracks(
  { parts, images, ...options }: MergeTracksOptions,
  tracking: TrackingOptions,
): AsyncGenerator<MergeTracksEvent> {
  const { out } = options;
  const { head, videos } = await readParts(parts, { out });
  const names = videos.map(([{ input: { path } }]) => imageStem(basename(path), disk.formats));
  refuseTogether(names, { images });
  if (head.settings.as === "stills") {
    throw unusable(`Cannot track ${parts[0]}: it was predicted with --as stills`);
  }
  const found = [];
  for (const video of videos) found.push(await imagesOf(video, images));
  // As a video is how prediction with tracking takes what it is given.
  const settings: Parts["head"]["settings"] = { ...head.settings, as: "video" };
  for (const [at, video] of videos.entries()) {
    const own = { ...options, out: videos.length === 1 ? out : join(out, names[at]) };
    const only: Parts = { head: { ...head, settings }, videos: [video] };
    yield* mergeVideos(only, { ...own, out: join(own.out, UNTRACKED), isFlat: true });
    const slice = typeof settings.slice === "number" ? settings.slice : undefined;
    const [{ input: { path } }] = video;
    yield* trackUntracked({ ...own, slice, images: found[at], name: path, tracking });
  }
}

function refuseTogether(names: readonly string[], { images }: { images?: string }): void {
  if (names.length > 1 && images !== undefined) {
    throw new RangeError(
      `Cannot take ${images} for the images of ${names.length} videos: merge the parts of each by ` +
        "themselves",
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new Error(
    `Cannot merge: two videos are called ${twice}; merge their parts into different folders`,
  );
}

/** The images of a video: those that were named, or those that its parts were predicted from. */
async function imagesOf([{ input: { path } }]: readonly Part[], images = path): Promise<string> {
  const isThere = await disk.isFolder(images).then(() => true, () => false);
  if (isThere) return images;
  throw unusable(
    `Cannot track the parts of ${path}: ${images} is not there; name the images with --images`,
  );
}
