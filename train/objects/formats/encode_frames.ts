/**
 * A file of results in memory, for who has no disk.
 *
 * @module
 */

import { tracedOutlines } from "../outline.ts";
import type { FileOptions, FrameResult, OutputFormat } from "./output_format.ts";

/**
 * Makes the bytes of one file out of its frames.
 *
 * @param frames As many as `pages`; outlines that a format needs are traced where they are left out.
 * @returns Its parts, to be put one behind the other.
 * @throws {RangeError} If the format cannot hold a frame.
 *
 * @example A label TIFF that a page offers for download
 * ```ts
 * import { encodeFrames, labelTiff } from "@kymo/kymo/objects";
 *
 * const frames = [{ labels: { width: 2, height: 1, data: Uint32Array.of(0, 7) } }];
 * const file = new Blob(await encodeFrames(labelTiff, frames, { pages: 1 }));
 * ```
 *
 * @category Output formats
 */
export async function encodeFrames(
  format: OutputFormat,
  frames: AsyncIterable<FrameResult> | Iterable<FrameResult>,
  options: FileOptions,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const layout = format.open(options);
  let parts: Uint8Array<ArrayBuffer>[] = [];
  const keep = (bytes: Uint8Array, to = parts) => {
    if (bytes.length > 0) to.push(bytes.slice());
  };
  const read = (offset: number, length: number) => Promise.resolve(cut(parts, offset, length));
  for await (const frame of frames) {
    const { outlines = null } = frame;
    const needsOutlines = format.needs.includes("outlines") && outlines === null;
    const whole = needsOutlines ? { ...frame, outlines: tracedOutlines(frame.labels) } : frame;
    const anew = layout.anew?.(whole, { read }) ?? null;
    if (anew !== null) {
      const replaced: Uint8Array<ArrayBuffer>[] = [];
      for await (const bytes of anew) keep(bytes, replaced);
      parts = replaced;
    }
    keep(layout.add(whole), parts);
  }
  for (const bytes of layout.end()) keep(bytes, parts);
  return parts;
}

/** Some bytes of what lies in several parts. */
function cut(
  parts: readonly Uint8Array[],
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(length);
  let start = 0;
  for (const part of parts) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + part.length);
    if (from < to) found.set(part.subarray(from - start, to - start), from - offset);
    start += part.length;
  }
  return found;
}
