/**
 * The directories of a TIFF or BigTIFF file, read and checked before any pixel is decoded: every
 * offset lies inside the file, every strip or tile is there, and none of them claims to hold more
 * pixels than its bytes can encode. What is written here (TIFF 6.0, and the BigTIFF extension) is
 * a few tags; the pixels are in `tiff_pixels.ts`.
 *
 * @module
 */

import { type FileBytes, unreadable } from "./files.ts";

/** How the numbers of an image are to be understood. */
export type SampleFormat = "uint" | "int" | "float";

/** One strip or tile: where its bytes are. */
export interface TiffChunk {
  /** Position in the file. */
  readonly offset: number;
  /** Number of bytes in the file. */
  readonly bytes: number;
}

/** One page of a TIFF file: how its pixels are stored. */
export interface TiffPage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Bits of one sample: 1, 2, 4, 8, 16, 32 or 64. */
  readonly bits: number;
  /** Kind of number. */
  readonly format: SampleFormat;
  /** Samples per pixel: 1 for grey, 3 for RGB. */
  readonly samples: number;
  /** PhotometricInterpretation: 0 white is zero, 1 black is zero, 2 RGB, 3 palette. */
  readonly photometric: number;
  /** 1 none, 5 LZW, 8 deflate, 32773 PackBits. */
  readonly compression: number;
  /** 1 none, 2 difference to the pixel on the left, 3 the same on the bytes of floats. */
  readonly predictor: number;
  /** True if each sample has strips or tiles of its own. */
  readonly planar: boolean;
  /** Byte order. */
  readonly littleEndian: boolean;
  /** Width of a strip (the page's) or a tile. */
  readonly chunkWidth: number;
  /** Rows of a strip or tile; the last strip may have fewer. */
  readonly chunkHeight: number;
  /** True for tiles, which are always stored whole. */
  readonly tiled: boolean;
  /** Strips or tiles, row by row, sample after sample if planar. */
  readonly chunks: readonly TiffChunk[];
}

/** A TIFF file's pages and the text of the first one, which says what the pages mean. */
export interface TiffFile {
  /** The pages, in file order. */
  readonly pages: readonly TiffPage[];
  /** ImageDescription of the first page, or "". */
  readonly description: string;
  /** Pages left out because they are thumbnails, reduced copies or transparency masks. */
  readonly skipped: number;
}

/** Where a tag's values are. */
interface Entry {
  readonly type: number;
  readonly count: number;
  readonly offset: number;
}

type Tags = ReadonlyMap<number, Entry>;

/** File, byte order and the sizes that differ between TIFF and BigTIFF. */
interface Context {
  readonly bytes: FileBytes;
  readonly littleEndian: boolean;
  readonly big: boolean;
}

/** Bytes of one value of each field type. */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/**
 * The most bytes that one byte of each compression can stand for: LZW reaches its longest strings
 * just before the table is full, deflate's bound is 1032, PackBits repeats one byte 128 times.
 */
const largestRatio: Readonly<Record<number, number>> = { 1: 1, 5: 1400, 8: 1032, 32773: 64 };

/** Names of compressions that are not read, for the error message. */
const compressionNames: Readonly<Record<number, string>> = {
  2: "CCITT fax",
  3: "CCITT fax",
  4: "CCITT fax",
  6: "JPEG",
  7: "JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
};

/** More samples than this in one page are refused rather than allocated. */
const mostSamples = 2 ** 30;

const damaged = "copy it again from its source";
const resave = "save it as an uncompressed, LZW or deflate TIFF of 8, 16 or 32 bits";

/** True if the bytes start like a TIFF or BigTIFF file. */
export function isTiff(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  return (a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0) ||
    (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43));
}

/**
 * Reads and checks all directories of an open TIFF file.
 *
 * @throws {SyntaxError} If the file is damaged or uses a kind of TIFF that is not read.
 */
export async function readTiffDirectories(bytes: FileBytes): Promise<TiffFile> {
  const head = viewOf(await bytes.read(0, 8));
  const littleEndian = head.getUint8(0) === 0x49;
  const big = head.getUint16(2, littleEndian) === 43;
  const context = { bytes, littleEndian, big };
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let description = "";
  let skipped = 0;
  let offset = big
    ? readOffset(context, viewOf(await bytes.read(8, 8)), 0)
    : head.getUint32(4, littleEndian);
  while (offset !== 0) {
    if (seen.has(offset)) {
      throw unreadable(bytes.path, "its page directories form a circle", damaged);
    }
    seen.add(offset);
    const { tags, next } = await readTags(context, offset);
    // NewSubfileType: bit 0 a reduced copy of another page, bit 2 a transparency mask.
    if (((await number(context, tags, 254)) ?? 0) & 5) skipped++;
    else {
      if (pages.length === 0) description = await text(context, tags.get(270));
      pages.push(await describePage(context, tags, pages.length + 1));
    }
    offset = next;
  }
  if (pages.length === 0) throw unreadable(bytes.path, "it has no image page", damaged);
  return { pages, description, skipped };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A file position or count: 4 bytes in TIFF, 8 in BigTIFF. */
function readOffset({ bytes, littleEndian, big }: Context, view: DataView, at: number): number {
  if (!big) return view.getUint32(at, littleEndian);
  const value = Number(view.getBigUint64(at, littleEndian));
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  throw unreadable(bytes.path, "it points far outside itself", damaged);
}

async function readTags(
  context: Context,
  offset: number,
): Promise<{ tags: Tags; next: number }> {
  const { bytes, littleEndian, big } = context;
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const start = viewOf(await bytes.read(offset, countBytes));
  const count = big ? readOffset(context, start, 0) : start.getUint16(0, littleEndian);
  const view = viewOf(
    await bytes.read(offset + countBytes, count * entryBytes + (big ? 8 : 4)),
  );
  const tags = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const at = i * entryBytes;
    const type = view.getUint16(at + 2, littleEndian);
    const values = readOffset(context, view, at + 4);
    const field = big ? 8 : 4;
    const inline = values * (typeBytes[type] ?? Infinity) <= field;
    const place = at + 4 + field;
    tags.set(view.getUint16(at, littleEndian), {
      type,
      count: values,
      offset: inline ? offset + countBytes + place : readOffset(context, view, place),
    });
  }
  return { tags, next: readOffset(context, view, count * entryBytes) };
}

/** All values of a whole-number tag; none if the tag is not there. */
async function numbers(context: Context, tags: Tags, tag: number): Promise<number[]> {
  const entry = tags.get(tag);
  if (entry === undefined) return [];
  const size = typeBytes[entry.type];
  if (size === undefined) {
    const what = `tag ${tag} has values of the unexpected type ${entry.type}`;
    throw unreadable(context.bytes.path, what, damaged);
  }
  const view = viewOf(await context.bytes.read(entry.offset, entry.count * size));
  const { littleEndian } = context;
  return Array.from({ length: entry.count }, (_, i) => {
    if (size === 1) return view.getUint8(i);
    if (size === 2) return view.getUint16(2 * i, littleEndian);
    if (size === 4) return view.getUint32(4 * i, littleEndian);
    return Number(view.getBigUint64(8 * i, littleEndian));
  });
}

async function number(context: Context, tags: Tags, tag: number): Promise<number | undefined> {
  return (await numbers(context, tags, tag))[0];
}

async function text(context: Context, entry: Entry | undefined): Promise<string> {
  if (entry === undefined || (entry.type !== 2 && entry.type !== 1)) return "";
  const bytes = await context.bytes.read(entry.offset, entry.count);
  return new TextDecoder().decode(bytes).replace(/\0[^]*$/, "");
}

/** Reads one page's tags, with the defaults of TIFF 6.0, and refuses what cannot be decoded. */
async function describePage(context: Context, tags: Tags, page: number): Promise<TiffPage> {
  const { path } = context.bytes;
  const one = async (tag: number, otherwise: number) =>
    (await number(context, tags, tag)) ?? otherwise;
  const width = await one(256, 0);
  const height = await one(257, 0);
  const samples = await one(277, 1);
  if (!(width > 0 && height > 0 && samples > 0)) {
    throw unreadable(path, `page ${page} has no size (${width}x${height})`, damaged);
  }
  if (width * height * samples > mostSamples) {
    const what = `page ${page} of ${width}x${height} with ${samples} samples is too large`;
    throw unreadable(path, what, "cut it into smaller images");
  }
  const tiled = tags.has(322);
  const compression = await one(259, 1);
  const described = {
    width,
    height,
    bits: await sampleBits(context, tags, page),
    format: sampleFormat(path, await one(339, 1), page),
    samples,
    photometric: await one(262, 1),
    compression: compression === 32946 ? 8 : compression,
    predictor: await one(317, 1),
    planar: samples > 1 && (await one(284, 1)) === 2,
    littleEndian: context.littleEndian,
    chunkWidth: tiled ? await one(322, 0) : width,
    chunkHeight: tiled ? await one(323, 0) : Math.min(await one(278, height), height),
    tiled,
    chunks: await readChunks(context, tags, { tiled, page }),
  };
  if ((await one(266, 1)) !== 1) {
    throw unreadable(path, `page ${page} has its bits in reverse order`, resave);
  }
  checkKind(path, described, page);
  return checkChunks(path, described, page);
}

/** BitsPerSample; all samples of a pixel must have the same. */
async function sampleBits(context: Context, tags: Tags, page: number): Promise<number> {
  const all = await numbers(context, tags, 258);
  if (all.some((bits) => bits !== all[0])) {
    const what = `page ${page} has samples of different sizes (${all.join(", ")} bits)`;
    throw unreadable(context.bytes.path, what, resave);
  }
  return all[0] ?? 1;
}

function sampleFormat(path: string, code: number, page: number): SampleFormat {
  if (code === 1 || code === 4) return "uint";
  if (code === 2) return "int";
  if (code === 3) return "float";
  throw unreadable(path, `page ${page} holds numbers of the unknown format ${code}`, resave);
}

async function readChunks(
  context: Context,
  tags: Tags,
  { tiled, page }: { tiled: boolean; page: number },
): Promise<TiffChunk[]> {
  const offsets = await numbers(context, tags, tiled ? 324 : 273);
  const counts = await numbers(context, tags, tiled ? 325 : 279);
  // A single uncompressed strip without a byte count is the rest of the file.
  if (counts.length === 0 && offsets.length === 1) counts.push(context.bytes.size - offsets[0]);
  if (offsets.length === 0 || offsets.length !== counts.length) {
    const what = `page ${page} lists ${offsets.length} strips or tiles with ${counts.length} sizes`;
    throw unreadable(context.bytes.path, what, damaged);
  }
  return offsets.map((offset, i) => ({ offset, bytes: counts[i] }));
}

/** Refuses combinations that are not decoded. */
function checkKind(path: string, page: TiffPage, index: number): void {
  const { bits, format, compression, predictor, samples } = page;
  const known = format === "float" ? bits === 32 || bits === 64 : [8, 16, 32, 64].includes(bits) ||
    (format === "uint" && samples === 1 && [1, 2, 4].includes(bits));
  if (!known) {
    const what = `page ${index} holds ${samples} samples of ${bits}-bit ${format}`;
    throw unreadable(path, what, resave);
  }
  if (page.photometric > 3) {
    throw unreadable(path, `page ${index} is in colour space ${page.photometric}`, resave);
  }
  if (largestRatio[compression] === undefined) {
    const name = compressionNames[compression] ?? "unknown";
    throw unreadable(path, `page ${index} uses compression ${compression} (${name})`, resave);
  }
  const predictable = predictor === 1 || (predictor === 2 && bits >= 8 && bits <= 32) ||
    (predictor === 3 && format === "float");
  if (!predictable) {
    throw unreadable(path, `page ${index} uses predictor ${predictor} on ${bits} bits`, resave);
  }
}

/** Bytes of `rows` rows of a page's strips or tiles, once decompressed. */
export function chunkBytes(page: TiffPage, rows: number): number {
  const samples = page.planar ? 1 : page.samples;
  return Math.ceil((page.chunkWidth * samples * page.bits) / 8) * rows;
}

/** The rows of chunk row `y`: strips may end early at the page's last row, tiles may not. */
export function chunkRows(page: TiffPage, y: number): number {
  if (page.tiled) return page.chunkHeight;
  return Math.min(page.chunkHeight, page.height - y * page.chunkHeight);
}

function checkChunks(path: string, page: TiffPage, index: number): TiffPage {
  const { chunkWidth, chunkHeight, chunks, compression } = page;
  const kind = page.tiled ? "tile" : "strip";
  if (!(chunkWidth > 0 && chunkHeight > 0 && chunkWidth * chunkHeight <= mostSamples)) {
    const what = `page ${index} has ${kind}s of ${chunkWidth}x${chunkHeight} pixels`;
    throw unreadable(path, what, damaged);
  }
  const across = Math.ceil(page.width / chunkWidth);
  const down = Math.ceil(page.height / chunkHeight);
  const expected = across * down * (page.planar ? page.samples : 1);
  if (chunks.length < expected) {
    const what = `page ${index} has ${chunks.length} of the ${expected} ${kind}s it needs`;
    throw unreadable(path, what, damaged);
  }
  for (let i = 0; i < expected; i++) {
    const need = chunkBytes(page, chunkRows(page, Math.floor(i / across) % down));
    if (chunks[i].bytes * largestRatio[compression] < need) {
      const what = `${kind} ${i + 1} of page ${index} has only ${chunks[i].bytes} bytes for ` +
        `${need} bytes of pixels`;
      throw unreadable(path, what, damaged);
    }
  }
  return { ...page, chunks: chunks.slice(0, expected) };
}
