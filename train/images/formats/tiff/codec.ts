/**
 * Decompression of one TIFF strip or tile. Every decoder knows how many bytes must come out and
 * refuses anything else, because a damaged stream often decodes to plausible pixels and an early
 * end. (The errors say only what is wrong with the stream; the caller adds file and strip.)
 *
 * @module
 */

import { inflate } from "../deflate.ts";

/** How many bytes a strip or tile must give. */
export interface DecodedSize {
  /** The rows that belong to the image. */
  readonly least: number;
  /** More than `least` where a writer filled up the last strip to full height. */
  readonly most: number;
}

/**
 * Decompresses one strip or tile.
 *
 * @param input The bytes in the file.
 * @param options Compression as in the TIFF tag (1, 5, 8 or 32773) and the expected size.
 * @returns At least `least` and at most `most` bytes, not shared with `input`.
 * @throws {SyntaxError} If the stream is damaged, ends early or goes on for too long.
 */
export function decodeChunk(
  input: Uint8Array,
  { compression, ...size }: DecodedSize & { compression: number },
): Uint8Array<ArrayBuffer> {
  if (compression === 1) return copyRaw(input, size);
  if (compression === 5) return decodeLzw(input, size);
  if (compression === 8) return decodeDeflate(input, size);
  if (compression === 32773) return decodePackBits(input, size);
  throw new RangeError(`Cannot decompress a strip: compression ${compression} is not known`);
}

function tooShort(kind: string, found: number, least: number): SyntaxError {
  return new SyntaxError(`its ${kind} ends after ${found} of ${least} bytes of pixels`);
}

function tooLong(kind: string, most: number): SyntaxError {
  return new SyntaxError(`its ${kind} holds more than the ${most} bytes of pixels expected`);
}

function copyRaw(input: Uint8Array, { least }: DecodedSize): Uint8Array<ArrayBuffer> {
  if (input.length < least) throw tooShort("data", input.length, least);
  return new Uint8Array(input.subarray(0, least));
}

function decodeDeflate(input: Uint8Array, { least, most }: DecodedSize): Uint8Array<ArrayBuffer> {
  let output: Uint8Array<ArrayBuffer>;
  try {
    output = inflate(input, most);
  } catch (error) {
    if (error instanceof RangeError) throw tooLong("deflate stream", most);
    throw new SyntaxError(`its deflate stream is damaged (${(error as Error).message})`);
  }
  if (output.length < least) throw tooShort("deflate stream", output.length, least);
  return output;
}

function decodePackBits(input: Uint8Array, { least, most }: DecodedSize): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(most);
  let length = 0;
  for (let read = 0; read < input.length && length < most;) {
    const head = input[read++];
    if (head === 128) continue;
    const run = head < 128 ? head + 1 : 257 - head;
    const bytes = head < 128 ? run : 1;
    if (read + bytes > input.length) throw tooShort("PackBits stream", length, least);
    if (length + run > most) throw tooLong("PackBits stream", most);
    if (head < 128) output.set(input.subarray(read, read + run), length);
    else output.fill(input[read], length, length + run);
    read += bytes;
    length += run;
  }
  if (length < least) throw tooShort("PackBits stream", length, least);
  return output.subarray(0, length);
}

/**
 * TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, most significant bit first, wider one
 * code early; 256 clears the table, 257 ends the stream. The first writers had the lowest bit first and
 * wider codes only after the last one of a width, and may fill up the last strip with what belongs to no
 * row.
 *
 * A new table entry is always the previous string and the byte that follows it in the output, so
 * an entry is just a place in the output and a length; copying forwards also serves the one case
 * in which a code stands for the entry that is being made.
 */
function decodeLzw(input: Uint8Array, { least, most }: DecodedSize): Uint8Array<ArrayBuffer> {
  const isOld = isOldLzw(input);
  const early = isOld ? 0 : 1;
  const output = new Uint8Array(most);
  const starts = new Uint32Array(4096);
  const lengths = new Uint32Array(4096);
  const size = input.length;
  let length = 0;
  let next = 258;
  let width = 9;
  let previousStart = 0;
  let previousLength = 0; // 0 right after the table was cleared
  let buffer = 0;
  let bits = 0;
  let read = 0;
  while (true) {
    if (bits < width) {
      if (read + 1 < size) {
        // Bits above those that are held fall out of the 32 that there are.
        buffer = isOld
          ? buffer | (input[read] | input[read + 1] << 8) << bits
          : buffer << 16 | input[read] << 8 | input[read + 1];
        read += 2;
        bits += 16;
      } else {
        if (read < size) {
          buffer = isOld ? buffer | input[read] << bits : buffer << 8 | input[read];
          read++;
          bits += 8;
        }
        if (bits < width) break;
      }
    }
    bits -= width;
    let code: number;
    if (isOld) {
      code = buffer & (1 << width) - 1;
      buffer >>>= width;
    } else code = buffer >>> bits & (1 << width) - 1;
    if (code < 256) {
      if (length === most) {
        // A writer without an end code may leave a few bytes of padding.
        if (isOld || size - read + (bits >> 3) <= 2) break;
        throw tooLong("LZW stream", most);
      }
      if (previousLength > 0 && next < 4096) {
        starts[next] = previousStart;
        lengths[next++] = previousLength + 1;
      }
      previousStart = length;
      previousLength = 1;
      output[length++] = code;
    } else if (code === 257) break;
    else if (code === 256) {
      next = 258;
      width = 9;
      previousLength = 0;
      continue;
    } else {
      if (length === most && (isOld || size - read + (bits >> 3) <= 2)) break;
      if (previousLength > 0 && next < 4096) {
        starts[next] = previousStart;
        lengths[next++] = previousLength + 1;
      }
      if (code >= next || previousLength === 0) {
        throw new SyntaxError(`its LZW stream is damaged (code ${code} after ${length} bytes)`);
      }
      let from = starts[code];
      let run = lengths[code];
      if (length + run > most) {
        if (!isOld) throw tooLong("LZW stream", most);
        run = most - length;
      }
      const end = length + run;
      previousStart = length;
      previousLength = run;
      while (length < end) output[length++] = output[from++];
    }
    if (next === (1 << width) - early && width < 12) width++;
  }
  if (length < least) throw tooShort("LZW stream", length, least);
  return output.subarray(0, length);
}

/**
 * Whether a stream is LZW as the first TIFF writers had it, with the lowest bit first: it begins with the
 * code that clears the table, 256, which then is a byte of zeros and a bit (libtiff goes by the same).
 */
function isOldLzw(input: Uint8Array): boolean {
  return input.length >= 2 && input[0] === 0 && (input[1] & 1) === 1;
}

/** Reverses the bits of every byte, for files whose lowest bit comes first. */
export function reverseBits(input: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(input, (byte) => {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) reversed |= (byte >>> bit & 1) << (7 - bit);
    return reversed;
  });
}
