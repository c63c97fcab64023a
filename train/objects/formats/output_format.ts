/**
 * The record of a format in which results are written: how it is asked for, what its files are called,
 * and how frames become bytes. Nothing here knows of a disk.
 *
 * @module
 */

import type { TiffStackPage } from "../../images/formats/tiff_stack.ts";
import type { Calibration, LabelImage, Plane } from "../../images/image.ts";
import type { Outline } from "../outline.ts";

/**
 * What there is to write of a frame.
 *
 * @category Output formats
 */
export interface FrameResult {
  /** Its objects. */
  readonly labels: LabelImage;
  /** The same as a page of a TIFF, of 16 bits or 32 as its ids need, where somebody compressed it before. */
  readonly compressed?: TiffStackPage;
  /** Its probability map, where a format needs it. */
  readonly map?: Plane | null;
  /** What was proposed and not kept, where a format needs it. */
  readonly doubtful?: LabelImage | null;
  /** Its objects' outlines, where a format needs them. */
  readonly outlines?: readonly Outline[] | null;
  /** The slice in depth and the time point, from 0, of the image it is from, where those are known. */
  readonly plane?: { readonly z: number; readonly t: number };
}

/**
 * What a format may need of a frame besides its labels.
 *
 * @category Output formats
 */
export type FrameNeed = "map" | "doubtful" | "outlines";

/**
 * What has been written of a file.
 *
 * @category Output formats
 */
export interface Written {
  /** Gives bytes that were written. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Makes the bytes of one file out of its frames, to be written one after the other.
 *
 * @category Output formats
 */
export interface OutputLayout {
  /**
   * Lays out anew what was written, where the next frame cannot follow it: an id may need more bits than
   * all before. Formats that can always go on have no such method.
   *
   * @returns Bytes that take the place of all that was written; null if the frame can follow.
   */
  anew?(frame: FrameResult, written: Written): AsyncIterable<Uint8Array> | null;
  /**
   * Takes the next frame.
   *
   * @returns The bytes that come next; none while they cannot be known.
   * @throws {RangeError} If the file cannot hold the frame.
   */
  add(frame: FrameResult): Uint8Array;
  /** Gives the last bytes, part by part. */
  end(): Iterable<Uint8Array>;
}

/**
 * Makes the bytes of a file of one frame whose rows come in pieces.
 *
 * @category Output formats
 */
export interface RowsLayout {
  /** The first bytes. */
  begin(): Uint8Array;
  /** Takes the next rows, from top to bottom: labels, or what the format needs instead. */
  add(rows: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Uint8Array;
  /** The last bytes, and those that take the place of the first ones. */
  end(): { readonly last: Uint8Array; readonly first: Uint8Array };
}

/**
 * What a frame is whose rows come in pieces.
 *
 * @category Output formats
 */
export interface RowFileOptions {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The largest id. */
  readonly largest: number;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
}

/**
 * What the frames of a file are.
 *
 * @category Output formats
 */
export interface FileOptions {
  /** How many frames. */
  readonly pages: number;
  /** The number of the first one in the whole that the file is a part of; 0 unless told. */
  readonly first?: number;
  /** How many frames the whole has; as many as the file unless told. */
  readonly whole?: number;
  /** Whether they are frames in time (unless told) or slices in depth. */
  readonly axis?: "frames" | "slices";
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
}

/**
 * An image whose results are to be written.
 *
 * @category Output formats
 */
export interface ImageSize {
  /** What to call it in errors. */
  readonly path: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/**
 * A format of results.
 *
 * @example The areas of objects, one line for each frame
 * ```ts
 * import type { OutputFormat } from "@kymo/kymo/objects";
 * import { objectsOf } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const areas: OutputFormat = {
 *   flag: "areas",
 *   sentence: "Also write the areas of objects, NAME.txt",
 *   needs: [],
 *   file: (stem) => `${stem}.txt`,
 *   open: () => ({
 *     add: ({ labels }) => new TextEncoder().encode(`${objectsOf(labels).areas.join(" ")}\n`),
 *     end: () => [],
 *   }),
 * };
 * const labels = { width: 3, height: 1, data: Uint32Array.of(1, 1, 2) };
 * assertEquals(new TextDecoder().decode(areas.open({ pages: 1 }).add({ labels })), "2 1\n");
 * ```
 *
 * @category Output formats
 */
export interface OutputFormat {
  /** The flag that asks for it, without dashes; null for what is always written. */
  readonly flag: string | null;
  /** What it is, in one sentence for the help, without a final period. */
  readonly sentence: string;
  /** What a frame must bring. */
  readonly needs: readonly FrameNeed[];
  /** The file's name, which may begin with a subfolder; `stem` is that of all files of an input. */
  file(stem: string): string;
  /**
   * Refuses images whose results the format cannot hold, before anything is computed.
   *
   * @throws {RangeError} If so.
   */
  check?(image: ImageSize): void;
  /** Starts a file of so many frames. */
  open(options: FileOptions): OutputLayout;
  /** Starts a file of one frame that is not in memory as a whole; left out where it must be. */
  openRows?(options: RowFileOptions): RowsLayout;
  /**
   * Joins the files of parts of a video to that of the whole, for formats that cannot be written again
   * from labels and maps. The parts were opened with their `first` frame.
   *
   * @param parts The content of the files, in the order of time.
   */
  join?(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>;
}
