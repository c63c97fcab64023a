/**
 * Animated PNG files of few colours, written frame by frame.
 *
 * Own code, as fast-png reads such files but writes none, and the one package that does has not been
 * released since 2017. A chunk of an animation is one of a still with a number before it (PNG
 * specification, third edition, 11.3.6), and fflate does the compression.
 *
 * @module
 */

import { gzipSync, zlibSync } from "fflate";

/** A picture that moves. */
export interface Animation {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** Red, green and blue, 0 to 255, of each number that a pixel may hold; at most 256. */
  readonly palette: readonly (readonly [red: number, green: number, blue: number])[];
  /** How many frames it has. */
  readonly frames: number;
  /** How many frames it shows in a second, 1 to 1000. */
  readonly rate: number;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** 8 bits a pixel, colours by number, and no interlacing. */
const INDEXED = [8, 3, 0, 0, 0] as const;
/** What the checksum and the length take at the end of a gzip stream. */
const GZIP_TAIL = 8;

/**
 * The bytes before the first frame. Frames are repeated for ever.
 *
 * @throws {RangeError} If there are no frames or colours, or more than 256 colours.
 */
export function animationHead(animation: Animation): Uint8Array<ArrayBuffer> {
  const { width, height, palette, frames } = animation;
  if (frames < 1 || palette.length < 1 || palette.length > 256) {
    throw new RangeError(
      `Cannot animate ${frames} frames of ${palette.length} colours: expected at least one frame ` +
        "and 1 to 256 colours",
    );
  }
  return joined([
    SIGNATURE,
    chunk("IHDR", joined([uint32(width, height), Uint8Array.from(INDEXED)])),
    chunk("acTL", uint32(frames, 0)),
    chunk("PLTE", Uint8Array.from(palette.flat())),
  ]);
}

/**
 * The bytes of a frame.
 *
 * @param pixels A number of a colour for each pixel, row by row.
 * @param index Which frame it is, from 0.
 * @throws {RangeError} If there are more or fewer pixels than the animation has.
 */
export function animationFrame(
  pixels: Uint8Array,
  { width, height, rate }: Animation,
  index: number,
): Uint8Array<ArrayBuffer> {
  if (pixels.length !== width * height) {
    throw new RangeError(`Cannot animate ${pixels.length} pixels as ${width} x ${height}`);
  }
  // Chunks that belong to frames are numbered: one for the first, two for each other.
  const number = Math.max(0, 2 * index - 1);
  const delay = Uint8Array.of(0, 1, rate >> 8, rate & 255);
  const control = joined([uint32(number, width, height, 0, 0), delay, Uint8Array.of(0, 0)]);
  const packed = zlibSync(filtered(pixels, width), { level: 9 });
  return joined([
    chunk("fcTL", control),
    index === 0 ? chunk("IDAT", packed) : chunk("fdAT", joined([uint32(number + 1), packed])),
  ]);
}

/** The bytes behind the last frame. */
export function animationEnd(): Uint8Array<ArrayBuffer> {
  return chunk("IEND", new Uint8Array());
}

/** Rows as they are, each behind the 0 that says so: filters help colours by number little. */
function filtered(pixels: Uint8Array, width: number): Uint8Array {
  const rows = pixels.length / width;
  const bytes = new Uint8Array(pixels.length + rows);
  for (let row = 0; row < rows; row++) {
    bytes.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  return bytes;
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = joined([new TextEncoder().encode(type), data]);
  // gzip ends with the same checksum as a chunk, in the other byte order.
  const gzip = gzipSync(body, { level: 0, mtime: 0 });
  const crc = gzip.subarray(gzip.length - GZIP_TAIL, gzip.length - GZIP_TAIL + 4).toReversed();
  return joined([uint32(data.length), body, crc]);
}

function uint32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
