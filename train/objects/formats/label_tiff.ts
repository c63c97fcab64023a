/**
 * Labels as a TIFF, a page for each frame, written as they come. Pages have 16 bits and offsets 32 until
 * an id or the length of the file needs more: then what is written is read again, page by page, and laid
 * out anew, so that the file is as if that had been known before.
 *
 * @module
 */

import {
  compressPage,
  labelPage,
  mostStripBytes,
  needsBigOffsets,
  needsWideIds,
  TiffStackLayout,
  type TiffStackPage,
  widenPage,
} from "../../images/formats/tiff_stack.ts";
import { TiffRowsLayout } from "../../images/formats/tiff/write_rows.ts";
import type {
  FileOptions,
  FrameResult,
  OutputFormat,
  OutputLayout,
  Written,
} from "./output_format.ts";

/**
 * Labels, `NAME.tif`: always written.
 *
 * @category Output formats
 */
export const labelTiff: OutputFormat = {
  flag: null,
  sentence: "Write labels as TIFF of 16 bits, or of 32 where an id needs them, NAME.tif",
  needs: [],
  file: (stem) => `${stem}.tif`,
  open: (options) => new LabelLayout(options),
  openRows({ largest, ...options }) {
    const isWide = largest > 65535;
    const layout = new TiffRowsLayout({ ...options, sampleBytes: isWide ? 4 : 2, isFloat: false });
    return {
      begin: () => layout.begin(),
      add: (rows) => layout.add(isWide ? rows : new Uint16Array(rows)),
      end: () => layout.end(),
    };
  },
};

/** A page that was written: all but its strips, which are there one after the other. */
interface WrittenPage extends Omit<TiffStackPage, "strips"> {
  /** Where its first strip is. */
  readonly start: number;
  /** The bytes of each strip. */
  readonly lengths: Uint32Array;
}

/** Strips begin at even offsets. */
function padded(length: number): number {
  return length + length % 2;
}

class LabelLayout implements OutputLayout {
  readonly #options: FileOptions;
  #layout: TiffStackLayout;
  #written: WrittenPage[] = [];
  /** Bytes of the file so far. */
  #length = 0;
  /** Those of them that are strips. */
  #stripBytes = 0;
  #wide = false;
  #big = false;

  constructor(options: FileOptions) {
    this.#options = options;
    this.#layout = new TiffStackLayout(options.pages, { ...options, big: false });
  }

  anew(
    { labels, compressed }: FrameResult,
    written: Written,
  ): AsyncIterable<Uint8Array> | null {
    const [wide, big] = [this.#wide, this.#big];
    this.#wide ||= compressed ? compressed.sampleBytes > 2 : needsWideIds(labels);
    this.#big ||= this.#mayPass(labels, { widens: this.#wide !== wide });
    if (wide === this.#wide && big === this.#big) return null;
    const pages = this.#written;
    const widens = this.#wide && !wide;
    this.#layout = new TiffStackLayout(this.#options.pages, { ...this.#options, big: this.#big });
    [this.#written, this.#length, this.#stripBytes] = [[], 0, 0];
    return pages.length === 0 ? null : this.#again(pages, { written, widens });
  }

  add({ labels, compressed }: FrameResult): Uint8Array {
    if (!compressed) return this.#page(compressPage(labelPage(labels, { wide: this.#wide })));
    const isNarrow = this.#wide && compressed.sampleBytes === 2;
    return this.#page(isNarrow ? widenPage(compressed) : compressed);
  }

  end(): Iterable<Uint8Array> {
    return [this.#layout.end()];
  }

  /** Whether the file may pass what 32 bits can point to, with this frame and as many bits as it needs. */
  #mayPass(
    { width, height }: FrameResult["labels"],
    { widens }: { widens: boolean },
  ): boolean {
    const sampleBytes = this.#wide ? 4 : 2;
    const strips = this.#written[0]?.lengths.length ?? 0;
    // Zeros between 16 bits need few bytes more, but nobody knows how many.
    const before = this.#stripBytes * (widens ? 2 : 1);
    const most = before + mostStripBytes({ width, height, sampleBytes });
    return needsBigOffsets(most, { pages: this.#options.pages, strips });
  }

  /** Lays out a page, and notes where it is. */
  #page(page: TiffStackPage): Uint8Array {
    const bytes = this.#layout.add(page);
    const { strips, ...rest } = page;
    const lengths = Uint32Array.from(strips, ({ length }) => length);
    const stripBytes = lengths.reduce((sum, length) => sum + padded(length), 0);
    this.#length += bytes.length;
    this.#stripBytes += stripBytes;
    this.#written.push({ ...rest, lengths, start: this.#length - stripBytes });
    return bytes;
  }

  async *#again(
    pages: readonly WrittenPage[],
    { written, widens }: { written: Written; widens: boolean },
  ): AsyncIterable<Uint8Array> {
    for (const { start, lengths, ...rest } of pages) {
      const bytes = await written.read(start, lengths.reduce((sum, n) => sum + padded(n), 0));
      let offset = 0;
      const strips = Array.from(lengths, (length) => {
        const strip = bytes.slice(offset, offset + length);
        offset += padded(length);
        return strip;
      });
      const page = { ...rest, strips };
      yield this.#page(widens ? widenPage(page) : page);
    }
  }
}
