/**
 * The pages of a TIFF or BigTIFF file, checked before any pixel is decoded: every strip or tile is
 * there, none of them claims to hold more pixels than its bytes can encode, and all pages are alike.
 * Of each page only the place is kept, so that a file with tens of thousands of pages takes little
 * memory; the strips of a page are looked up again when it is decoded (in `pixels.ts`).
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import { isExplained, type SampleFormat } from "../format.ts";
import type { Resolution } from "./calibration.ts";
import {
  bytesOfValues,
  numbers,
  readFraction,
  readTags,
  readTexts,
  readTiffHead,
  type TiffSource,
  type TiffTags,
} from "./tags.ts";

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
  /** How many of the samples, the last ones, are transparency. */
  readonly alpha: number;
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
  /** How many strips or tiles its directory lists, also those that it does not need. */
  readonly listed: number;
  /** Bytes that its directory claims for all of them. */
  readonly claimed: number;
}

/** A TIFF file's pages and the texts of the first one, which says what the pages mean. */
export interface TiffFile {
  /** Number of pages; all have the size and the kind of numbers of the first. */
  readonly length: number;
  /** The first page. */
  readonly first: TiffPage;
  /** The descriptions (ImageDescription) of the first page; some programs write two. */
  readonly descriptions: readonly string[];
  /** Pixels for each unit on the first page. */
  readonly resolution: Resolution;
  /** Pages left out because they are thumbnails, reduced copies or transparency masks. */
  readonly skipped: number;
  /** What there is in the file beside what its pages claim, which may be rows or pages that were cut off. */
  readonly notes: readonly string[];
  /** Looks up page i in file order, from 0, in the open file. */
  readonly page: (bytes: Bytes, i: number) => Promise<TiffPage>;
}

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

/**
 * Reads and checks all directories of an open TIFF file.
 *
 * @throws {SyntaxError} If the file is damaged, uses a kind of TIFF that is not read, or has pages of
 * different size or kind.
 */
export async function readTiffDirectories(bytes: Bytes): Promise<TiffFile> {
  const { source, first: start } = await readTiffHead(bytes);
  const { littleEndian, big } = source;
  // Directories that share lists of strips take time that the file does not explain.
  source.budget = { bytes: 2 * bytes.size + 2 ** 20 };
  const places: number[] = [];
  const seen = new Set<number>();
  let first: TiffPage | undefined;
  let descriptions: string[] = [];
  let resolution: Resolution = { x: 0, y: 0, unit: 1 };
  let skipped = 0;
  let known = 0;
  let hasInner = false;
  const notes = new Set<string>();
  for (let offset = start; offset !== 0;) {
    if (seen.has(offset)) {
      throw unreadable(bytes.path, "its page directories form a circle", damaged);
    }
    seen.add(offset);
    const { tags, next } = await readTags(source, offset);
    known += bytesOfValues(tags);
    hasInner ||= tags.has(SUB_DIRECTORIES);
    // NewSubfileType: bit 0 a reduced copy of another page, bit 2 a transparency mask.
    if (((await number(source, tags, 254)) ?? 0) & 5) skipped++;
    else {
      const page = await describePage(source, tags, places.length + 1);
      if (first === undefined) {
        first = page;
        descriptions = await readTexts(source, tags, 270);
        resolution = await readResolution(source, tags);
      } else checkAlike(bytes.path, { page, first, index: places.length + 1 });
      places.push(offset);
      known += page.claimed;
      const surplus = surplusOf(page);
      if (surplus !== null) notes.add(surplus);
    }
    offset = next;
  }
  if (first === undefined) throw unreadable(bytes.path, "it has no image page", damaged);
  const left = bytes.size - known;
  if (!hasInner && skipped === 0 && left > LITTLE && left >= first.claimed) {
    notes.add(`${left} bytes of the file belong to no page: pages may be missing`);
  }
  return {
    length: places.length,
    notes: [...notes],
    first,
    descriptions,
    resolution,
    skipped,
    page: async (bytes, i) => {
      const source = { bytes, littleEndian, big };
      const { tags } = await readTags(source, places[i]);
      return await describePage(source, tags, i + 1);
    },
  };
}

/** How large pixels are is no reason to refuse a file: what cannot be read counts as not said. */
async function readResolution(source: TiffSource, tags: TiffTags): Promise<Resolution> {
  const fraction = (tag: number) => readFraction(source, tags, tag).catch(() => 0);
  const unit = await number(source, tags, 296).catch(() => 1) ?? 2;
  return { x: await fraction(282), y: await fraction(283), unit };
}

/** Pages of one file must be alike: size, kind of number and samples. */
function checkAlike(
  path: string,
  { page, first, index }: { page: TiffPage; first: TiffPage; index: number },
): void {
  const shape = (p: TiffPage) => `${p.width}x${p.height}`;
  const kind = (p: TiffPage) => `${p.samples} x ${p.bits}-bit ${p.format}`;
  for (const describe of [shape, kind]) {
    if (describe(page) === describe(first)) continue;
    const what = `page ${index} is ${describe(page)}, page 1 is ${describe(first)}`;
    throw unreadable(path, what, "save its pages as separate files");
  }
}

/** The first value of a tag. */
async function number(
  source: TiffSource,
  tags: TiffTags,
  tag: number,
): Promise<number | undefined> {
  return (await numbers(source, tags, tag, { most: 1 }))[0];
}

/** Reads one page's tags, with the defaults of TIFF 6.0, and refuses what cannot be decoded. */
async function describePage(source: TiffSource, tags: TiffTags, page: number): Promise<TiffPage> {
  const { path } = source.bytes;
  const one = async (tag: number, otherwise: number) =>
    (await number(source, tags, tag)) ?? otherwise;
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
    bits: await sampleBits(source, tags, page),
    format: sampleFormat(path, await one(339, 1), page),
    samples,
    alpha: (await numbers(source, tags, 338)).filter((kind) => kind === 1 || kind === 2).length,
    photometric: await one(262, 1),
    compression: compression === 32946 ? 8 : compression,
    predictor: await one(317, 1),
    planar: samples > 1 && (await one(284, 1)) === 2,
    littleEndian: source.littleEndian,
    chunkWidth: tiled ? await one(322, 0) : width,
    chunkHeight: tiled ? await one(323, 0) : Math.min(await one(278, height), height),
    tiled,
    ...await listedChunks(source, tags, { tiled, page }),
  };
  if ((await one(266, 1)) !== 1) {
    throw unreadable(path, `page ${page} has its bits in reverse order`, resave);
  }
  checkKind(path, described, page);
  return checkChunks(path, described, page);
}

/** BitsPerSample; all samples of a pixel must have the same. */
async function sampleBits(source: TiffSource, tags: TiffTags, page: number): Promise<number> {
  const all = await numbers(source, tags, 258);
  if (all.some((bits) => bits !== all[0])) {
    const what = `page ${page} has samples of different sizes (${all.join(", ")} bits)`;
    throw unreadable(source.bytes.path, what, resave);
  }
  return all[0] ?? 1;
}

function sampleFormat(path: string, code: number, page: number): SampleFormat {
  if (code === 1 || code === 4) return "uint";
  if (code === 2) return "int";
  if (code === 3) return "float";
  throw unreadable(path, `page ${page} holds numbers of the unknown format ${code}`, resave);
}

async function listedChunks(
  source: TiffSource,
  tags: TiffTags,
  options: { tiled: boolean; page: number },
): Promise<Pick<TiffPage, "chunks" | "listed" | "claimed">> {
  const chunks = await readChunks(source, tags, options);
  const claimed = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  return { chunks, listed: chunks.length, claimed };
}

/** The tag of directories within a page, such as those of smaller copies. */
const SUB_DIRECTORIES = 330;
/** Bytes that belong to no page and are not worth a word. */
const LITTLE = 4096;

/** What to say of a page that has more strips, or bytes for more rows, than its height needs. */
function surplusOf(
  { chunks, listed, claimed, tiled, compression, ...page }: TiffPage,
): string | null {
  if (tiled) return null;
  const whole = Math.ceil(page.width * page.samples * page.bits / 8) * page.height;
  const hasRows = compression === 1 && claimed >= 2 * whole && claimed > whole + LITTLE;
  if (listed <= chunks.length && !hasRows) return null;
  return `its strips hold more rows than the height of ${page.height}: rows may be missing`;
}

async function readChunks(
  source: TiffSource,
  tags: TiffTags,
  { tiled, page }: { tiled: boolean; page: number },
): Promise<TiffChunk[]> {
  const offsets = await numbers(source, tags, tiled ? 324 : 273);
  const counts = await numbers(source, tags, tiled ? 325 : 279);
  // A single uncompressed strip without a byte count is the rest of the file.
  if (counts.length === 0 && offsets.length === 1) counts.push(source.bytes.size - offsets[0]);
  if (offsets.length === 0 || offsets.length !== counts.length) {
    const what = `page ${page} lists ${offsets.length} strips or tiles with ${counts.length} sizes`;
    throw unreadable(source.bytes.path, what, damaged);
  }
  return offsets.map((offset, i) => ({ offset, bytes: counts[i] }));
}

/** Refuses combinations that are not decoded. */
function checkKind(path: string, page: TiffPage, index: number): void {
  const { bits, format, compression, predictor, samples } = page;
  const known = format === "float" ? [16, 32, 64].includes(bits) : [8, 16, 32, 64].includes(bits) ||
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
  const kept = chunks.slice(0, expected).map(({ offset, bytes }, i) => {
    const rows = chunkRows(page, Math.floor(i / across) % down);
    const need = chunkBytes(page, rows);
    if (bytes * largestRatio[compression] < need) {
      const what = `${kind} ${i + 1} of page ${index} has only ${bytes} bytes for ` +
        `${need} bytes of pixels`;
      throw unreadable(path, what, damaged);
    }
    // What a strip claims beyond what its pixels can take is not read: a damaged count of a large
    // file would fill the memory. PackBits and LZW may need up to twice the bytes of the pixels.
    const most = chunkBytes(page, chunkHeight);
    return { offset, bytes: Math.min(bytes, compression === 1 ? most : 2 * most + 1024) };
  });
  checkExplained(path, { ...page, chunks: kept }, index);
  return { ...page, chunks: kept };
}

/** A page may not need more memory than its bytes can explain: strips that share bytes count once. */
function checkExplained(path: string, page: TiffPage, index: number): void {
  let end = 0;
  let bytes = 0;
  for (const chunk of page.chunks.toSorted((a, b) => a.offset - b.offset)) {
    const after = chunk.offset + chunk.bytes;
    bytes += Math.max(0, after - Math.max(end, chunk.offset));
    end = Math.max(end, after);
  }
  const samples = page.width * page.height * page.samples;
  const need = Math.ceil(samples * page.bits / 8);
  if (bytes * largestRatio[page.compression] < need) {
    const what =
      `page ${index} has only ${bytes} bytes for ${need} bytes of pixels, as its strips ` +
      "or tiles share bytes";
    throw unreadable(path, what, damaged);
  }
  if (isExplained({ samples, bytes })) return;
  const what = `${bytes} bytes are hardly page ${index} of ${page.width}x${page.height} pixels`;
  throw unreadable(path, what, "cut it into smaller images");
}
