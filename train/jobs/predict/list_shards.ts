/**
 * Cuts videos into pieces of about equal length, for as many processes.
 *
 * @module
 */

import { openVideo } from "../../images/series/video.ts";
import type { Source } from "../../images/source.ts";
import { disk } from "../disk/files.ts";

/**
 * A piece of a video.
 *
 * @category Jobs
 */
export interface Shard {
  /** What kind of event this is. */
  readonly type: "shard";
  /** The video. */
  readonly path: string;
  /** Its number among the pieces of the video, from 0. */
  readonly shard: number;
  /** How many pieces the video has. */
  readonly shards: number;
  /** Its first frame, from 0. */
  readonly first: number;
  /** The frame after its last one. */
  readonly end: number;
}

/**
 * The pieces of videos, in their order.
 *
 * @param inputs Stacks and folders of frames.
 * @param options.size The most frames of a piece; those of a video differ by one at most.
 * @throws {RangeError} If the size is no whole number from 1.
 * @throws {SyntaxError | RangeError} If an input cannot be opened.
 *
 * @example
 * ```ts ignore
 * for await (const { path, first, end } of listShards(["movie.tif"], { size: 250 })) {
 *   console.log(`predict --frames ${first}:${end} ${path}`);
 * }
 * ```
 *
 * @category Jobs
 */
export async function* listShards(
  inputs: readonly string[],
  { size, source = disk }: { size: number; source?: Source },
): AsyncGenerator<Shard> {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new RangeError(
      `Cannot cut videos into pieces of ${size} frames: give a whole number from 1`,
    );
  }
  for (const path of inputs) {
    const { length } = await openVideo(source, path);
    const shards = Math.ceil(length / size);
    for (let shard = 0; shard < shards; shard++) {
      const first = Math.floor(shard * length / shards);
      const end = Math.floor((shard + 1) * length / shards);
      yield { type: "shard", path, shard, shards, first, end };
    }
  }
}
