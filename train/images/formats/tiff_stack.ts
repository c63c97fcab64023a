/**
 * The layout of a TIFF file page by page, so that a stack can be written while its pages are made:
 * little-endian strips, deflate without predictor, and for a stack ImageJ's description. What may not
 * fit into the 4 GiB of a TIFF is a BigTIFF, with offsets of 64 bits.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import type { Calibration, LabelImage } from "../image.ts";
import { deflate, inflate } from "./deflate.ts";
import {
  encodeDirectory,
  fileHead,
  type LinkedBytes,
  type TiffStackPage,
} from "./encode_directory.ts";

export type { TiffStackPage };

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

/** Bytes of a strip before compression: small enough to read a part of an image cheaply. */
const stripBytes = 65536;

/** A TIFF file's offsets have 32 bits, unless it is a BigTIFF. */
const MOST_BYTES = 2 ** 32 - 1;

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
  const rows = stripRows({ width, sampleBytes });
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const stride = width * sampleBytes;
  const step = rows * stride;
  const strips = Array.from(
    { length: Math.ceil(height / rows) },
    (_, i) => deflate(bytes.subarray(i * step, (i + 1) * step), { stride }),
  );
  return { width, height, sampleBytes, isFloat: data instanceof Float32Array, rows, strips };
}

/** Rows of a strip. */
export function stripRows(
  { width, sampleBytes }: Pick<TiffStackPage, "width" | "sampleBytes">,
): number {
  return Math.max(1, Math.floor(stripBytes / (width * sampleBytes)));
}

/** Bytes of the strips of pages, see {@linkcode StackOptions}. */
export function bytesOf(pages: readonly TiffStackPage[]): number {
  return pages.reduce(
    (sum, { strips }) => strips.reduce((all, { length }) => all + length, sum),
    0,
  );
}

/** What the strips of a page of this size have at most: deflate may need a little more than nothing. */
export function mostStripBytes(
  { width, height, sampleBytes }: Pick<TiffStackPage, "width" | "height" | "sampleBytes">,
): number {
  return width * height * sampleBytes * 1.01;
}

/** Whether a file of so many pages may pass 4 GiB: each of its strips and directories needs bytes besides. */
export function needsBigOffsets(
  stripBytes: number,
  { pages, strips }: { pages: number; strips: number },
): boolean {
  return stripBytes + pages * (1024 + 64 * strips) > MOST_BYTES;
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

/** What a file of several pages is. */
export interface StackOptions {
  /** What the pages are: frames in time (unless told) or slices in depth. */
  readonly axis?: "frames" | "slices";
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /**
   * Bytes of all strips together, where they are known. Otherwise a file is a BigTIFF where its pages,
   * not compressed, would pass 4 GiB.
   */
  readonly stripBytes?: number;
  /** Whether it is a BigTIFF, where that was decided otherwise. */
  readonly big?: boolean;
}

/**
 * Lays out a file of a known number of pages: header, then for every page its strips and its
 * directory. What it returns is to be written one after the other.
 */
export class TiffStackLayout {
  readonly #pages: number;
  readonly #options: StackOptions;
  #big = false;
  #length = 0;
  #count = 0;
  #first: TiffStackPage | null = null;
  /** The last part, whose link to the next directory is not known yet, and the link's place in it. */
  #open: LinkedBytes | null = null;

  /** Starts a file of this many pages. */
  constructor(pages: number, options: StackOptions = {}) {
    this.#pages = pages;
    this.#options = options;
  }

  /**
   * Adds a page and gives the bytes that come next.
   *
   * @throws {RangeError} If its size differs from the first page's, or the file is longer than was said.
   */
  add(page: TiffStackPage): Uint8Array<ArrayBuffer> {
    this.#check(page);
    if (this.#open === null) this.#begin(page);
    const strips: Uint8Array[] = [];
    const offsets = page.strips.map((strip) => {
      const offset = this.#length;
      strips.push(strip, ...this.#pad(strip.length));
      return offset;
    });
    const { axis, calibration } = this.#options;
    const directory = encodeDirectory(page, {
      ...{ start: this.#length, offsets, big: this.#big, calibration },
      stack: this.#count === 0 ? { pages: this.#pages, axis } : null,
    });
    const before = this.#link(this.#length);
    this.#open = directory;
    this.#length += directory.bytes.length;
    this.#count++;
    if (!this.#big && this.#length > MOST_BYTES) {
      throw new RangeError(
        `Cannot encode ${
          counted(this.#pages, "page")
        } as one TIFF: ${this.#length} bytes are over 4 GiB; ` +
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
    if (this.#count !== this.#pages || this.#open === null) {
      throw new RangeError(
        `Cannot end a TIFF of ${counted(this.#pages, "page")}: ${counted(this.#count, "page")} ${
          wordFor(this.#count, "is", "are")
        } there`,
      );
    }
    return this.#open.bytes;
  }

  /** Decides on the width of offsets by the first page: the others are of its size. */
  #begin(page: TiffStackPage): void {
    const { stripBytes = this.#pages * mostStripBytes(page) } = this.#options;
    this.#big = this.#options.big ?? needsBigOffsets(stripBytes, {
      ...{ pages: this.#pages, strips: page.strips.length },
    });
    this.#open = fileHead({ big: this.#big });
    this.#length = this.#open.bytes.length;
    this.#first = page;
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
    const { bytes, link } = this.#open!;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (this.#big) view.setBigUint64(link, BigInt(offset), true);
    else view.setUint32(link, offset, true);
    return bytes;
  }
}
