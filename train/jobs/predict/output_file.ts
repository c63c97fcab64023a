/**
 * The output files of a prediction, written page by page: a stack of any length needs the memory of
 * its compressed labels only. A page is what there is of one frame.
 *
 * @module
 */

import { AtomicFile } from "../disk/files.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import {
  compressPage,
  concatenate,
  labelPage,
  needsWideIds,
  TiffStackLayout,
  type TiffStackPage,
  widenPage,
} from "../../images/formats/tiff_stack.ts";
import { outlineFeature } from "../../objects/formats/geojson.ts";
import { roiEntries } from "../../objects/formats/imagej_roi.ts";
import type { Outline } from "../../objects/outline.ts";
import { ZipLayout } from "../../objects/formats/zip.ts";

/** What there is to write of a frame. */
export interface FrameResult {
  /** Its objects. */
  readonly labels: LabelImage;
  /** Its probability map, if there is a file for it. */
  readonly map: Plane | null;
  /** Its objects' outlines, if there is a file for them. */
  readonly outlines: readonly Outline[] | null;
}

/** A file under way: it takes one frame after the other and is there when it is complete. */
export interface PageWriter extends AsyncDisposable {
  /** Takes the next frame. */
  add(frame: FrameResult): Promise<void>;
  /** Writes what is left and gives the file its name. */
  commit(): Promise<void>;
}

/**
 * Label images on their way into one file of 16 bits, or of 32 where an id needs them. Which it is
 * is known at the end only, so the pages wait in memory, compressed.
 */
export class LabelFile implements PageWriter {
  readonly #path: string;
  #pages: TiffStackPage[] = [];
  #wide = false;

  /** A file that will be at `path`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the labels of the next frame. */
  add({ labels }: Pick<FrameResult, "labels">): Promise<void> {
    if (!this.#wide && needsWideIds(labels)) {
      this.#wide = true;
      this.#pages = this.#pages.map(widenPage);
    }
    this.#pages.push(compressPage(labelPage(labels, { wide: this.#wide })));
    return Promise.resolve();
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

/** Makes the bytes of a file out of its frames, to be written one after the other. */
export interface PageLayout {
  /** The bytes that come next, of a frame. */
  add(frame: FrameResult): Uint8Array;
  /** The last bytes. */
  end(): Uint8Array;
}

/** A file whose frames are written as they come. */
export class StreamedFile implements PageWriter {
  readonly #path: string;
  readonly #layout: PageLayout;
  #file: AtomicFile | null = null;

  /** A file that will be at `path`. */
  constructor(path: string, layout: PageLayout) {
    this.#path = path;
    this.#layout = layout;
  }

  /**
   * Writes the next frame.
   *
   * @throws {RangeError} If the layout cannot hold it.
   * @throws {Error} If it cannot be written.
   */
  async add(frame: FrameResult): Promise<void> {
    const file = this.#file ??= await AtomicFile.create(this.#path);
    await file.write(this.#layout.add(frame));
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

/** Probability maps as a TIFF of 32-bit floats of so many pages. */
export function mapLayout({ pages }: { pages: number }): PageLayout {
  const layout = new TiffStackLayout(pages);
  return { add: ({ map }) => layout.add(compressPage(map!)), end: () => layout.end() };
}

/** Outlines as a zip archive of ImageJ's regions; those of several frames know their slice. */
export function roiLayout({ pages }: { pages: number }): PageLayout {
  const zip = new ZipLayout();
  let next = 0;
  return {
    add: ({ outlines }) => {
      const frame = pages > 1 ? next++ : null;
      return concatenate(roiEntries(outlines!, { frame }).map((entry) => zip.add(entry)));
    },
    end: () => zip.end(),
  };
}

/** Outlines as GeoJSON, one line for each. */
export function geoJsonLayout(): PageLayout {
  const encoder = new TextEncoder();
  const head = '{"type":"FeatureCollection","features":[\n';
  let frame = 0;
  let count = 0;
  return {
    add: ({ outlines }) => {
      const lines = outlines!.map((outline) =>
        (count++ === 0 ? head : ",\n") + JSON.stringify(outlineFeature(outline, { frame }))
      );
      frame++;
      return encoder.encode(lines.join(""));
    },
    end: () => encoder.encode(`${count === 0 ? head : "\n"}]}\n`),
  };
}
