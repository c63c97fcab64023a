/**
 * Z-stacks to TIFF files that Fiji, tifffile and Kymo itself open as planes in depth.
 *
 * @module
 */

import type { Plane } from "../image.ts";
import { bytesOf, compressPage, concatenate, TiffStackLayout } from "./tiff_stack.ts";

/**
 * One z-stack as a grey TIFF file of 16 bits. Intensities are rounded, and those outside 0 … 65,535
 * become its ends.
 *
 * @param planes The planes from low to high z, all of the same size.
 * @throws {RangeError} If there is no plane, or sizes differ.
 *
 * @example
 * ```ts
 * import { encodeStackTiff } from "@kymo/kymo/images";
 *
 * const plane = { width: 2, height: 1, data: Float32Array.of(13370, 13420) };
 * const bytes = encodeStackTiff([plane, plane]);
 * ```
 *
 * @category Formats
 */
export function encodeStackTiff(planes: readonly Plane[]): Uint8Array<ArrayBuffer> {
  if (planes.length === 0) throw new RangeError("Cannot encode a stack: there is no plane");
  const pages = planes.map(({ width, height, data }) => {
    const samples = new Uint16Array(data.length);
    for (let i = 0; i < data.length; i++) {
      samples[i] = Math.min(65535, Math.max(0, Math.round(data[i])));
    }
    return compressPage({ width, height, data: samples });
  });
  const stripBytes = bytesOf(pages);
  const layout = new TiffStackLayout(pages.length, { axis: "slices", stripBytes });
  return concatenate([...pages.map((page) => layout.add(page)), layout.end()]);
}
