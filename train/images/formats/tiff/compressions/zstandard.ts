/**
 * Zstandard in TIFF, by the package fzstd.
 *
 * @module
 */

import type { Compression } from "./compression.ts";

/** Zstandard. */
export const zstandard: Compression = {
  codes: [50000],
  name: "Zstandard",
  loss: null,
  isImage: false,
  async load() {
    const { Decompress } = await import("fzstd");
    return (input, { most }) => {
      const output = new Uint8Array(most);
      let length = 0;
      // Piece by piece, so that a stream cannot take more memory than its pixels.
      const stream = new Decompress((piece: Uint8Array) => {
        if (length + piece.length > most) {
          throw new SyntaxError(`it holds more than the ${most} bytes of pixels expected`);
        }
        output.set(piece, length);
        length += piece.length;
      });
      stream.push(input, true);
      return output.subarray(0, length);
    };
  },
};
