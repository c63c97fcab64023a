/**
 * The record of a compression whose decoder is a library, loaded when the first file of its kind is met.
 *
 * @module
 */

import type { DecodedSize } from "../codec.ts";

/** One strip or tile. */
export interface ChunkToDecode extends DecodedSize {
  /** Its width in pixels. */
  readonly width: number;
  /** Its rows: as many as the page has left, or more where its writer filled it up. */
  readonly rows: number;
  /** Samples of a pixel. */
  readonly samples: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** Whether its samples are brightness and two differences of colour, to become red, green and blue. */
  readonly isYcc: boolean;
  /** Tables that all strips of the page share; null without any. */
  readonly tables: Uint8Array<ArrayBuffer> | null;
}

/**
 * Gives the bytes of a strip or tile.
 *
 * @throws {Error} If it is damaged.
 */
export type ChunkDecoder = (
  input: Uint8Array<ArrayBuffer>,
  chunk: ChunkToDecode,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** A compression. */
export interface Compression {
  /** The numbers of the TIFF tag. */
  readonly codes: readonly number[];
  /** Its name in messages. */
  readonly name: string;
  /** What to say of it where intensities may not be those that were measured; null where they are. */
  readonly loss: string | null;
  /** Whether it holds an image, whose samples come in this machine's byte order. */
  readonly isImage: boolean;
  /** Loads its decoder. */
  load(): Promise<ChunkDecoder>;
}

/**
 * Refuses an image of another size than its strip or tile, before it is decoded.
 *
 * @throws {SyntaxError} If so.
 */
export function requireSize(
  { width, height, samples }: { width: number; height: number; samples: number },
  chunk: ChunkToDecode,
): void {
  const bytes = width * height * samples * Math.ceil(chunk.bits / 8);
  const fits = width === chunk.width && samples === chunk.samples &&
    bytes >= chunk.least && bytes <= chunk.most;
  if (fits) return;
  throw new SyntaxError(
    `it holds an image of ${width}x${height} with ${samples} samples, expected ${chunk.width}x` +
      `${chunk.rows} with ${chunk.samples}`,
  );
}
