/**
 * WebP in TIFF, by libwebp, which the package jSquash brings as WebAssembly.
 *
 * @module
 */

import type { Compression } from "./compression.ts";
import { requireSize } from "./compression.ts";

/** WebP. */
export const webp: Compression = {
  codes: [50001],
  name: "WebP",
  loss: "compressed as WebP, which may lose detail",
  isImage: true,
  async load() {
    const { default: decode } = await import("@jsquash/webp/decode.js");
    return async (input, chunk) => {
      const { samples } = chunk;
      requireSize({ ...sizeOf(input), samples }, chunk);
      const { data } = await decode(input.slice().buffer);
      if (samples === 4) return new Uint8Array(data);
      const bytes = new Uint8Array(data.length / 4 * samples);
      for (let i = 0, at = 0; at < bytes.length; i += 4) {
        for (let sample = 0; sample < samples; sample++) bytes[at++] = data[i + sample];
      }
      return bytes;
    };
  },
};

/** The size in the first chunk of a WebP file: lossy, lossless or extended. */
function sizeOf(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = bytes.length < 30 ? "" : String.fromCharCode(...bytes.subarray(12, 16));
  if (kind === "VP8 ") {
    return {
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
    };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + (bits >>> 14 & 0x3fff) };
  }
  if (kind === "VP8X") {
    const three = (at: number) => view.getUint16(at, true) + 65536 * bytes[at + 2];
    return { width: 1 + three(24), height: 1 + three(27) };
  }
  throw new SyntaxError("it is no WebP image");
}
