/**
 * Zip archives, file by file, so that one can be written while its files are made. Files are deflated;
 * archives of more than 65,535 files or 4 GiB say so as Zip64 does. By PKWARE's APPNOTE.
 *
 * The layout is our own because `Zip` of fflate counts files in 16 bits and knows no Zip64: an archive
 * of 70,000 outlines, which a long movie has, says that it holds 4,464, and readers that go by this lose
 * the rest. For outlines it also takes 3.3 times as long, for a sixth less space.
 *
 * @module
 */

import { quickDeflate } from "../../images/formats/packing/quick_deflate.ts";
import { concatenate } from "../../images/formats/tiff_stack.ts";

/**
 * A file of an archive.
 *
 * @category Output formats
 */
export interface ZipEntry {
  /** Its name. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/** The version of the format that deflates, and that of Zip64. */
const [DEFLATE_VERSION, ZIP64_VERSION] = [20, 45];
/** The flag that says that names are UTF-8. */
const UTF8 = 1 << 11;
const DEFLATED = 8;
/** 1 January 1980, midnight, as MS-DOS counts: equal files give equal archives. */
const DATE = (1 << 5) | 1;
const MOST_FILES = 2 ** 16 - 1;
const MOST_BYTES = 2 ** 32 - 1;

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Packs files into an archive. */
export function zipFiles(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const layout = new ZipLayout();
  return concatenate([...entries.map((entry) => layout.add(entry)), layout.end()]);
}

/** Lays out an archive. What it returns is to be written one after the other. */
export class ZipLayout {
  #length: number;
  #count = 0;
  readonly #directory: Uint8Array[] = [];

  /**
   * Starts an archive.
   *
   * @param options.begin Bytes of the file before it; 0 unless told.
   */
  constructor({ begin = 0 }: { begin?: number } = {}) {
    this.#length = begin;
  }

  /** Adds a file and gives the bytes that come next. */
  add({ name, bytes }: ZipEntry): Uint8Array<ArrayBuffer> {
    const [packed, crc] = [quickDeflate(bytes), checksum(bytes)];
    const encoded = new TextEncoder().encode(name);
    const common = (version: number, further: number): Field[] => [
      [2, version],
      [2, UTF8],
      [2, DEFLATED],
      [2, 0], // Time
      [2, DATE],
      [4, crc],
      [4, packed.length],
      [4, bytes.length],
      [2, encoded.length],
      [2, further], // Length of further fields
    ];
    const offset = this.#length;
    const header = record([[4, 0x04034b50], ...common(DEFLATE_VERSION, 0)]);
    const local = concatenate([header, encoded, packed]);
    this.#length += local.length;
    this.#count++;
    // Beyond 4 GiB the place of a file stands in a further field.
    const isFar = offset >= MOST_BYTES;
    const version = isFar ? ZIP64_VERSION : DEFLATE_VERSION;
    const place = record(isFar ? [[2, 1], [2, 8], [8, offset]] : []);
    this.#directory.push(
      record([
        ...[[4, 0x02014b50], [2, version]] as const,
        ...common(version, place.length),
        ...[[2, 0], [2, 0], [2, 0], [4, 0]] as const,
        [4, isFar ? MOST_BYTES : offset],
      ]),
      encoded,
      place,
    );
    return local;
  }

  /** The last bytes: the list of all files. */
  end(): Uint8Array<ArrayBuffer> {
    const directory = concatenate(this.#directory);
    const count = this.#count;
    const offset = this.#length;
    const isLarge = count > MOST_FILES || offset + directory.length > MOST_BYTES;
    const shownCount = isLarge ? MOST_FILES : count;
    const [shownSize, shownOffset] = isLarge
      ? [MOST_BYTES, MOST_BYTES]
      : [directory.length, offset];
    return concatenate([
      directory,
      ...(isLarge ? [zip64End({ count, size: directory.length, offset })] : []),
      record([
        [4, 0x06054b50],
        [4, 0], // Numbers of disks
        [2, shownCount],
        [2, shownCount],
        [4, shownSize],
        [4, shownOffset],
        [2, 0], // Length of a comment
      ]),
    ]);
  }
}

/** Remainders of bytes for the checksum (ISO 3309, as APPNOTE has it). */
const REMAINDERS = /* @__PURE__ */ (() =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? 0xedb88320 ^ remainder >>> 1 : remainder >>> 1;
    }
    return remainder;
  }))();

/** The checksum of bytes. */
function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) sum = REMAINDERS[(sum ^ bytes[i]) & 255] ^ sum >>> 8;
  return ~sum >>> 0;
}

/** The end of the list in 64 bits, and where it is. */
function zip64End(
  { count, size, offset }: { count: number; size: number; offset: number },
): Uint8Array<ArrayBuffer> {
  const end: readonly Field[] = [
    [4, 0x06064b50],
    [8, 44], // Bytes of the rest of this record
    [2, ZIP64_VERSION],
    [2, ZIP64_VERSION],
    [4, 0], // Numbers of disks
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, offset],
  ];
  const locator: readonly Field[] = [[4, 0x07064b50], [4, 0], [8, offset + size], [4, 1]];
  return record([...end, ...locator]);
}

/** Numbers one after the other, little-endian. */
function record(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 8) view.setBigUint64(at, BigInt(value), true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}
