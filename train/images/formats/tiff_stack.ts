/**
 * The layout of a TIFF file page by page, so that a stack can be written while its pages are made:
 * little-endian strips, deflate without predictor, and for a stack ImageJ's description.
 *
 * @module
 */

import type { LabelImage } from "../image.ts";
import { deflate, inflate } from "./deflate.ts";

/** Samples of one page as they are stored. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

/** One page before compression. */
export interface Page {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** One sample per pixel, row by row. */
  readonly data: Samples;
}

/** One page that is compressed. */
export interface TiffStackPage {
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
  /** The compressed strips. */
  readonly strips: readonly Uint8Array[];
}

/** Bytes of a strip before compression: small enough to read a part of an image cheaply. */
const stripBytes = 65536;

/** A TIFF file's offsets have 32 bits. */
const mostBytes = 2 ** 32 - 1;

/** Whether an id of an image does not fit into 16 bits. */
export function needsWideIds({ data }: LabelImage): boolean {
  for (let i = 0; i < data.length; i++) {
    if (data[i] > 65535) return true;
  }
  return false;
}

/** A label image as a page of 16 bits or, if `wide`, of 32. */
export function labelPage(image: LabelImage, { wide }: { wide: boolean }): Page {
  return { ...image, data: wide ? image.data : new Uint16Array(image.data) };
}

/**
 * Compresses a page.
 *
 * @throws {RangeError} If the number of samples does not fit its size, or there is none.
 */
export function compressPage({ width, height, data }: Page): TiffStackPage {
  if (!(width * height > 0 && data.length === width * height)) {
    throw new RangeError(
      `Cannot encode a TIFF: an image of ${width}x${height} has ${data.length} pixels`,
    );
  }
  const sampleBytes = data.BYTES_PER_ELEMENT;
  const rows = Math.max(1, Math.floor(stripBytes / (width * sampleBytes)));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const step = rows * width * sampleBytes;
  const strips = Array.from(
    { length: Math.ceil(height / rows) },
    (_, i) => deflate(bytes.subarray(i * step, (i + 1) * step)),
  );
  return { width, height, sampleBytes, isFloat: data instanceof Float32Array, rows, strips };
}

/** The same page with 32 instead of 16 bits for each whole number. */
export function widenPage({ width, height, rows, strips }: TiffStackPage): TiffStackPage {
  const data = new Uint32Array(width * height);
  let filled = 0;
  for (const strip of strips) {
    const { buffer, length } = inflate(strip, 2 * rows * width);
    const samples = new Uint16Array(buffer, 0, length / 2);
    data.set(samples, filled);
    filled += samples.length;
  }
  return compressPage({ width, height, data });
}

/** One part after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    whole.set(part, filled);
    filled += part.length;
  }
  return whole;
}

/**
 * Lays out a file of a known number of pages: header, then for every page its strips and its
 * directory. What it returns is to be written one after the other.
 */
export class TiffStackLayout {
  readonly #pages: number;
  readonly #axis: "frames" | "slices";
  #length = 0;
  #count = 0;
  #first: TiffStackPage | null = null;
  /** The last part, whose link to the next directory is not known yet, and the link's place in it. */
  #open: { bytes: Uint8Array<ArrayBuffer>; link: number } = {
    bytes: Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0),
    link: 4,
  };

  /** Starts a file of this many pages, which are frames in time unless they are slices in depth. */
  constructor(pages: number, { axis = "frames" }: { axis?: "frames" | "slices" } = {}) {
    this.#pages = pages;
    this.#axis = axis;
    this.#length = this.#open.bytes.length;
  }

  /**
   * Adds a page and gives the bytes that come next.
   *
   * @throws {RangeError} If its size differs from the first page's, or the file would pass 4 GiB.
   */
  add(page: TiffStackPage): Uint8Array<ArrayBuffer> {
    this.#check(page);
    const strips: Uint8Array[] = [];
    const offsets = page.strips.map((strip) => {
      const offset = this.#length;
      strips.push(strip, ...this.#pad(strip.length));
      return offset;
    });
    const directory = encodeDirectory(page, {
      start: this.#length,
      offsets,
      description: this.#count === 0 && this.#pages > 1
        ? describeStack(this.#pages, this.#axis)
        : "",
    });
    const before = this.#link(this.#length);
    this.#open = directory;
    this.#length += directory.bytes.length;
    this.#first ??= page;
    this.#count++;
    if (this.#length > mostBytes) {
      throw new RangeError(
        `Cannot encode ${this.#pages} pages as one TIFF: ${this.#length} bytes are over 4 GiB; ` +
          "write one file per frame",
      );
    }
    return concatenate([before, ...strips]);
  }

  /**
   * The last bytes.
   *
   * @throws {RangeError} If pages are missing.
   */
  end(): Uint8Array<ArrayBuffer> {
    if (this.#count !== this.#pages) {
      throw new RangeError(
        `Cannot end a TIFF of ${this.#pages} pages: ${this.#count} pages are there`,
      );
    }
    return this.#open.bytes;
  }

  #check({ width, height }: TiffStackPage): void {
    const first = this.#first;
    if (first !== null && (width !== first.width || height !== first.height)) {
      throw new RangeError(
        `Cannot encode a TIFF stack: page ${this.#count + 1} is ${width}x${height}, page 1 is ` +
          `${first.width}x${first.height}`,
      );
    }
  }

  /** Counts bytes, and what follows them so that values start at even offsets. */
  #pad(length: number): Uint8Array[] {
    this.#length += length + length % 2;
    return length % 2 === 0 ? [] : [new Uint8Array(1)];
  }

  /** The part that was waiting for the offset of the next directory. */
  #link(offset: number): Uint8Array {
    const { bytes, link } = this.#open;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(link, offset, true);
    return bytes;
  }
}

/** What ImageJ needs to show the pages as frames in time or slices in depth. */
function describeStack(pages: number, axis: "frames" | "slices"): string {
  return `ImageJ=1.53t\nimages=${pages}\n${axis}=${pages}\nhyperstack=true\nmode=grayscale\n` +
    "loop=false\n\0";
}

/** One directory with its longer values behind it, and where its link to the next one is. */
function encodeDirectory(
  { width, height, sampleBytes, isFloat, rows, strips }: TiffStackPage,
  { start, offsets, description }: {
    start: number;
    offsets: readonly number[];
    description: string;
  },
): { bytes: Uint8Array<ArrayBuffer>; link: number } {
  const short = 3;
  const long = 4;
  const text = new TextEncoder().encode(description);
  const fields: { tag: number; type: number; values: ArrayLike<number> }[] = [
    { tag: 256, type: long, values: [width] },
    { tag: 257, type: long, values: [height] },
    { tag: 258, type: short, values: [8 * sampleBytes] },
    { tag: 259, type: short, values: [8] }, // Compression: deflate
    { tag: 262, type: short, values: [1] }, // PhotometricInterpretation: black is zero
    ...(text.length > 0 ? [{ tag: 270, type: 2, values: text }] : []),
    { tag: 273, type: long, values: offsets },
    { tag: 277, type: short, values: [1] }, // SamplesPerPixel
    { tag: 278, type: long, values: [rows] },
    { tag: 279, type: long, values: strips.map((strip) => strip.length) },
    { tag: 339, type: short, values: [isFloat ? 3 : 1] },
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
  const view = new DataView(new ArrayBuffer(end + end % 2)); // what follows starts at an even offset
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
