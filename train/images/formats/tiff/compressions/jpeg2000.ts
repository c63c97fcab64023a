/**
 * JPEG 2000 in TIFF, by OpenJPEG, which the package of Cornerstone brings as JavaScript.
 *
 * @module
 */

import type { Compression } from "./compression.ts";
import { requireSize } from "./compression.ts";

/** What is used of the package, which has no types. */
interface OpenJpeg {
  readonly J2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    delete(): void;
  };
}

/** JPEG 2000. */
export const jpeg2000: Compression = {
  codes: [34712],
  name: "JPEG 2000",
  loss: "compressed as JPEG 2000, which may lose detail",
  isImage: true,
  async load() {
    const { default: start } = await import("@cornerstonejs/codec-openjpeg/decode") as unknown as {
      default: (options: { print(): void; printErr(): void }) => Promise<OpenJpeg>;
    };
    const { J2KDecoder } = await start({ print: () => {}, printErr: () => {} });
    return (input, chunk) => {
      const decoder = new J2KDecoder();
      try {
        decoder.getEncodedBuffer(input.length).set(input);
        const { bits, ...size } = sizeOf(input);
        requireSize(size, chunk);
        if (Math.ceil(bits / 8) !== chunk.bits / 8) {
          throw new SyntaxError(`it has ${bits} bits a sample, expected ${chunk.bits}`);
        }
        decoder.decode();
        return decoder.getDecodedBuffer().slice() as Uint8Array<ArrayBuffer>;
      } finally {
        decoder.delete();
      }
    };
  },
};

/** What the marker SIZ says, which follows the start of the stream, bare or in the box of a file. */
function sizeOf(
  bytes: Uint8Array,
): { width: number; height: number; samples: number; bits: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 44 <= bytes.length; at++) {
    if (bytes[at] !== 0xff || view.getUint32(at) !== 0xff4fff51) continue;
    return {
      width: view.getUint32(at + 8) - view.getUint32(at + 16),
      height: view.getUint32(at + 12) - view.getUint32(at + 20),
      samples: view.getUint16(at + 40),
      bits: 1 + (bytes[at + 42] & 0x7f),
    };
  }
  throw new SyntaxError("it is no JPEG 2000 image");
}
