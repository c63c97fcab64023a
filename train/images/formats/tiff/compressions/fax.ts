/**
 * CCITT's compressions of black and white pixels (T.4 and T.6) in TIFF, by the package utif.
 *
 * @module
 */

import type { ChunkDecoder, Compression } from "./compression.ts";

/** What is used of the package, which does not declare it. */
type FaxDecoder = (
  data: Uint8Array,
  ...rest: [
    offset: number,
    length: number,
    target: Uint8Array,
    at: number,
    w: number,
    order: number,
  ]
) => void;

interface Decoders {
  readonly _decodeG3: FaxDecoder & { allow2D: boolean | null };
  readonly _decodeG4: FaxDecoder;
}

/** The highest bit of a byte is the first. */
const HIGHEST_FIRST = 1;

async function load(kind: keyof Decoders): Promise<ChunkDecoder> {
  const { default: utif } = await import("utif");
  const decoders = utif.decode as unknown as Decoders;
  return (input, { least, width, samples, bits }) => {
    if (samples !== 1 || bits !== 1) {
      throw new SyntaxError(`it holds ${samples} samples of ${bits} bits, fax has one of one bit`);
    }
    const output = new Uint8Array(least);
    decoders._decodeG3.allow2D = null;
    decoders[kind](input, 0, input.length, output, 0, width, HIGHEST_FIRST);
    return output;
  };
}

/** Group 3. */
export const fax3: Compression = {
  codes: [3],
  name: "CCITT fax, group 3",
  loss: null,
  isImage: true,
  load: () => load("_decodeG3"),
};

/** Group 4. */
export const fax4: Compression = {
  codes: [4],
  name: "CCITT fax, group 4",
  loss: null,
  isImage: true,
  load: () => load("_decodeG4"),
};
