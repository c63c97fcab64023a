/**
 * PNG files, decoded by fast-png after the checks that it leaves out: that the file is whole, and
 * that the pixel stream is undamaged and has exactly the length the header asks for.
 *
 * @module
 */

import { decode, type DecodedPng } from "fast-png";
import { type Bytes, unreadable } from "../bytes.ts";
import { inflate } from "./deflate.ts";
import { unpackBits } from "./bits.ts";
import {
  checkPage,
  colourNotes,
  type ImageFormat,
  type ImageMeasures,
  type ImageStack,
  isExplained,
} from "./format.ts";

/** Width, height, bits, colour type and interlacing, from the header chunk. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Colour type: 0 grey, 2 RGB, 3 palette, 4 and 6 with transparency. */
  readonly colours: number;
  readonly samples: number;
  readonly indexed: boolean;
  readonly interlaced: boolean;
}

/** More samples than this are refused rather than allocated. */
const mostSamples = 2 ** 30;

const damaged = "copy it again from its source";

const HEADER_END = 29;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** PNG: one page of grey, RGB or palette colours, with or without transparency. */
export const png: ImageFormat = {
  name: "PNG",
  extensions: ["png"],
  matches: (firstBytes) => signature.every((byte, i) => firstBytes[i] === byte),
  measure: measurePng,
  open: openPng,
};

/** The header stands at the beginning: 8 bytes of signature, then length, name and content. */
async function measurePng(bytes: Bytes): Promise<ImageMeasures> {
  const head = await bytes.read(0, Math.min(HEADER_END, bytes.size));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isHeader = head.length === HEADER_END && view.getUint32(8) === 13 &&
    view.getUint32(12) === 0x49484452;
  const header = isHeader ? readHeader(view, 16) : null;
  if (header === null || !(header.width > 0 && header.height > 0 && header.samples > 0)) {
    throw unreadable(bytes.path, "it has no header", damaged);
  }
  const { width, height, bits, samples, indexed } = header;
  const notes = colourNotes({ samples, rgb: samples >= 3, palette: indexed ? [] : null });
  return { width, height, bits, sampleFormat: "uint", axes: { t: 1, z: 1, c: 1 }, notes };
}

/** Decodes the whole file: each part has a checksum, so all damage is known at once. */
async function openPng(bytes: Bytes): Promise<ImageStack> {
  const { path } = bytes;
  const file = await bytes.read(0, bytes.size);
  const fail = (what: string) => unreadable(path, what, damaged);
  const { header, stream } = readChunks(file, fail);
  const decoded = decodePixels(file, { header, stream, fail });
  const { width, height, bits, samples } = header;
  const packed = decoded.data as Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  const data = bits < 8 && packed instanceof Uint8Array
    ? unpackBits(packed, { width, rows: height, bits })
    : packed;
  const rgb = samples >= 3;
  // A palette beside RGB is only a suggestion for old displays.
  const palette = header.indexed ? decoded.palette ?? [] : null;
  return {
    path,
    width,
    height,
    length: 1,
    axes: { t: 1, z: 1, c: 1 },
    order: [0],
    bits,
    sampleFormat: "uint",
    samples,
    rgb,
    palette,
    notes: colourNotes({ samples, rgb, palette }),
    page: (index) =>
      Promise.try(() => {
        checkPage(index, { path, length: 1 });
        return data;
      }),
  };
}

/** Checks that the pixel stream is what the header asks for, and decodes it. */
function decodePixels(
  file: Uint8Array,
  { header, stream, fail }: {
    header: Header;
    stream: Uint8Array;
    fail: (what: string) => SyntaxError;
  },
): DecodedPng {
  const expected = streamLength(header);
  if (header.width * header.height * header.samples > mostSamples) {
    throw fail(`its size of ${header.width}x${header.height} is too large`);
  }
  // Deflate makes at most 1032 bytes out of one.
  if (stream.length * 1032 < expected) {
    throw fail(`it has only ${stream.length} bytes for ${header.width}x${header.height} pixels`);
  }
  if (
    !isExplained({ samples: header.width * header.height * header.samples, bytes: stream.length })
  ) {
    throw fail(
      `${stream.length} bytes are hardly an image of ${header.width}x${header.height} pixels`,
    );
  }
  try {
    const { length } = inflate(stream, expected);
    if (length < expected) throw new SyntaxError(`its pixels end after ${length} of ${expected}`);
    return decode(withoutExtras(file), { checkCrc: true });
  } catch (error) {
    throw fail(`it is damaged (${(error as Error).message})`);
  }
}

/** What a decoder needs to know; colour profiles and texts may hold far more than the image. */
const NEEDED: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** The file with the parts alone that its pixels depend on. */
function withoutExtras(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const kept = new Uint8Array(file.length);
  kept.set(file.subarray(0, 8));
  let filled = 8;
  for (let at = 8; at + 12 <= file.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (NEEDED.has(type)) {
      kept.set(file.subarray(at, end), filled);
      filled += end - at;
    }
    if (type === "IEND") break;
    at = end;
  }
  return kept.slice(0, filled);
}

/** Bits that each colour type may have (PNG, section 11.2.2). */
const BITS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Walks through the chunks to the end mark and joins the pixel stream. */
function readChunks(
  file: Uint8Array<ArrayBuffer>,
  fail: (what: string) => SyntaxError,
): { header: Header; stream: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  let header: Header | undefined;
  for (let at = 8;;) {
    if (at + 12 > file.length) throw fail("it is cut short (no end mark)");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (at + 12 + length > file.length) throw fail(`it is cut short in its part ${type}`);
    if (type === "IHDR" && length === 13) header = readHeader(view, at + 8);
    if (type === "IDAT") parts.push(file.subarray(at + 8, at + 8 + length));
    if (type === "IEND") break;
    at += 12 + length;
  }
  if (header === undefined || parts.length === 0) throw fail("it has no image in it");
  if (header.width === 0 || header.height === 0 || header.samples === 0) {
    throw fail(`its header is damaged (${header.width}x${header.height})`);
  }
  if (!BITS[header.colours].includes(header.bits)) {
    throw fail(`its header is damaged (${header.bits} bits of colour type ${header.colours})`);
  }
  if (header.interlaced && header.bits < 8) {
    throw fail(`it is interlaced with ${header.bits} bits per pixel, which is not read`);
  }
  const stream = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    stream.set(part, filled);
    filled += part.length;
  }
  return { header, stream };
}

function readHeader(view: DataView, at: number): Header {
  const samples: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
  return {
    width: view.getUint32(at),
    height: view.getUint32(at + 4),
    bits: view.getUint8(at + 8),
    colours: view.getUint8(at + 9),
    samples: samples[view.getUint8(at + 9)] ?? 0,
    indexed: view.getUint8(at + 9) === 3,
    interlaced: view.getUint8(at + 12) === 1,
  };
}

/** Bytes of the decompressed pixel stream: every row has a filter byte in front. */
function streamLength({ width, height, bits, samples, interlaced }: Header): number {
  const rows = (w: number, h: number) =>
    w === 0 ? 0 : h * (1 + Math.ceil((w * samples * bits) / 8));
  if (!interlaced) return rows(width, height);
  // Adam7 (PNG, section 8.2): first column and row, and the steps, of the seven passes.
  const starts = [[0, 0], [4, 0], [0, 4], [2, 0], [0, 2], [1, 0], [0, 1]];
  const steps = [[8, 8], [8, 8], [4, 8], [4, 4], [2, 4], [2, 2], [1, 2]];
  let length = 0;
  for (let pass = 0; pass < 7; pass++) {
    const w = Math.ceil((width - starts[pass][0]) / steps[pass][0]);
    const h = Math.ceil((height - starts[pass][1]) / steps[pass][1]);
    length += rows(Math.max(0, w), Math.max(0, h));
  }
  return length;
}
