/**
 * Outlines as ImageJ regions of interest: one `.roi` file for each, all in one zip archive, which
 * ImageJ's ROI Manager opens. The layout is that of ImageJ's `RoiDecoder`: big-endian, a header of 64
 * bytes, the corners in whole pixels and again with fractions. ImageJ counts as outlines do, from the
 * upper left corner of the first pixel.
 *
 * @module
 */

import { unzipSync } from "fflate";
import type { Loop } from "../contours.ts";
import type { Outline } from "../outline.ts";
import { concatenate } from "../../images/formats/tiff_stack.ts";
import type { FileOptions, ImageSize, OutputFormat, OutputLayout } from "./output_format.ts";
import { type ZipEntry, zipFiles, ZipLayout } from "./zip.ts";

const HEADER_BYTES = 64;
/** The first version of the format whose polygons may have fractions is 222. */
const VERSION = 227;
/** The option that says that fractions follow. */
const SUB_PIXEL = 128;
/** Positions are written in 16 bits with a sign. */
const FARTHEST = 2 ** 15 - 1;
/** Counts are written in 16 bits without one. */
const MOST_CORNERS = 2 ** 16 - 1;

/**
 * Outlines for ImageJ, `NAME.zip` beside the labels.
 *
 * @category Output formats
 */
export const imagejRois: OutputFormat = {
  flag: "rois",
  sentence: "Also write outlines as ImageJ regions, NAME.zip",
  needs: ["outlines"],
  file: (stem) => `${stem}.zip`,
  check: refuseLarge,
  open: roiLayout,
  join: (parts) =>
    zipFiles(
      parts.flatMap((part) =>
        Object.entries(unzipSync(part)).map(([name, bytes]) => ({ name, bytes }))
      ),
    ),
};

/** Refuses an image in which an outline may lie where positions end. */
function refuseLarge({ path, width, height }: ImageSize): void {
  if (Math.max(width, height) <= FARTHEST) return;
  throw new RangeError(
    `Cannot write ImageJ regions of ${path}: it is ${width}x${height}, and their positions end at ` +
      `${FARTHEST} pixels; write GeoJSON instead`,
  );
}

/** An archive that grows frame by frame; the regions of several frames know their slice. */
function roiLayout({ pages, first = 0, whole = pages }: FileOptions): OutputLayout {
  const zip = new ZipLayout();
  let next = first;
  return {
    add({ outlines }) {
      const frame = whole > 1 ? next++ : null;
      return concatenate(roiEntries(outlines!, { frame }).map((entry) => zip.add(entry)));
    },
    end: () => [zip.end()],
  };
}

/**
 * Makes the archive of all outlines, see {@linkcode roiEntries}.
 *
 * @param frames The outlines of each frame of a video, or of one image.
 * @returns The bytes of the zip file.
 * @throws {RangeError} If an outline has a corner beyond 32,767 pixels.
 * @category Output formats
 */
export function imagejRoiZip(frames: readonly (readonly Outline[])[]): Uint8Array<ArrayBuffer> {
  const isStack = frames.length > 1;
  return zipFiles(
    frames.flatMap((outlines, frame) => roiEntries(outlines, { frame: isStack ? frame : null })),
  );
}

/**
 * The files of one image's outlines: `0001.roi` for label 1, `0003-0001.roi` in the third frame of a
 * stack, which also shows it on that slice only. Further parts of an object are numbered: `0001-p2.roi`.
 *
 * @param options The `frame` of a stack, from 0; null for an image by itself.
 * @throws {RangeError} If an outline has a corner beyond 32,767 pixels.
 * @category Output formats
 */
export function roiEntries(
  outlines: readonly Outline[],
  { frame }: { frame: number | null },
): ZipEntry[] {
  const slice = frame === null ? 0 : frame + 1;
  const prefix = frame === null ? "" : `${numbered(slice)}-`;
  return outlines.flatMap(({ label, parts }) =>
    parts.map((loop, part) => ({
      name: `${prefix}${numbered(label)}${part === 0 ? "" : `-p${part + 1}`}.roi`,
      bytes: encodeRoi(loop, { slice }),
    }))
  );
}

function numbered(value: number): string {
  return `${value}`.padStart(4, "0");
}

/**
 * Encodes one closed polygon as the bytes of a `.roi` file. A region has at most 65,535 corners; of a
 * longer outline those are left out that matter least.
 *
 * @param whole Its corners `[x, y]`.
 * @param options The `slice` of a stack, from 1; 0 for all.
 * @throws {RangeError} If it has a corner more than 32,767 pixels away.
 * @category Output formats
 */
export function encodeRoi(whole: Loop, { slice }: { slice: number }): Uint8Array<ArrayBuffer> {
  const loop = thinned(whole);
  const count = loop.length;
  const [left, right] = extent(loop.map(([x]) => x));
  const [top, bottom] = extent(loop.map(([, y]) => y));
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + count * 12));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode("Iout"));
  view.setInt16(4, VERSION);
  // Byte 6 is the kind of region: 0, a polygon.
  [top, left, bottom, right].forEach((value, at) => view.setInt16(8 + 2 * at, value));
  view.setUint16(16, count);
  view.setInt16(50, SUB_PIXEL);
  view.setInt32(56, slice);
  const fractions = HEADER_BYTES + 4 * count;
  loop.forEach(([x, y], at) => {
    view.setInt16(HEADER_BYTES + 2 * at, Math.round(x - left));
    view.setInt16(HEADER_BYTES + 2 * (count + at), Math.round(y - top));
    view.setFloat32(fractions + 4 * at, x);
    view.setFloat32(fractions + 4 * (count + at), y);
  });
  return bytes;
}

/**
 * An outline without the corners that matter least, where it has more than a region may have: those whose
 * triangle with both neighbours is small, never two neighbours at once.
 */
function thinned(loop: Loop): Loop {
  let left = loop;
  for (let small = 0.5; left.length > MOST_CORNERS; small *= 2) {
    const all = left;
    left = all.filter((corner, i) =>
      i % 2 === 0 || triangle(all[i - 1], corner, all[(i + 1) % all.length]) > small
    );
  }
  return left;
}

function triangle(
  [ax, ay]: Loop[number],
  [bx, by]: Loop[number],
  [cx, cy]: Loop[number],
): number {
  return Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;
}

/** The whole pixels that hold a line of numbers. */
function extent(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  [least, most] = [Math.floor(least), Math.ceil(most)];
  if (least >= -FARTHEST && most <= FARTHEST) return [least, most];
  throw unfit(`from pixel ${least} to ${most}`, `at ${FARTHEST}`);
}

function unfit(what: string, end: string): RangeError {
  return new RangeError(
    `Cannot write an ImageJ region ${what}: its format ends ${end}; write GeoJSON instead`,
  );
}
