/**
 * Some consecutive frames of a video, so that several processes can share it.
 *
 * @module
 */

import { InvalidArgumentError } from "../../invalid_argument.ts";

/**
 * Frames from `first` on, up to but without `end`, both from 0; to the last one unless told.
 *
 * @category Jobs
 */
export interface FrameRange {
  /** The first frame. */
  readonly first: number;
  /** The frame after the last one. */
  readonly end?: number;
}

/**
 * Reads `A:B`, `A:` or `:B`.
 *
 * @param options.called What errors call it, such as `--frames`; `frames` unless told.
 * @throws {RangeError} If it is none of these, or holds no frame.
 * @category Jobs
 */
export function parseFrameRange(text: string, { called = "frames" } = {}): FrameRange {
  const [, from, to] = /^(\d*):(\d*)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) {
    throw new RangeError(
      `Cannot use ${called} ${text}: expected A:B, from A up to but without B, from 0`,
    );
  }
  const first = Number(from);
  if (to === "") return { first };
  if (Number(to) > first) return { first, end: Number(to) };
  throw new RangeError(`Cannot use ${called} ${text}: no frame is from ${first} and before ${to}`);
}

/** The same as text. */
export function formatFrameRange({ first, end }: FrameRange): string {
  return `${first}:${end ?? ""}`;
}

/**
 * The frames of a video that are in a range.
 *
 * @throws {InvalidArgumentError} If the range goes beyond the video.
 */
export function framesIn(
  range: FrameRange,
  { length, path }: { readonly length: number; readonly path: string },
): { first: number; end: number } {
  const { first, end = length } = range;
  if (first < end && end <= length) return { first, end };
  throw new InvalidArgumentError(
    `Cannot predict frames ${formatFrameRange(range)} of ${path}: it has frames 0 to ${
      length - 1
    }, ` +
      `all of which are 0:${length}, as the frame behind the colon is the first that is left out`,
  );
}
