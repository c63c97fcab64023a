/**
 * Pages of image files for a job that goes through its frames twice: once for their range and once to
 * segment them. Workers decode the next ones ahead, and those of a small video are kept for the second time.
 *
 * @module
 */

import type { PixelArray } from "../../images/formats/format.ts";
import type { DecodedPage, Source } from "../../images/source.ts";
import { disk } from "../disk/files.ts";
import type { WorkerPool } from "./pool.ts";

/** Bytes of decoded pages that are kept: some forty of 700 x 1100 pixels with 16 bits. */
const MOST_KEPT = 2 ** 26;
/** Bytes of pages that may be decoded ahead; one page in any case. */
const MOST_AHEAD = 2 ** 25;

/** What was asked of a file. */
interface FileState {
  /** Pages that are decoded ahead. */
  readonly coming: Map<number, Promise<PixelArray>>;
  /** The page that was asked for last, and how far it was from the one before. */
  last: number;
  step: number;
}

/** What keeps and decodes pages. */
export interface PageOptions {
  /** The workers that decode; null for this thread. */
  readonly pool: WorkerPool | null;
  /** Bytes of pages that are kept for a second time. */
  readonly mostKept?: number;
}

/**
 * The same files, of which pages are decoded by workers and kept for a while. Pixels are the same, and so are
 * errors: what a worker cannot decode is tried here.
 *
 * Files of any other source than the disk are decoded here, as workers cannot open them.
 */
export function pagedSource(source: Source, options: PageOptions): Source {
  const pages = new Pages(source, options);
  return { ...source, pages: (page, decode) => pages.get(page, decode) };
}

class Pages {
  readonly #pool: WorkerPool | null;
  readonly #level: number | undefined;
  readonly #mostKept: number;
  readonly #files = new Map<string, FileState>();
  readonly #kept = new Map<string, PixelArray>();
  /** Pages that were asked for. */
  readonly #seen = new Set<string>();
  #keptBytes = 0;

  constructor(source: Source, { pool, mostKept = MOST_KEPT }: PageOptions) {
    this.#pool = source.open === disk.open && source.formats === disk.formats ? pool : null;
    this.#level = source.level;
    this.#mostKept = mostKept;
  }

  async get(page: DecodedPage, decode: () => Promise<PixelArray>): Promise<PixelArray> {
    const { path, index } = page;
    const key = `${path} ${index}`;
    const file = this.#file(page);
    const kept = this.#kept.get(key);
    const coming = kept ?? file.coming.get(index) ?? this.#start(page, file);
    this.#goAhead(page, file);
    file.coming.delete(index);
    const pixels = await coming ?? await decode();
    this.#keep(key, pixels, { isKept: kept !== undefined });
    return pixels;
  }

  #file({ path, length }: DecodedPage): FileState {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const made = { coming: new Map(), last: -1, step: 1 };
    // There may be very many files of one page, of which nothing has to be known.
    if (length > 1) this.#files.set(path, made);
    return made;
  }

  /** Has a page decoded; null where that is to be done here. */
  #start({ path, index }: DecodedPage, { coming }: FileState): Promise<PixelArray | null> | null {
    if (this.#pool === null || this.#pool.size === 0) return null;
    const place = { path, level: this.#level, page: index };
    // Whatever is wrong with it, who decodes it here says it.
    const pixels = this.#pool.ask("page", place).catch(() => null);
    coming.set(index, pixels as Promise<PixelArray>);
    return pixels;
  }

  /** Begins with the next pages, where pages are asked for one after the other. */
  #goAhead({ path, index, length, bytes }: DecodedPage, file: FileState): void {
    // Some look at a page again before the next one.
    if (index === file.last) return;
    const step = index - file.last;
    const isSteady = step > 0 && (step === file.step || file.last < 0);
    [file.last, file.step] = [index, step];
    const count = isSteady ? Math.min(this.#pool?.size ?? 0, Math.ceil(MOST_AHEAD / bytes)) : 0;
    const wanted = Array.from({ length: count }, (_, i) => index + (i + 1) * step)
      .filter((next) => next < length);
    for (const next of file.coming.keys()) if (!wanted.includes(next)) file.coming.delete(next);
    for (const next of wanted) {
      if (file.coming.has(next) || this.#kept.has(`${path} ${next}`)) continue;
      this.#start({ path, index: next, length, bytes }, file);
    }
  }

  /**
   * Keeps a page when it is asked for first, as long as there is room, and lets go of it the second time.
   * (Of what was used last, as `PlaneCache` keeps it, a longer video would find nothing the second time.)
   */
  #keep(key: string, pixels: PixelArray, { isKept }: { isKept: boolean }): void {
    if (isKept) {
      if (this.#kept.delete(key)) this.#keptBytes -= pixels.byteLength;
    } else if (!this.#seen.has(key) && this.#keptBytes + pixels.byteLength <= this.#mostKept) {
      this.#kept.set(key, pixels);
      this.#keptBytes += pixels.byteLength;
    }
    this.#seen.add(key);
  }
}
