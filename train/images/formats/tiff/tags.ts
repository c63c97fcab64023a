/**
 * The tags of a TIFF or BigTIFF directory (TIFF 6.0, section 2, and the BigTIFF extension): every
 * offset lies inside the file, and no count makes the reader allocate more than an image can need.
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import type { Compression } from "./compressions/compression.ts";

/** An open file, its byte order, and whether offsets have 8 bytes (BigTIFF) or 4. */
export interface TiffSource {
  /** The open file. */
  readonly bytes: Bytes;
  /** Byte order. */
  readonly littleEndian: boolean;
  /** True for BigTIFF. */
  readonly big: boolean;
  /** How many bytes of values may still be read; any number unless told. */
  budget?: { bytes: number };
  /** Compressions that are read through libraries; none unless told. */
  compressions?: readonly Compression[];
}

/** Where a tag's values are. */
export interface TiffEntry {
  /** Field type, from 1 (byte) to 18 (offset of 8 bytes). */
  readonly type: number;
  /** Number of values. */
  readonly count: number;
  /** Position of the first in the file. */
  readonly offset: number;
}

/** An entry of a directory, and those that follow it under the same number. */
export interface TiffField extends TiffEntry {
  /** Further entries of the same number, which is against the rules, but some programs do it. */
  readonly more: TiffEntry[];
}

/** The entries of one directory by the tag's number. */
export type TiffTags = ReadonlyMap<number, TiffField>;

/** Bytes of one value of each field type. */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/** The type of two whole numbers, one over the other. */
const FRACTION = 5;

/** More tags in a directory than any writer makes. */
const mostTags = 4096;

/** More values than any page has strips; more bytes than any description has. */
const mostValues = 2 ** 24;

const damaged = "copy it again from its source";

/** True if the bytes start like a TIFF or BigTIFF file. */
export function isTiff(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  return (a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0) ||
    (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43));
}

/**
 * Reads the first bytes of a TIFF file.
 *
 * @returns How to read it, and the position of its first directory.
 * @throws {SyntaxError} If the file ends before that.
 */
export async function readTiffHead(
  bytes: Bytes,
): Promise<{ source: TiffSource; first: number }> {
  const head = viewOf(await bytes.read(0, 8));
  const littleEndian = head.getUint8(0) === 0x49;
  const big = head.getUint16(2, littleEndian) === 43;
  const source = { bytes, littleEndian, big };
  if (!big) return { source, first: head.getUint32(4, littleEndian) };
  const [offsetBytes, zero] = [head.getUint16(4, littleEndian), head.getUint16(6, littleEndian)];
  if (offsetBytes !== 8 || zero !== 0) {
    throw unreadable(
      bytes.path,
      `it is a BigTIFF with offsets of ${offsetBytes} bytes where 8 are the rule`,
      damaged,
    );
  }
  return { source, first: readOffset(source, viewOf(await bytes.read(8, 8)), 0) };
}

/**
 * Reads the directory at a position.
 *
 * @returns Its tags, and the position of the next directory, 0 after the last.
 * @throws {SyntaxError} If it does not lie inside the file, or cannot be a directory.
 */
export async function readTags(
  source: TiffSource,
  offset: number,
): Promise<{ tags: TiffTags; next: number }> {
  const { bytes, littleEndian, big } = source;
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const start = viewOf(await bytes.read(offset, countBytes));
  const count = big ? readOffset(source, start, 0) : start.getUint16(0, littleEndian);
  if (count > mostTags) {
    throw unreadable(bytes.path, `a page directory of it has ${count} tags`, damaged);
  }
  const view = viewOf(
    await bytes.read(offset + countBytes, count * entryBytes + (big ? 8 : 4)),
  );
  const tags = new Map<number, TiffField>();
  for (let i = 0; i < count; i++) {
    const at = i * entryBytes;
    const type = view.getUint16(at + 2, littleEndian);
    const values = readOffset(source, view, at + 4);
    const field = big ? 8 : 4;
    const inline = values * (typeBytes[type] ?? Infinity) <= field;
    const place = at + 4 + field;
    const entry = {
      type,
      count: values,
      offset: inline ? offset + countBytes + place : readOffset(source, view, place),
    };
    const tag = view.getUint16(at, littleEndian);
    const before = tags.get(tag);
    if (before !== undefined) before.more.push(entry);
    else tags.set(tag, { ...entry, more: [] });
  }
  return { tags, next: readOffset(source, view, count * entryBytes) };
}

/**
 * All values of a whole-number tag; none if the tag is not there.
 *
 * @param options.most How many of them are wanted.
 * @throws {SyntaxError} If they do not lie inside the file, or are no whole numbers.
 */
export async function numbers(
  { bytes, littleEndian, budget }: TiffSource,
  tags: TiffTags,
  tag: number,
  { most = Infinity }: { most?: number } = {},
): Promise<number[]> {
  const whole = tags.get(tag);
  if (whole === undefined) return [];
  const size = typeBytes[whole.type];
  if (size === undefined || whole.type === FRACTION) {
    const what = `tag ${tag} has values of the unexpected type ${whole.type}`;
    throw unreadable(bytes.path, what, damaged);
  }
  checkCount(bytes.path, whole, tag);
  const entry = { ...whole, count: Math.min(whole.count, most) };
  if (budget && (budget.bytes -= entry.count * size) < 0) {
    throw unreadable(bytes.path, "its pages share lists of values", damaged);
  }
  const view = viewOf(await bytes.read(entry.offset, entry.count * size));
  return Array.from({ length: entry.count }, (_, i) => {
    if (size === 1) return view.getUint8(i);
    if (size === 2) return view.getUint16(2 * i, littleEndian);
    if (size === 4) return view.getUint32(4 * i, littleEndian);
    return Number(view.getBigUint64(8 * i, littleEndian));
  });
}

/**
 * The first fraction of a tag; 0 if there is none.
 *
 * @throws {SyntaxError} If it does not lie inside the file.
 */
export async function readFraction(
  { bytes, littleEndian }: TiffSource,
  tags: TiffTags,
  tag: number,
): Promise<number> {
  const entry = tags.get(tag);
  if (entry === undefined || entry.type !== FRACTION || entry.count < 1) return 0;
  const view = viewOf(await bytes.read(entry.offset, 8));
  const value = view.getUint32(0, littleEndian) / view.getUint32(4, littleEndian);
  return Number.isFinite(value) ? value : 0;
}

/**
 * The texts of a tag, each up to its first zero byte: one, where the tag stands several times as many.
 *
 * @throws {SyntaxError} If they do not lie inside the file.
 */
export async function readTexts(
  { bytes }: TiffSource,
  tags: TiffTags,
  tag: number,
): Promise<string[]> {
  const field = tags.get(tag);
  if (field === undefined) return [];
  const texts: string[] = [];
  for (const entry of [field, ...field.more]) {
    if (entry.type !== 2 && entry.type !== 1) continue;
    checkCount(bytes.path, entry, tag);
    const text = new TextDecoder().decode(await bytes.read(entry.offset, entry.count));
    const end = text.indexOf("\0");
    texts.push(end < 0 ? text : text.slice(0, end));
  }
  return texts;
}

/**
 * The bytes of a tag, as they are; none if it is not there.
 *
 * @throws {SyntaxError} If they do not lie inside the file.
 */
export async function readBytesOf(
  { bytes }: TiffSource,
  tags: TiffTags,
  tag: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const entry = tags.get(tag);
  if (entry === undefined || (typeBytes[entry.type] ?? 0) !== 1) return new Uint8Array(0);
  checkCount(bytes.path, entry, tag);
  return new Uint8Array(await bytes.read(entry.offset, entry.count));
}

function checkCount(path: string, { count }: TiffEntry, tag: number): void {
  if (count <= mostValues) return;
  throw unreadable(path, `tag ${tag} has ${count} values`, damaged);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A file position or count: 4 bytes in TIFF, 8 in BigTIFF. */
function readOffset({ bytes, littleEndian, big }: TiffSource, view: DataView, at: number): number {
  if (!big) return view.getUint32(at, littleEndian);
  const value = Number(view.getBigUint64(at, littleEndian));
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  throw unreadable(bytes.path, "it points far outside itself", damaged);
}

/** Bytes of all values of a directory, those that stand in it among them. */
export function bytesOfValues(tags: TiffTags): number {
  let bytes = 0;
  for (const field of tags.values()) {
    for (const { type, count } of [field, ...field.more]) {
      bytes += 12 + count * (typeBytes[type] ?? 1);
    }
  }
  return bytes;
}
