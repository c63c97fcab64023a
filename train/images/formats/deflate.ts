/**
 * Deflate streams with zlib's head and checksum, as TIFF and PNG have them. They are read by fflate, which
 * runs in a browser too. It leaves the checksum aside, so that is checked here, and damage is noticed.
 *
 * What that costs, measured with Deno 2.9 on a 16-bit image of 700 x 1100 in strips of 64 KiB: zlib
 * itself, which only Deno and Node have, inflates it in 7 ms, fflate and the check in 18 ms (2.4
 * times as long); in one strip 9 and 14 ms. A file is read in 14 ms where it was 7 (as PNG, 30 and
 * 20). How they are written, and why, stands in `packing/quick_deflate.ts`.
 *
 * @module
 */

import { unzlibSync } from "fflate";
import { quickDeflate, type QuickDeflateOptions } from "./packing/quick_deflate.ts";

/** Two bytes of head before a stream, four of checksum behind it. */
const FRAME_BYTES = 6;

/** The head of a stream that nobody took pains over: deflate with a window of 32 KiB. */
const HEAD = [0x78, 0x01];

/**
 * Compresses bytes into one stream.
 *
 * @param options.stride Bytes of a row of an image, above which the same may stand.
 */
export function deflate(bytes: Uint8Array, options?: QuickDeflateOptions): Uint8Array<ArrayBuffer> {
  const packed = quickDeflate(bytes, options);
  const stream = new Uint8Array(packed.length + FRAME_BYTES);
  stream.set(HEAD);
  stream.set(packed, HEAD.length);
  new DataView(stream.buffer).setUint32(stream.length - 4, adler32(bytes));
  return stream;
}

/**
 * Decompresses one stream. Bytes behind it, with which some writers fill up, are left alone.
 *
 * @param most The most bytes that may come out; only they are ever held.
 * @throws {RangeError} If more bytes than that come out.
 * @throws {SyntaxError} If the stream is cut short or damaged; the message says only how.
 */
export function inflate(input: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(most + 1);
  const output = unpack(input, room);
  if (output.length > most) throw new RangeError(`more than ${most} bytes come out of it`);
  const sum = adler32(output);
  if (sumAt(input, input.length - 4) === sum) return output;
  if (sumAt(input, streamEnd(input, room)) === sum) return output;
  throw new SyntaxError("incorrect data check");
}

/** What comes out of a stream whose checksum is the last of the input, or is in front of its end. */
function unpack(input: Uint8Array, room: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (input.length <= FRAME_BYTES) throw new SyntaxError("unexpected end of file");
  try {
    return room.subarray(0, unzlibSync(input, { out: room }).length);
  } catch (error) {
    // A stored block is copied as a whole, for which there is no room.
    if (error instanceof RangeError) return room;
    throw new SyntaxError((error as Error).message);
  }
}

/** Where the checksum of an undamaged stream stands: its shortest beginning that can be unpacked. */
function streamEnd(input: Uint8Array, room: Uint8Array<ArrayBuffer>): number {
  let [short, whole] = [FRAME_BYTES, input.length];
  while (whole - short > 1) {
    const middle = (short + whole) >> 1;
    try {
      unpack(input.subarray(0, middle), room);
      whole = middle;
    } catch {
      short = middle;
    }
  }
  return whole - 4;
}

function sumAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** Adler-32 (RFC 1950, section 8). 2655 steps stay below 2^31 before a remainder is due. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let start = 0; start < bytes.length; start += 2655) {
    const end = Math.min(bytes.length, start + 2655);
    for (let i = start; i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
