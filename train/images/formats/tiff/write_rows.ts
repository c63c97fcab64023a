/**
 * A TIFF of one page whose rows come in pieces, so that the page need not fit into memory: the same bytes as
 * of the page in one piece.
 *
 * @module
 */

import type { Calibration } from "../../image.ts";
import { deflate } from "../deflate.ts";
import { encodeDirectory, fileHead } from "../encode_directory.ts";
import {
  concatenate,
  mostStripBytes,
  needsBigOffsets,
  type Samples,
  stripRows,
} from "../tiff_stack.ts";

/** What a page is. */
export interface RowsOptions {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Bytes of a sample. */
  readonly sampleBytes: 2 | 4;
  /** Whether samples are floats, not whole numbers. */
  readonly isFloat: boolean;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
}

/** Lays out the file: what it returns is to be written one after the other. */
export class TiffRowsLayout {
  readonly #options: RowsOptions;
  readonly #rows: number;
  readonly #big: boolean;
  readonly #strips: { length: number }[] = [];
  readonly #offsets: number[] = [];
  #length = 0;
  #rowsSeen = 0;
  /** Bytes of a strip that is not full yet. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** Starts a file. */
  constructor(options: RowsOptions) {
    this.#options = options;
    this.#rows = stripRows(options);
    const strips = options.isFloat ? Math.ceil(options.height / this.#rows) : 0;
    this.#big = needsBigOffsets(mostStripBytes(options), { pages: 1, strips });
  }

  /**
   * The first bytes. They end with the place of the directory, which follows the last strip: it is told by
   * {@linkcode TiffRowsLayout.end}, and written there afterwards.
   */
  begin(): Uint8Array<ArrayBuffer> {
    const { bytes } = fileHead({ big: this.#big });
    this.#length = bytes.length;
    return bytes;
  }

  /**
   * Takes the next rows.
   *
   * @throws {RangeError} If they are no whole rows, or more than the page has.
   */
  add(samples: Samples): Uint8Array<ArrayBuffer> {
    const { width, height, sampleBytes } = this.#options;
    const rows = this.#rowsSeen + samples.length / width;
    if (!Number.isInteger(rows) || rows > height || samples.BYTES_PER_ELEMENT !== sampleBytes) {
      throw new RangeError(
        `Cannot encode a TIFF: ${rows} rows of ${samples.BYTES_PER_ELEMENT} bytes a sample, expected ` +
          `${height} of ${sampleBytes}`,
      );
    }
    this.#rowsSeen = rows;
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const all = this.#rest.length === 0 ? bytes : concatenate([this.#rest, bytes]);
    const step = this.#rows * width * sampleBytes;
    const isLast = this.#rowsSeen === height;
    const parts: Uint8Array[] = [];
    let at = 0;
    for (; at + step <= all.length || (isLast && at < all.length); at += step) {
      const strip = deflate(all.subarray(at, at + step), { stride: width * sampleBytes });
      this.#offsets.push(this.#length);
      this.#strips.push({ length: strip.length });
      const padding = strip.length % 2;
      this.#length += strip.length + padding;
      parts.push(strip, new Uint8Array(padding));
    }
    this.#rest = all.slice(at);
    return concatenate(parts);
  }

  /**
   * The last bytes, and the first ones with the place of the directory.
   *
   * @throws {RangeError} If rows are missing.
   */
  end(): { last: Uint8Array<ArrayBuffer>; first: Uint8Array<ArrayBuffer> } {
    const { width, height, sampleBytes, isFloat, calibration } = this.#options;
    if (this.#rowsSeen !== height) {
      throw new RangeError(`Cannot end a TIFF of ${height} rows: ${this.#rowsSeen} rows are there`);
    }
    const page = { width, height, sampleBytes, isFloat, rows: this.#rows, strips: this.#strips };
    const { bytes: last } = encodeDirectory(page, {
      ...{ start: this.#length, offsets: this.#offsets, big: this.#big, calibration },
      stack: { pages: 1 },
    });
    const { bytes: first, link } = fileHead({ big: this.#big });
    const view = new DataView(first.buffer);
    if (this.#big) view.setBigUint64(link, BigInt(this.#length), true);
    else view.setUint32(link, this.#length, true);
    return { last, first };
  }
}
