/**
 * JPEG in TIFF (compression 7), by the decoder of the package geotiff.
 *
 * @module
 */

import type { Compression } from "./compression.ts";
import { requireSize } from "./compression.ts";

/** JPEG. */
export const jpeg: Compression = {
  codes: [7],
  name: "JPEG",
  loss: "compressed as JPEG, which loses detail: intensities are not those that were measured",
  isImage: true,
  async load() {
    const { getDecoder } = await import("geotiff");
    return async (input, chunk) => {
      const { width, samples, bits, isYcc, tables } = chunk;
      requireSize(frameOf(input), { ...chunk, bits: 8 });
      if (bits !== 8) throw new SyntaxError(`it has samples of ${bits} bits, only 8 are read`);
      const parameters = {
        ...{ tileWidth: width, tileHeight: chunk.rows, predictor: 1, planarConfiguration: 1 },
        ...{ bitsPerSample: 8, samplesPerPixel: samples },
        ...(tables && { JPEGTables: tables }),
      };
      const decoder = await getDecoder(7, parameters);
      const bytes = new Uint8Array(await decoder.decodeBlock(input.slice().buffer));
      if (isYcc && samples === 3) toRgb(bytes);
      return bytes as Uint8Array<ArrayBuffer>;
    };
  },
};

/** Markers that begin a frame: all kinds of SOF, without DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Size and components of a JPEG. */
function frameOf(bytes: Uint8Array): { width: number; height: number; samples: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1];
    if (isFrame(marker)) {
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        samples: bytes[at + 9],
      };
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw new SyntaxError("its JPEG stream has no frame");
}

/** Brightness and differences of colour as red, green and blue (ITU-R BT.601, as in JFIF). */
function toRgb(bytes: Uint8Array): void {
  const pixels = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < pixels.length; i += 3) {
    const [y, b, r] = [pixels[i], pixels[i + 1] - 128, pixels[i + 2] - 128];
    pixels[i] = y + 1.402 * r;
    pixels[i + 1] = y - 0.344136 * b - 0.714136 * r;
    pixels[i + 2] = y + 1.772 * b;
  }
}
