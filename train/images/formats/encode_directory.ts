/**
 * The bytes of a TIFF or BigTIFF directory: how a page is stored, and on the first one what ImageJ needs
 * to know.
 *
 * @module
 */

import type { Calibration } from "../image.ts";

/**
 * One page of a TIFF that is compressed.
 *
 * @category Formats
 */
export interface TiffStackPage extends StoredPage {
  /** The compressed strips. */
  readonly strips: readonly Uint8Array[];
}

/**
 * One page of a TIFF whose strips are stored.
 *
 * @category Formats
 */
export interface StoredPage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Bytes of a sample. */
  readonly sampleBytes: number;
  /** Whether samples are floats, not whole numbers. */
  readonly isFloat: boolean;
  /** Rows of a strip. */
  readonly rows: number;
  /** The compressed strips, or what is left to know of them. */
  readonly strips: readonly { readonly length: number }[];
}

/** Bytes whose link to the next directory is not known yet, and the link's place in them. */
export interface LinkedBytes {
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the link is: 8 bytes in a BigTIFF, else 4. */
  readonly link: number;
}

/** The first bytes of a file. */
export function fileHead({ big }: { big: boolean }): LinkedBytes {
  return big
    ? { bytes: Uint8Array.of(0x49, 0x49, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), link: 8 }
    : { bytes: Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0), link: 4 };
}

/** What a page's directory says besides the page itself. */
export interface DirectoryOptions {
  /** Where it is in the file. */
  readonly start: number;
  /** Where the page's strips are. */
  readonly offsets: readonly number[];
  /** Whether it is that of a BigTIFF. */
  readonly big: boolean;
  /** How large a pixel is. */
  readonly calibration?: Calibration;
  /** What the file is, on its first page; null on the others. */
  readonly stack: { readonly pages: number; readonly axis?: "frames" | "slices" } | null;
}

/** Types of values, with their sizes in bytes. */
const TEXT = { code: 2, bytes: 1 };
const SHORT = { code: 3, bytes: 2 };
const LONG = { code: 4, bytes: 4 };
const FRACTION = { code: 5, bytes: 8 };
const LONG8 = { code: 16, bytes: 8 };

interface Field {
  readonly tag: number;
  readonly type: { readonly code: number; readonly bytes: number };
  readonly values: ArrayLike<number>;
}

/** One directory with its longer values behind it. */
export function encodeDirectory(page: StoredPage, options: DirectoryOptions): LinkedBytes {
  const { start, big } = options;
  const fields = fieldsOf(page, options);
  const [head, entry, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const link = head + entry * fields.length;
  let end = link + inline;
  const places = fields.map(({ type, values }) => {
    const size = type.bytes * values.length;
    if (size <= inline) return -1;
    end += end % 2;
    end += size;
    return end - size;
  });
  const view = new DataView(new ArrayBuffer(end + end % 2)); // what follows starts at an even offset
  const setOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  if (big) view.setBigUint64(0, BigInt(fields.length), true);
  else view.setUint16(0, fields.length, true);
  fields.forEach(({ tag, type, values }, i) => {
    const at = head + entry * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type.code, true);
    setOffset(at + 4, values.length);
    const own = at + 4 + inline;
    if (places[i] >= 0) setOffset(own, start + places[i]);
    const place = places[i] >= 0 ? places[i] : own;
    for (let k = 0; k < values.length; k++) {
      setValue(view, place + k * type.bytes, { type, value: values[k] });
    }
  });
  return { bytes: new Uint8Array(view.buffer), link };
}

function setValue(
  view: DataView,
  at: number,
  { type, value }: { type: Field["type"]; value: number },
): void {
  if (type === TEXT) view.setUint8(at, value);
  else if (type === SHORT) view.setUint16(at, value, true);
  else if (type === LONG) view.setUint32(at, value, true);
  else if (type === LONG8) view.setBigUint64(at, BigInt(value), true);
  else {
    const [above, below] = fractionOf(value);
    view.setUint32(at, above, true);
    view.setUint32(at + 4, below, true);
  }
}

/** A number as a fraction: of millionths where it or its inverse has no more digits, else as near as can be. */
function fractionOf(value: number): readonly [above: number, below: number] {
  const million = 1e6;
  const plain = [[value * million, million], [million, million / value]] as const;
  const isNear = (term: number) =>
    Math.abs(term - Math.round(term)) < 1e-9 * term && term < 2 ** 32;
  const found = plain.find((terms) => terms.every(isNear));
  if (found) return [Math.round(found[0]), Math.round(found[1])];
  const below = Math.floor((2 ** 32 - 1) / Math.max(1, value));
  return [Math.round(value * below), below];
}

function fieldsOf(
  { width, height, sampleBytes, isFloat, rows, strips }: StoredPage,
  { offsets, big, calibration, stack }: DirectoryOptions,
): Field[] {
  const text = stack === null ? "" : describeStack(stack, calibration);
  return [
    { tag: 256, type: LONG, values: [width] },
    { tag: 257, type: LONG, values: [height] },
    { tag: 258, type: SHORT, values: [8 * sampleBytes] },
    { tag: 259, type: SHORT, values: [8] }, // Compression: deflate
    { tag: 262, type: SHORT, values: [1] }, // PhotometricInterpretation: black is zero
    ...(text === "" ? [] : [{ tag: 270, type: TEXT, values: new TextEncoder().encode(text) }]),
    { tag: 273, type: big ? LONG8 : LONG, values: offsets },
    { tag: 277, type: SHORT, values: [1] }, // SamplesPerPixel
    { tag: 278, type: LONG, values: [rows] },
    { tag: 279, type: LONG, values: strips.map((strip) => strip.length) },
    ...resolution(calibration),
    { tag: 339, type: SHORT, values: [isFloat ? 3 : 1] },
  ];
}

/** Pixels for each unit, XResolution and YResolution, and the unit where TIFF has a number for it. */
function resolution(calibration: Calibration | undefined): Field[] {
  if (calibration === undefined) return [];
  const { width, height, unit } = calibration;
  const known: Readonly<Record<string, number>> = { inch: 2, cm: 3 };
  return [
    { tag: 282, type: FRACTION, values: [1 / width] },
    { tag: 283, type: FRACTION, values: [1 / height] },
    { tag: 296, type: SHORT, values: [known[unit] ?? 1] },
  ];
}

/** What ImageJ needs to show the pages as frames in time or slices in depth, in their size. */
function describeStack(
  { pages, axis = "frames" }: { pages: number; axis?: "frames" | "slices" },
  calibration: Calibration | undefined,
): string {
  if (pages === 1 && calibration === undefined) return "";
  const { unit, depth, interval } = calibration ?? {};
  const lines = [
    "ImageJ=1.53t",
    ...(pages > 1 ? [`images=${pages}`, `${axis}=${pages}`, "hyperstack=true"] : []),
    "mode=grayscale",
    ...(unit === undefined ? [] : [`unit=${asciiOf(unit)}`]),
    ...(depth === undefined ? [] : [`spacing=${depth}`]),
    ...(interval === undefined ? [] : [`finterval=${interval}`]),
    "loop=false",
  ];
  return lines.map((line) => `${line}\n`).join("") + "\0";
}

/** A unit in the letters that ImageJ's descriptions have: others are escaped, as Java does it. */
function asciiOf(unit: string): string {
  return unit.replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`,
  );
}
