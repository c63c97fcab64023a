/**
 * How far long work is, which tells nothing itself: whoever does it keeps a record up to date, and
 * whoever waits for it looks at the record from time to time.
 *
 * @module
 */

import type { Frames } from "../../images/series/frames.ts";

/**
 * How far some work is.
 *
 * @category Jobs
 */
export interface Progress {
  /** What is being done, for example `reading video`. */
  what: string;
  /** Parts done. */
  done: number;
  /** All parts; null where their number is not known. */
  total: number | null;
}

/**
 * Work that begins.
 *
 * @category Stages
 */
export function begin(what: string, total: number | null = null): Progress {
  return { what, done: 0, total };
}

/** Goes over to the next part of the work. */
export function goOn(progress: Progress, what: string, total: number | null = null): void {
  Object.assign(progress, begin(what, total));
}

/** Frames that count how many of them have been read; those that are read again at the end count no more. */
export function countedFrames(frames: Frames, progress: Progress): Frames {
  const frame = async (i: number) => {
    const image = await frames.frame(i);
    if (progress.total === null || progress.done < progress.total) progress.done++;
    return image;
  };
  return { ...frames, frame };
}
