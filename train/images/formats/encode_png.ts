/**
 * Pictures to PNG files: grey or RGB with 8 bits, grey with 16 bits.
 *
 * @module
 */

import { encode } from "fast-png";

/**
 * A picture to be written.
 *
 * @category Formats
 */
export interface Picture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** `height * width * channels` values, the channels of a pixel side by side. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

/**
 * A picture as a PNG file, with the bits of its array (8 or 16).
 *
 * @throws {RangeError} If the array does not have the picture's size.
 *
 * @example
 * ```ts
 * import { encodePng } from "@kymo/kymo/images";
 *
 * const red = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) } as const;
 * const bytes = encodePng(red);
 * ```
 *
 * @category Formats
 */
export function encodePng({ width, height, channels, data }: Picture): Uint8Array<ArrayBuffer> {
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new RangeError(
      `Cannot encode a PNG: ${width}x${height} with ${channels} channels has ${data.length} values`,
    );
  }
  const depth = data instanceof Uint16Array ? 16 : 8;
  return new Uint8Array(encode({ width, height, channels, data, depth }));
}
