/**
 * The pixels of one TIFF page: its strips or tiles are decompressed, brought to this machine's byte
 * order, freed of the predictor and put together.
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import { unpackBits, unpackWide } from "../bits.ts";
import type { PixelArray } from "../format.ts";
import { decodeChunk, type DecodedSize, reverseBits } from "./codec.ts";
import type { ChunkDecoder } from "./compressions/compression.ts";
import { chunkBytes, chunkRows, type TiffPage } from "./page.ts";

/** Bytes of a page are read as one piece if its chunks leave at most this share of gaps. */
const mostGaps = 1;

/**
 * Decodes one page.
 *
 * @param bytes The open file.
 * @param page The page's description from `readTiffDirectories`.
 * @returns `height * width * samples` numbers, the samples of a pixel side by side. Samples of 1, 2
 * or 4 bits come as bytes, of 9 to 15 bits as 16-bit numbers, floats of 16 bits as float32, whole numbers of
 * 64 bits as float64.
 * @throws {SyntaxError} If a strip or tile is damaged.
 */
export async function readTiffPixels(bytes: Bytes, page: TiffPage): Promise<PixelArray> {
  const { width, height, samples, chunkWidth } = page;
  const pixels = newPixels(page, width * height * samples);
  const across = Math.ceil(width / chunkWidth);
  const down = Math.ceil(height / page.chunkHeight);
  const inputs = await readChunkBytes(bytes, page);
  const library = await page.library?.load();
  for (let i = 0; i < page.chunks.length; i++) {
    const x = i % across;
    const y = Math.floor(i / across) % down;
    const size = {
      least: chunkBytes(page, chunkRows(page, y)),
      most: chunkBytes(page, page.chunkHeight),
    };
    const fail = (what: string) => {
      const kind = page.tiled ? "tile" : "strip";
      const at = `${kind} ${i + 1} of ${page.chunks.length} cannot be decoded: ${what}`;
      return unreadable(bytes.path, at, "copy the file again from its source");
    };
    const raw = await decompress(await inputs(i), { page, size, library, fail });
    const chunk = toSamples(raw, { page, size, fail });
    place(chunk, pixels, { page, x, y, sample: page.planar ? Math.floor(i / across / down) : 0 });
  }
  return pixels;
}

/** Some rows of a page. */
export interface RowRange {
  /** The first row. */
  readonly from: number;
  /** The row after the last one. */
  readonly to: number;
}

/**
 * Decodes some rows of a page: of its strips and tiles those alone that hold them.
 *
 * @returns As {@linkcode readTiffPixels}, for these rows.
 * @throws {SyntaxError} If one of these strips or tiles is damaged.
 */
export async function readTiffRows(
  bytes: Bytes,
  page: TiffPage,
  { from, to }: RowRange,
): Promise<PixelArray> {
  const { width, height, samples, chunkHeight } = page;
  const across = Math.ceil(width / page.chunkWidth);
  const down = Math.ceil(height / chunkHeight);
  const first = Math.floor(from / chunkHeight);
  const end = Math.ceil(to / chunkHeight);
  const sets = page.planar ? samples : 1;
  const chunks = Array.from({ length: sets }, (_, sample) => {
    const start = sample * down * across;
    return page.chunks.slice(start + first * across, start + end * across);
  }).flat();
  const top = first * chunkHeight;
  const rows = Math.min(height, end * chunkHeight) - top;
  const pixels = await readTiffPixels(bytes, { ...page, height: rows, chunks });
  const length = width * samples;
  return pixels.subarray((from - top) * length, (to - top) * length);
}

/** An empty array of the page's number type. */
function newPixels({ bits, format }: TiffPage, length: number): PixelArray {
  if (bits === 64) return new Float64Array(length);
  if (format === "float") return new Float32Array(length);
  if (bits === 32) return format === "int" ? new Int32Array(length) : new Uint32Array(length);
  if (bits > 16) return new Uint32Array(length);
  if (bits > 8) return format === "int" ? new Int16Array(length) : new Uint16Array(length);
  return format === "int" ? new Int8Array(length) : new Uint8Array(length);
}

/** Reads the page's bytes at once where they lie together, else strip by strip. */
async function readChunkBytes(
  bytes: Bytes,
  { chunks }: TiffPage,
): Promise<(index: number) => Promise<Uint8Array>> {
  let start = Infinity;
  let end = 0;
  let sum = 0;
  for (const { offset, bytes } of chunks) {
    start = Math.min(start, offset);
    end = Math.max(end, offset + bytes);
    sum += bytes;
  }
  if (end - start > (1 + mostGaps) * sum) {
    return (i) => bytes.read(chunks[i].offset, chunks[i].bytes);
  }
  const all = await bytes.read(start, end - start);
  return (i) => {
    const from = chunks[i].offset - start;
    return Promise.resolve(all.subarray(from, from + chunks[i].bytes));
  };
}

/** What it takes to decode a chunk. */
interface Decoding {
  readonly page: TiffPage;
  readonly size: DecodedSize;
  /** The decoder of a library; undefined where this program has its own. */
  readonly library?: ChunkDecoder;
  readonly fail: (what: string) => SyntaxError;
}

/** One chunk's bytes. */
async function decompress(
  read: Uint8Array,
  { page, size, library, fail }: Decoding,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const input = page.reversed ? reverseBits(read) : read;
    if (!library) return decodeChunk(input, { ...size, compression: page.compression });
    const { chunkWidth: width, bits, isYcc, tables } = page;
    const samples = page.planar ? 1 : page.samples;
    const rows = size.least / chunkBytes(page, 1);
    const raw = await library(input as Uint8Array<ArrayBuffer>, {
      ...{ ...size, width, rows, samples, bits, isYcc, tables },
    });
    if (raw.length >= size.least && raw.length <= size.most) return raw;
    throw new SyntaxError(`it holds ${raw.length} of ${size.least} bytes of pixels`);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : `${error}`);
  }
}

/** One chunk's rows as an array of the page's number type. */
function toSamples(raw: Uint8Array<ArrayBuffer>, { page, size, fail }: Decoding): PixelArray {
  const rows = size.least / chunkBytes(page, 1);
  if (page.bits < 8) return unpackBits(raw, { width: page.chunkWidth, rows, bits: page.bits });
  if (page.bits % 8 !== 0) {
    const length = page.chunkWidth * (page.planar ? 1 : page.samples);
    return unpackWide(raw, { length, rows, bits: page.bits });
  }
  const isNative = page.littleEndian || (page.library?.isImage ?? false);
  if (page.predictor === 3) undoFloatPredictor(raw, { page, rows });
  else if (!isNative) swapBytes(raw, page.bits / 8);
  if (page.predictor === 2) undoDifferences(raw, { page, rows });
  // Decoders may give a part of a larger buffer.
  const { buffer } = raw.byteOffset === 0 ? raw : raw.slice();
  const count = size.least / (page.bits / 8);
  const { bits, format } = page;
  if (bits === 64 && format !== "float") return wholeNumbers(buffer, { count, format, fail });
  if (bits === 64) return new Float64Array(buffer, 0, count);
  if (bits === 16 && format === "float") {
    return Float32Array.from(new Float16Array(buffer, 0, count));
  }
  if (format === "float") return new Float32Array(buffer, 0, count);
  const kinds = format === "int"
    ? { 8: Int8Array, 16: Int16Array, 32: Int32Array }
    : { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
  return new kinds[bits as 8 | 16 | 32](buffer, 0, count);
}

/** Whole numbers of 64 bits, exactly or not at all. */
function wholeNumbers(
  buffer: ArrayBuffer,
  { count, format, fail }: { count: number; format: string; fail: (what: string) => SyntaxError },
): Float64Array<ArrayBuffer> {
  const source = format === "int"
    ? new BigInt64Array(buffer, 0, count)
    : new BigUint64Array(buffer, 0, count);
  return Float64Array.from({ length: count }, (_, i) => {
    const value = Number(source[i]);
    if (!Number.isSafeInteger(value)) throw fail(`it holds ${source[i]}, which is above 2^53`);
    return value;
  });
}

/** Reverses the bytes of every number. */
function swapBytes(raw: Uint8Array, bytes: number): void {
  for (let start = 0; start + bytes <= raw.length; start += bytes) {
    for (let a = start, b = start + bytes - 1; a < b; a++, b--) {
      const byte = raw[a];
      raw[a] = raw[b];
      raw[b] = byte;
    }
  }
}

/** Predictor 2: every sample was stored as its difference to the pixel on the left. */
function undoDifferences(
  { buffer }: Uint8Array<ArrayBuffer>,
  { page, rows }: { page: TiffPage; rows: number },
): void {
  const stride = page.planar ? 1 : page.samples;
  const rowLength = page.chunkWidth * stride;
  const count = rows * rowLength;
  // The sums wrap around in the number's width; signed and float pages are summed as bit patterns.
  const kinds = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
  const values = new kinds[page.bits as 8 | 16 | 32](buffer, 0, count);
  for (let start = 0; start < count; start += rowLength) {
    for (let i = start + stride; i < start + rowLength; i++) values[i] += values[i - stride];
  }
}

/**
 * Predictor 3 (Adobe's TIFF technical note 3): a row of floats was stored as its most significant
 * bytes, then the next ones and so on, and then every byte as the difference to its left neighbour.
 */
function undoFloatPredictor(
  raw: Uint8Array,
  { page, rows }: { page: TiffPage; rows: number },
): void {
  const stride = page.planar ? 1 : page.samples;
  const bytes = page.bits / 8;
  const rowLength = page.chunkWidth * stride;
  for (let y = 0; y < rows; y++) {
    const row = raw.subarray(y * rowLength * bytes, (y + 1) * rowLength * bytes);
    for (let i = stride; i < row.length; i++) row[i] += row[i - stride];
    const planes = row.slice();
    for (let i = 0; i < rowLength; i++) {
      for (let b = 0; b < bytes; b++) row[i * bytes + bytes - 1 - b] = planes[b * rowLength + i];
    }
  }
}

/** Copies a chunk to its place, without what a tile has beyond the image's edges. */
function place(
  chunk: PixelArray,
  pixels: PixelArray,
  { page, x, y, sample }: { page: TiffPage; x: number; y: number; sample: number },
): void {
  const { width, height, chunkWidth, chunkHeight, samples, planar } = page;
  const left = x * chunkWidth;
  const top = y * chunkHeight;
  const columns = Math.min(chunkWidth, width - left);
  const rows = Math.min(chunkHeight, height - top);
  const stride = planar ? 1 : samples;
  for (let row = 0; row < rows; row++) {
    const source = row * chunkWidth * stride;
    const target = ((top + row) * width + left) * samples;
    if (!planar) pixels.set(chunk.subarray(source, source + columns * samples), target);
    else {
      for (let i = 0; i < columns; i++) pixels[target + i * samples + sample] = chunk[source + i];
    }
  }
}
