/**
 * Images to TIFF files that Fiji, tifffile and Kymo itself read: little-endian strips, deflate
 * without predictor, and for a stack ImageJ's description, so that its pages open as frames.
 *
 * @module
 */

import { deflateSync } from "node:zlib";
import type { LabelImage, Plane } from "./image.ts";

/** Samples of one page as they are stored. */
type Samples =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

/** One page ready to be written. */
interface Page {
  readonly width: number;
  readonly height: number;
  readonly data: Samples;
}

/** Bytes of a strip before compression: small enough to read a part of an image cheaply. */
const stripBytes = 65536;

/** A TIFF file's offsets have 32 bits. */
const mostBytes = 2 ** 32 - 1;

/**
 * Label images as one TIFF file: 16 bits, or 32 if an id is above 65,535.
 *
 * @param images One image, or the frames of a stack, all of the same size.
 * @returns The bytes of the file.
 * @throws {RangeError} If there is no image, sizes differ, or the file would pass 4 GiB.
 *
 * @example
 * ```ts
 * import { encodeLabelTiff } from "@kymo/kymo/train";
 *
 * const labels = { width: 2, height: 1, data: Uint32Array.of(0, 7) };
 * const bytes = encodeLabelTiff([labels]);
 * ```
 */
export function encodeLabelTiff(images: readonly LabelImage[]): Uint8Array<ArrayBuffer> {
  const wide = images.some(({ data }) => data.some((id) => id > 65535));
  return encodeTiff(images.map((image) => ({
    ...image,
    data: wide ? image.data : new Uint16Array(image.data),
  })));
}

/**
 * Planes as one 32-bit float TIFF file, such as probability maps.
 *
 * @param planes One plane, or the frames of a stack, all of the same size.
 * @throws {RangeError} If there is no plane, sizes differ, or the file would pass 4 GiB.
 */
export function encodeFloatTiff(planes: readonly Plane[]): Uint8Array<ArrayBuffer> {
  return encodeTiff(planes);
}

/**
 * Planes as one grey TIFF file of 8 or 16 bits. Intensities are rounded, and those outside the
 * range of the bits become its ends, as in a camera.
 *
 * @param planes One plane, or the frames of a stack, all of the same size.
 * @param options `bits`: 8 or 16 (default).
 * @throws {RangeError} If there is no plane, sizes differ, or the file would pass 4 GiB.
 */
export function encodeGreyTiff(
  planes: readonly Plane[],
  { bits = 16 }: { bits?: 8 | 16 } = {},
): Uint8Array<ArrayBuffer> {
  const limit = 2 ** bits - 1;
  return encodeTiff(planes.map(({ width, height, data }) => {
    const samples = bits === 8 ? new Uint8Array(data.length) : new Uint16Array(data.length);
    for (let i = 0; i < data.length; i++) {
      samples[i] = Math.min(limit, Math.max(0, Math.round(data[i])));
    }
    return { width, height, data: samples };
  }));
}

/** Lays out the file: header, then for every page its strips and its directory. */
function encodeTiff(pages: readonly Page[]): Uint8Array<ArrayBuffer> {
  checkPages(pages);
  const parts: Uint8Array[] = [Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0)];
  let length = 8;
  /** Where the offset of the next directory is to be written: its part and the place in it. */
  let link = { part: 0, at: 4 };
  const add = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
    if (length % 2 === 1) add(new Uint8Array(1)); // values start at even offsets
  };
  pages.forEach((page, i) => {
    const rows = Math.max(1, Math.floor(stripBytes / (page.width * page.data.BYTES_PER_ELEMENT)));
    const strips = encodeStrips(page, rows);
    const offsets = strips.map((strip) => {
      const offset = length;
      add(strip);
      return offset;
    });
    const description = i === 0 && pages.length > 1 ? describeStack(pages.length) : "";
    const directory = encodeDirectory(page, {
      start: length,
      rows,
      offsets,
      counts: strips.map((strip) => strip.length),
      description,
    });
    setUint32(parts[link.part], link.at, length);
    link = { part: parts.length, at: directory.link };
    add(directory.bytes);
  });
  if (length > mostBytes) {
    throw new RangeError(
      `Cannot encode ${pages.length} pages as one TIFF: ${length} bytes are over 4 GiB; write ` +
        "one file per frame",
    );
  }
  return concatenate(parts, length);
}

function checkPages(pages: readonly Page[]): void {
  if (pages.length === 0) throw new RangeError("Cannot encode a TIFF: there is no image");
  const [first] = pages;
  for (const [i, { width, height, data }] of pages.entries()) {
    if (width !== first.width || height !== first.height) {
      throw new RangeError(
        `Cannot encode a TIFF stack: page ${i + 1} is ${width}x${height}, page 1 is ` +
          `${first.width}x${first.height}`,
      );
    }
    if (!(width * height > 0 && data.length === width * height)) {
      throw new RangeError(
        `Cannot encode a TIFF: an image of ${width}x${height} has ${data.length} pixels`,
      );
    }
  }
}

/** What ImageJ needs to show the pages as frames in time. */
function describeStack(frames: number): string {
  return `ImageJ=1.53t\nimages=${frames}\nframes=${frames}\nhyperstack=true\nmode=grayscale\n` +
    "loop=false\n\0";
}

function encodeStrips({ width, height, data }: Page, rows: number): Uint8Array[] {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const step = rows * width * data.BYTES_PER_ELEMENT;
  return Array.from(
    { length: Math.ceil(height / rows) },
    (_, i) => deflateSync(bytes.subarray(i * step, (i + 1) * step)),
  );
}

/** One directory with its longer values behind it, and where its link to the next one is. */
function encodeDirectory(
  { width, height, data }: Page,
  { start, rows, offsets, counts, description }: {
    start: number;
    rows: number;
    offsets: readonly number[];
    counts: readonly number[];
    description: string;
  },
): { bytes: Uint8Array; link: number } {
  const short = 3;
  const long = 4;
  const text = new TextEncoder().encode(description);
  const sampleFormat = data instanceof Float32Array ? 3 : 1;
  const fields: { tag: number; type: number; values: ArrayLike<number> }[] = [
    { tag: 256, type: long, values: [width] },
    { tag: 257, type: long, values: [height] },
    { tag: 258, type: short, values: [8 * data.BYTES_PER_ELEMENT] },
    { tag: 259, type: short, values: [8] }, // Compression: deflate
    { tag: 262, type: short, values: [1] }, // PhotometricInterpretation: black is zero
    ...(text.length > 0 ? [{ tag: 270, type: 2, values: text }] : []),
    { tag: 273, type: long, values: offsets },
    { tag: 277, type: short, values: [1] }, // SamplesPerPixel
    { tag: 278, type: long, values: [rows] },
    { tag: 279, type: long, values: counts },
    { tag: 339, type: short, values: [sampleFormat] },
  ];
  const sizes: Record<number, number> = { 2: 1, 3: 2, 4: 4 };
  const link = 2 + 12 * fields.length;
  let end = link + 4;
  const places = fields.map(({ type, values }) => {
    const size = sizes[type] * values.length;
    if (size <= 4) return -1;
    end += end % 2;
    end += size;
    return end - size;
  });
  const view = new DataView(new ArrayBuffer(end));
  view.setUint16(0, fields.length, true);
  fields.forEach(({ tag, type, values }, i) => {
    const at = 2 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, values.length, true);
    if (places[i] >= 0) view.setUint32(at + 8, start + places[i], true);
    const place = places[i] >= 0 ? places[i] : at + 8;
    for (let k = 0; k < values.length; k++) {
      if (type === 2) view.setUint8(place + k, values[k]);
      else if (type === short) view.setUint16(place + 2 * k, values[k], true);
      else view.setUint32(place + 4 * k, values[k], true);
    }
  });
  return { bytes: new Uint8Array(view.buffer), link };
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value, true);
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    whole.set(part, filled);
    filled += part.length;
  }
  return whole;
}
