/**
 * LZMA in TIFF: each strip or tile is an xz stream. The package xz-decompress (XZ Embedded as WebAssembly)
 * decodes it, but does not know the delta filter that libtiff puts before LZMA. So the stream is written
 * anew without it and without its checksum, which is that of the filtered bytes, and the filter is undone
 * here. By the .xz file format, version 1.2.1.
 *
 * @module
 */

import type { Compression } from "./compression.ts";

/** LZMA. */
export const lzma: Compression = {
  codes: [34925],
  name: "LZMA",
  loss: null,
  isImage: false,
  async load() {
    const module = await import("xz-decompress");
    // A CommonJS package: what it exports lies under `default` in some systems.
    const { XzReadableStream } = module.default ?? module;
    return async (input, { most }) => {
      const { data, size, dictionary, distance } = readBlock(input);
      if (size > most) throw new SyntaxError(`it holds ${size} of ${most} bytes of pixels`);
      const stream = new Blob([plainStream({ data, size, dictionary })]).stream();
      const bytes = new Uint8Array(
        await new Response(new XzReadableStream(stream)).arrayBuffer(),
      );
      for (let i = distance; distance > 0 && i < bytes.length; i++) bytes[i] += bytes[i - distance];
      return bytes;
    };
  },
};

/** Filters by their numbers. */
const [DELTA, LZMA2] = [0x03, 0x21];
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const HEADER = 12;

/** The one block of a stream. */
interface Block {
  /** Its LZMA2 data, with the mark of their end. */
  readonly data: Uint8Array;
  /** Bytes that it decodes to. */
  readonly size: number;
  /** The code of its dictionary's size. */
  readonly dictionary: number;
}

function readBlock(input: Uint8Array): Block & { distance: number } {
  const damaged = () => new SyntaxError("its LZMA stream is damaged or of an unknown kind");
  if (!MAGIC.every((byte, i) => input[i] === byte)) throw damaged();
  let at = HEADER;
  const length = 4 * (input[at] + 1);
  const flags = input[at + 1];
  const end = at + length;
  at += 2;
  // Sizes of the block, which are not needed: numbers of seven bits a byte.
  for (let sizes = (flags >> 6 & 1) + (flags >> 7 & 1); sizes > 0; sizes--) {
    while (input[at++] >= 128);
  }
  let [dictionary, distance] = [-1, 0];
  for (let filter = 0; filter <= (flags & 3); filter++, at += 3) {
    const [kind, bytes, value] = input.subarray(at, at + 3);
    if (bytes !== 1) throw damaged();
    if (kind === DELTA) distance = value + 1;
    else if (kind === LZMA2) dictionary = value;
    else throw damaged();
  }
  if (dictionary < 0 || end > input.length) throw damaged();
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let size = 0;
  at = end;
  try {
    for (let control = input[at]; control !== 0; control = view.getUint8(at)) {
      if (control < 128) {
        size += view.getUint16(at + 1) + 1;
        at += 3 + view.getUint16(at + 1) + 1;
      } else {
        size += ((control & 31) << 16) + view.getUint16(at + 1) + 1;
        at += (control >= 0xc0 ? 6 : 5) + view.getUint16(at + 3) + 1;
      }
    }
  } catch {
    throw damaged();
  }
  return { data: input.subarray(end, at + 1), size, dictionary, distance };
}

/** An xz stream of one block of LZMA2 without a checksum. */
function plainStream({ data, size, dictionary }: Block): Uint8Array<ArrayBuffer> {
  const flags = [0, 0];
  const padding = (length: number) => Array(3 - (length + 3) % 4).fill(0);
  const blockHeader = [2, 0, LZMA2, 1, dictionary, 0, 0, 0];
  const index = [0, 1, ...sevenBits(HEADER + data.length), ...sevenBits(size)];
  const paddedIndex = [...index, ...padding(index.length)];
  const footer = [...fourBytes((paddedIndex.length + 4) / 4 - 1), ...flags];
  const parts = [
    [...MAGIC, ...flags, ...fourBytes(crc32(flags))],
    [...blockHeader, ...fourBytes(crc32(blockHeader))],
    data,
    padding(data.length),
    [...paddedIndex, ...fourBytes(crc32(paddedIndex))],
    [...fourBytes(crc32(footer)), ...footer, 0x59, 0x5a],
  ];
  const stream = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}

function sevenBits(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + rest % 128);
  return [...bytes, rest];
}

function fourBytes(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => value >>> shift & 255);
}

/** The checksum of a few bytes, as in zip and PNG. */
function crc32(bytes: readonly number[]): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum >>> 1 ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
