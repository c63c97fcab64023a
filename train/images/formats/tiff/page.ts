/**
 * One page of a TIFF file: how its pixels are stored, checked before any of them is decoded. Every strip or
 * tile is there, and none claims to hold more pixels than its bytes can encode.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import { isExplained, type SampleFormat } from "../format.ts";
import type { Compression } from "./compressions/compression.ts";
import { numbers, type TiffSource, type TiffTags } from "./tags.ts";

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
  /** Bits of one sample: 1, 2, 4, 8 to 16, 32 or 64. */
  readonly bits: number;
  /** Kind of number. */
  readonly format: SampleFormat;
  /** Samples per pixel: 1 for grey, 3 for RGB. */
  readonly samples: number;
  /** How many of the samples, the last ones, are transparency. */
  readonly alpha: number;
  /** PhotometricInterpretation: 0 white is zero, 1 black is zero, 2 RGB, 3 palette. */
  readonly photometric: number;
  /** 1 none, 5 LZW, 8 deflate, 32773 PackBits, and those of `compressions/`. */
  readonly compression: number;
  /** What decodes it, where this program does not itself. */
  readonly library: Compression | null;
  /** 1 none, 2 difference to the pixel on the left, 3 the same on the bytes of floats. */
  readonly predictor: number;
  /** True if each sample has strips or tiles of its own. */
  readonly planar: boolean;
  /** Byte order. */
  readonly littleEndian: boolean;
  /** Whether the lowest bit of each byte comes first. */
  readonly reversed: boolean;
  /** Whether its decoder gets brightness and differences of colour, and gives red, green and blue. */
  readonly isYcc: boolean;
  /** Tables that all strips share, of JPEG; null without any. */
  readonly tables: Uint8Array<ArrayBuffer> | null;
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

/**
 * The most bytes that one byte of each compression can stand for: LZW reaches its longest strings
 * just before the table is full, deflate's bound is 1032, PackBits repeats one byte 128 times.
 */
const largestRatio: Readonly<Record<number, number>> = { 1: 1, 5: 1400, 8: 1032, 32773: 64 };

/** Names of compressions that are not read, for the error message. */
const compressionNames: Readonly<Record<number, string>> = {
  2: "CCITT Huffman",
  3: "CCITT fax",
  4: "CCITT fax",
  6: "JPEG of old writers",
  7: "JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
};

/** What a byte may stand for at most; libraries are told how much may come out, and stop there. */
function ratioOf({ compression, library }: TiffPage): number | undefined {
  return largestRatio[compression] ?? (library ? Infinity : undefined);
}

/** More samples than this in one page are refused rather than allocated. */
const mostSamples = 2 ** 30;

const damaged = "copy it again from its source";
const resave = "save it as an uncompressed, LZW or deflate TIFF of 8, 16 or 32 bits";

/** The first value of a tag. */
export async function number(
  source: TiffSource,
  tags: TiffTags,
  tag: number,
): Promise<number | undefined> {
  return (await numbers(source, tags, tag, { most: 1 }))[0];
}

/** Reads one page's tags, with the defaults of TIFF 6.0, and refuses what cannot be decoded. */
export async function describePage(
  source: TiffSource,
  tags: TiffTags,
  page: number,
): Promise<TiffPage> {
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
  const photometric = await one(262, 1);
  const library = source.compressions?.find(({ codes }) => codes.includes(compression)) ?? null;
  const isYcc = photometric === YCC && (library?.isImage ?? false);
  const described = {
    width,
    height,
    bits: await sampleBits(source, tags, page),
    format: sampleFormat(path, await one(339, 1), page),
    samples,
    alpha: (await numbers(source, tags, 338)).filter((kind) => kind === 1 || kind === 2).length,
    photometric: isYcc ? RGB : photometric,
    isYcc,
    tables: tags.has(JPEG_TABLES)
      ? Uint8Array.from(await numbers(source, tags, JPEG_TABLES, { most: 2 ** 16 }))
      : null,
    reversed: (await one(266, 1)) === 2,
    compression: compression === 32946 ? 8 : compression,
    library,
    predictor: await one(317, 1),
    planar: samples > 1 && (await one(284, 1)) === 2,
    littleEndian: source.littleEndian,
    chunkWidth: tiled ? await one(322, 0) : width,
    chunkHeight: tiled ? await one(323, 0) : Math.min(await one(278, height), height),
    tiled,
    ...await listedChunks(source, tags, { tiled, page }),
  };
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

/** Colour spaces: brightness and two differences, and red, green and blue. */
const [YCC, RGB] = [6, 2];
/** The tag of tables that strips share. */
const JPEG_TABLES = 347;

/** Bytes that belong to no page and are not worth a word. */
export const LITTLE = 4096;

/** What to say of a page that has more strips, or bytes for more rows, than its height needs. */
export function surplusOf(
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
    (format === "uint" && bits > 8 && bits < 16) ||
    (format === "uint" && samples === 1 && [1, 2, 4].includes(bits));
  if (!known) {
    const what = `page ${index} holds ${samples} samples of ${bits}-bit ${format}`;
    throw unreadable(path, what, resave);
  }
  if (page.photometric > 3) {
    throw unreadable(path, `page ${index} is in colour space ${page.photometric}`, resave);
  }
  if (ratioOf(page) === undefined) {
    const name = compressionNames[compression] ?? "unknown";
    throw unreadable(path, `page ${index} uses compression ${compression} (${name})`, resave);
  }
  const predictable = predictor === 1 || (predictor === 2 && [8, 16, 32].includes(bits)) ||
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
    if (bytes * ratioOf(page)! < need) {
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
  if (bytes * ratioOf(page)! < need) {
    const what =
      `page ${index} has only ${bytes} bytes for ${need} bytes of pixels, as its strips ` +
      "or tiles share bytes";
    throw unreadable(path, what, damaged);
  }
  if (isExplained({ samples, bytes })) return;
  const what = `${bytes} bytes are hardly page ${index} of ${page.width}x${page.height} pixels`;
  throw unreadable(path, what, "cut it into smaller images");
}
