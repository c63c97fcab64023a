/**
 * Polygons as ImageJ regions of interest: one `.roi` file for each, all in one zip archive, which
 * ImageJ's ROI Manager opens. The layout is that of ImageJ's `RoiDecoder`: big-endian, a header of 64
 * bytes, the vertices in whole pixels and again with fractions.
 *
 * ImageJ counts from the upper left corner of the first pixel, networks from its centre: half a pixel
 * is added.
 *
 * @module
 */

import { zipSync } from "fflate";
import type { ExportedPolygons } from "./exported_polygons.ts";

const HEADER_BYTES = 64;
/** The first version of the format whose polygons may have fractions is 222. */
const VERSION = 227;
/** The option that says that fractions follow. */
const SUB_PIXEL = 128;
/** Positions are written in 16 bits with a sign, counts without. */
const FARTHEST = 2 ** 15 - 1;

/**
 * Makes the archive of all polygons, named `FRAME-OBJECT.roi` by numbers from 1. In a stack, each
 * region is shown on the slice of its frame.
 *
 * @param frames The polygons of each frame of a video, or of one image.
 * @returns The bytes of the zip file.
 * @throws {RangeError} If a polygon reaches beyond 32,767 pixels.
 */
export function imagejRoiZip(frames: readonly ExportedPolygons[]): Uint8Array<ArrayBuffer> {
  const files: Record<string, Uint8Array> = {};
  const digits = Math.max(4, ...frames.map(({ prob }) => `${prob.length}`.length));
  frames.forEach(({ vertices, rays, prob }, frame) => {
    for (let index = 0; index < prob.length; index++) {
      const polygon = vertices.subarray(2 * rays * index, 2 * rays * (index + 1));
      const numbers = [frame + 1, index + 1].map((value) => `${value}`.padStart(digits, "0"));
      files[`${numbers.join("-")}.roi`] = encodeRoi(polygon, frame + 1);
    }
  });
  // A fixed date: equal polygons give equal bytes.
  return zipSync(files, { mtime: new Date(1980, 0, 1) });
}

/**
 * Encodes one polygon as the bytes of a `.roi` file.
 *
 * @param vertices Rows and columns in pixels, counted from pixel centres, shape `[n, 2]`.
 * @param slice The slice of a stack, from 1; 0 for all.
 * @throws {RangeError} If a vertex lies more than 32,767 pixels from the first pixel.
 */
export function encodeRoi(vertices: Float32Array, slice: number): Uint8Array<ArrayBuffer> {
  const count = vertices.length / 2;
  const rows = Float32Array.from({ length: count }, (_, at) => vertices[2 * at] + 0.5);
  const columns = Float32Array.from({ length: count }, (_, at) => vertices[2 * at + 1] + 0.5);
  const [top, bottom] = extent(rows);
  const [left, right] = extent(columns);
  const bytes = new Uint8Array(HEADER_BYTES + count * 12);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("Iout"));
  view.setInt16(4, VERSION);
  // Byte 6 is the kind of region: 0, a polygon.
  [top, left, bottom, right].forEach((value, at) => view.setInt16(8 + 2 * at, value));
  view.setUint16(16, count);
  view.setInt16(50, SUB_PIXEL);
  view.setInt32(56, slice);
  const fractions = HEADER_BYTES + 4 * count;
  for (let at = 0; at < count; at++) {
    view.setInt16(HEADER_BYTES + 2 * at, Math.round(columns[at] - left));
    view.setInt16(HEADER_BYTES + 2 * (count + at), Math.round(rows[at] - top));
    view.setFloat32(fractions + 4 * at, columns[at]);
    view.setFloat32(fractions + 4 * (count + at), rows[at]);
  }
  return bytes;
}

/** The whole pixels that hold a line of numbers. */
function extent(values: Float32Array): [number, number] {
  const [least, most] = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values))];
  if (least >= -FARTHEST && most <= FARTHEST) return [least, most];
  throw new RangeError(
    `Cannot write an ImageJ region from pixel ${least} to ${most}: its format ends at ${FARTHEST}; ` +
      `write GeoJSON instead`,
  );
}
