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
  if (compression === 5) {
    return isOldLzw(input) ? decodeOldLzw(input, size) : decodeLzw(input, size);
  }
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
 * code early; 256 clears the table, 257 ends the stream.
 *
 * A new table entry is always the previous string and the byte that follows it in the output, so
 * an entry is just a place in the output and a length; copying forwards also serves the one case
 * in which a code stands for the entry that is being made.
 */
function decodeLzw(input: Uint8Array, { least, most }: DecodedSize): Uint8Array<ArrayBuffer> {
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
        buffer = buffer << 16 | input[read] << 8 | input[read + 1];
        read += 2;
        bits += 16;
      } else {
        if (read < size) {
          buffer = buffer << 8 | input[read++];
          bits += 8;
        }
        if (bits < width) break;
      }
    }
    bits -= width;
    const code = buffer >>> bits & (1 << width) - 1;
    if (code < 256) {
      // A writer without an end code may leave a few bytes of padding.
      if (length === most) {
        if (size - read + (bits >> 3) <= 2) break;
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
      if (length === most && size - read + (bits >> 3) <= 2) break;
      if (previousLength > 0 && next < 4096) {
        starts[next] = previousStart;
        lengths[next++] = previousLength + 1;
      }
      if (code >= next || previousLength === 0) {
        throw new SyntaxError(`its LZW stream is damaged (code ${code} after ${length} bytes)`);
      }
      let from = starts[code];
      const run = lengths[code];
      const end = length + run;
      if (end > most) throw tooLong("LZW stream", most);
      previousStart = length;
      previousLength = run;
      while (length < end) output[length++] = output[from++];
    }
    if (next === (1 << width) - 1 && width < 12) width++;
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

/** The same codes, the lowest bit first, and wider only after the last one of a width. */
function decodeOldLzw(input: Uint8Array, { least, most }: DecodedSize): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(most);
  const starts = new Uint32Array(4097);
  const lengths = new Uint32Array(4097);
  let [length, next, width, previousStart, previousLength] = [0, 258, 9, 0, 0];
  for (let bit = 0; bit + width <= 8 * input.length;) {
    let code = 0;
    for (let i = 0; i < width; i++, bit++) code |= (input[bit >>> 3] >>> (bit & 7) & 1) << i;
    if (code === 257 || length === most) break;
    if (code === 256) {
      [next, width, previousLength] = [258, 9, 0];
      continue;
    }
    if (previousLength > 0 && next < 4096) {
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next++;
    }
    const literal = code < 256;
    if (!literal && (code >= next || previousLength === 0)) {
      throw new SyntaxError(`its LZW stream is damaged (code ${code} after ${length} bytes)`);
    }
    // Old writers may fill the last strip with what belongs to no row.
    const run = Math.min(literal ? 1 : lengths[code], most - length);
    if (literal) output[length] = code;
    else for (let i = 0; i < run; i++) output[length + i] = output[starts[code] + i];
    [previousStart, previousLength] = [length, run];
    length += run;
    if (next === 1 << width && width < 12) width++;
  }
  if (length < least) throw tooShort("LZW stream", length, least);
  return output.subarray(0, length);
}

/** Reverses the bits of every byte, for files whose lowest bit comes first. */
export function reverseBits(input: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(input, (byte) => {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) reversed |= (byte >>> bit & 1) << (7 - bit);
    return reversed;
  });
}
