/**
 * Images to TIFF files that Fiji, tifffile and Kymo itself read: little-endian strips, deflate
 * without predictor, and for a stack ImageJ's description, so that its pages open as frames.
 *
 * @module
 */

import type { LabelImage, Plane } from "../image.ts";
import {
  bytesOf,
  compressPage,
  concatenate,
  labelPage,
  needsWideIds,
  type Page,
  TiffStackLayout,
} from "./tiff_stack.ts";

/**
 * Label images as one TIFF file: 16 bits, or 32 if an id is above 65,535.
 *
 * @param images One image, or the frames of a stack, all of the same size.
 * @returns The bytes of the file.
 * @throws {RangeError} If there is no image, or sizes differ.
 *
 * @example
 * ```ts
 * import { encodeLabelTiff } from "@kymo/kymo/images";
 *
 * const labels = { width: 2, height: 1, data: Uint32Array.of(0, 7) };
 * const bytes = encodeLabelTiff([labels]);
 * ```
 *
 * @category Formats
 */
export function encodeLabelTiff(images: readonly LabelImage[]): Uint8Array<ArrayBuffer> {
  const wide = images.some(needsWideIds);
  return encodeTiff(images.map((image) => labelPage(image, { wide })));
}

/**
 * Planes as one 32-bit float TIFF file, such as probability maps.
 *
 * @param planes One plane, or the frames of a stack, all of the same size.
 * @throws {RangeError} If there is no plane, or sizes differ.
 * @category Formats
 */
export function encodeFloatTiff(planes: readonly Plane[]): Uint8Array<ArrayBuffer> {
  return encodeTiff(planes);
}

/**
 * Planes as one grey TIFF file of 8 or 16 bits. Intensities are rounded, and those outside the
 * range of the bits become its ends, as in a camera.
 *
 * @param planes One plane, or the frames of a stack, all of the same size.
 * @param options `bits`: 8 or 16 (default).
 * @throws {RangeError} If there is no plane, or sizes differ.
 * @category Formats
 */
export function encodeGreyTiff(
  planes: readonly Plane[],
  { bits = 16 }: { bits?: 8 | 16 } = {},
): Uint8Array<ArrayBuffer> {
  const limit = 2 ** bits - 1;
  return encodeTiff(planes.map(({ width, height, data }) => {
    const samples = bits === 8 ? new Uint8Array(data.length) : new Uint16Array(data.length);
    for (let i = 0; i < data.length; i++) {
      samples[i] = Math.min(limit, Math.max(0, Math.round(data[i])));
    }
    return { width, height, data: samples };
  }));
}

function encodeTiff(pages: readonly Page[]): Uint8Array<ArrayBuffer> {
  if (pages.length === 0) throw new RangeError("Cannot encode a TIFF: there is no image");
  const compressed = pages.map(compressPage);
  const layout = new TiffStackLayout(pages.length, { stripBytes: bytesOf(compressed) });
  return concatenate([...compressed.map((page) => layout.add(page)), layout.end()]);
}
