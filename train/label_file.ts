/**
 * The output files of a prediction, written page by page: a stack of any length needs the memory of
 * its compressed labels only.
 *
 * @module
 */

import { AtomicFile } from "./data/files.ts";
import type { LabelImage, Plane } from "./data/image.ts";
import {
  compressPage,
  labelPage,
  needsWideIds,
  TiffStackLayout,
  type TiffStackPage,
  widenPage,
} from "./data/tiff_stack.ts";

/** A TIFF file under way: it takes one page after the other and is there when it is complete. */
export interface PageWriter<T> extends AsyncDisposable {
  /** Takes the next page. */
  add(page: T): Promise<void>;
  /** Writes what is left and gives the file its name. */
  commit(): Promise<void>;
}

/**
 * Label images on their way into one file of 16 bits, or of 32 where an id needs them. Which it is
 * is known at the end only, so the pages wait in memory, compressed.
 */
export class LabelFile implements PageWriter<LabelImage> {
  readonly #path: string;
  #pages: TiffStackPage[] = [];
  #wide = false;

  /** A file that will be at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the next image. */
  // deno-lint-ignore require-await -- as of every page writer
  async add(labels: LabelImage): Promise<void> {
    if (!this.#wide && needsWideIds(labels)) {
      this.#wide = true;
      this.#pages = this.#pages.map(widenPage);
    }
    this.#pages.push(compressPage(labelPage(labels, { wide: this.#wide })));
  }

  /**
   * Writes the file.
   *
   * @throws {RangeError} If sizes differ or the file would pass 4 GiB.
   * @throws {Error} If it cannot be written.
   */
  async commit(): Promise<void> {
    await using file = await AtomicFile.create(this.#path);
    const layout = new TiffStackLayout(this.#pages.length);
    for (const page of this.#pages) await file.write(layout.add(page));
    await file.write(layout.end());
    await file.commit();
  }

  /** Nothing is on the disk before the end. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Probability maps on their way into one file of 32-bit floats, each written as it comes. */
export class MapFile implements PageWriter<Plane> {
  readonly #path: string;
  readonly #layout: TiffStackLayout;
  #file: AtomicFile | null = null;

  /** A file of so many pages that will be at `path`. */
  constructor(path: string, { pages }: { pages: number }) {
    this.#path = path;
    this.#layout = new TiffStackLayout(pages);
  }

  /**
   * Writes the next map.
   *
   * @throws {RangeError} If sizes differ or the file would pass 4 GiB.
   * @throws {Error} If it cannot be written.
   */
  async add(map: Plane): Promise<void> {
    const file = this.#file ??= await AtomicFile.create(this.#path);
    await file.write(this.#layout.add(compressPage(map)));
  }

  /**
   * Ends the file.
   *
   * @throws {Error} If it cannot be written.
   */
  async commit(): Promise<void> {
    await this.#file!.write(this.#layout.end());
    await this.#file!.commit();
  }

  /** Removes what was written unless it was ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
  }
}
