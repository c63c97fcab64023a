/**
 * What data were taken for, so that a user can see at once where that is wrong.
 *
 * @module
 */

import type { IntensityRange } from "../../images/normalize.ts";
import type { Video } from "../../images/series/video.ts";

/**
 * How an input was understood.
 *
 * @category Jobs
 */
export interface InputEvent {
  /** What kind of event this is. */
  readonly type: "input";
  /** Its path, as it was given. */
  readonly path: string;
  /** Frames, or images that stand for themselves. */
  readonly frames: number;
  /** Width of each in pixels. */
  readonly width: number;
  /** Height of each in pixels. */
  readonly height: number;
  /** Frames in time, slices in depth and channels of its file, or of the first one. */
  readonly axes?: { readonly t: number; readonly z: number; readonly c: number };
  /** Bits of a sample. */
  readonly bits?: number;
  /** Kind of number of a sample. */
  readonly sampleFormat?: "uint" | "int" | "float";
}

/**
 * Which intensities of a video become 0 and 1.
 *
 * @category Jobs
 */
export interface RangeEvent extends IntensityRange {
  /** What kind of event this is. */
  readonly type: "range";
  /** The video. */
  readonly path: string;
}

/** How a video was understood. */
export function inputOf({ path, length, width, height, measures }: Video): InputEvent {
  return { type: "input", path, frames: length, width, height, ...measures };
}
