/**
 * A format of image files, and what an opened file gives.
 *
 * @module
 */

import type { Bytes } from "../bytes.ts";
import type { Calibration } from "../image.ts";

/**
 * How the numbers of an image are to be understood.
 *
 * @category Formats
 */
export type SampleFormat = "uint" | "int" | "float";

/**
 * Pixels in the number type of their file.
 *
 * @category Formats
 */
export type PixelArray =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/**
 * Sizes of an image file, and what its numbers are.
 *
 * @category Formats
 */
export interface ImageMeasures {
  /** Width of every page in pixels. */
  readonly width: number;
  /** Height of every page in pixels. */
  readonly height: number;
  /** Frames in time, slices in depth and channels. */
  readonly axes: { readonly t: number; readonly z: number; readonly c: number };
  /** Bits of one sample in the file. */
  readonly bits: number;
  /** Kind of number in the file. */
  readonly sampleFormat: SampleFormat;
  /** What a user should know about how the file is read, such as a conversion to grey. */
  readonly notes: readonly string[];
}

/**
 * An opened image file: one page or many, as its format has it.
 *
 * @category Formats
 */
export interface ImageStack extends ImageMeasures {
  /** The file's path. */
  readonly path: string;
  /** Number of pages. */
  readonly length: number;
  /** Page of frame t, slice z, channel c at `(t * axes.z + z) * axes.c + c`. */
  readonly order: readonly number[];
  /** How large a pixel is, where the file says it. */
  readonly calibration?: Calibration;
  /** Names of the channels, where the file has any. */
  readonly channelNames?: readonly string[];
  /** Where the pages lie in several files of one folder: the name of the file of each page. */
  readonly files?: readonly string[];
  /** Samples per pixel in {@linkcode ImageStack.page}: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly samples: number;
  /** True if the first three samples are red, green and blue. */
  readonly rgb: boolean;
  /** The colours (R, G, B, 0 to 255) that the numbers stand for, or `null`. */
  readonly palette: readonly (readonly number[])[] | null;
  /** Decodes one page: `height * width * samples` numbers in the file's own type. */
  readonly page: (index: number) => Promise<PixelArray>;
  /**
   * Decodes some rows of a page, from one up to but without another, and as little else as the file allows;
   * left out where a page is decoded as a whole.
   */
  readonly rows?: (
    index: number,
    range: { readonly from: number; readonly to: number },
  ) => Promise<PixelArray>;
}

/**
 * The files in the folder of a file: some formats spread one data set over several.
 *
 * @category Formats
 */
export interface Neighbours {
  /** Their names, the file's own among them. */
  names(): Promise<readonly string[]>;
  /**
   * Opens one of them.
   *
   * @throws {Error} If there is no such file.
   */
  open(name: string): Promise<Bytes>;
}

/**
 * A folder that is an image.
 *
 * @category Formats
 */
export interface FolderFiles {
  /** Its path. */
  readonly path: string;
  /** Which of several resolutions is wanted, from 0, the finest; that unless told. */
  readonly level?: number;
  /** A file in it by its path there; null if there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The folder above it, if that belongs to the same image, and its name there. */
  parent?(): { readonly files: FolderFiles; readonly name: string } | undefined;
}

/**
 * A format of image files. Another one is a record like this in a list: in `formats/list.ts` for
 * everybody, or in the `formats` of a `Source` for those who read from it.
 *
 * @category Formats
 */
export interface ImageFormat {
  /** Its name in messages, such as `PNG`. */
  readonly name: string;
  /** How its files' names end, in lower case and without the dot; only those are seen in folders. */
  readonly extensions: readonly string[];
  /** False where nobody is advised to save images so: it is left out of the names of formats. */
  readonly isAdvised?: boolean;
  /** Whether a file that starts with these bytes (up to 8) is one. */
  matches(firstBytes: Uint8Array): boolean;
  /** For formats whose images are folders. */
  readonly folder?: {
    /** Whether a folder is one by its path. */
    matches(path: string): boolean;
    /** Opens one, as {@linkcode ImageFormat.open} does. */
    open(files: FolderFiles): Promise<ImageStack>;
  };
  /**
   * What is known of a file's only page without decoding it; left out where opening decodes nothing, too.
   *
   * @throws {SyntaxError} If it does not say.
   */
  measure?(bytes: Bytes): Promise<ImageMeasures>;
  /**
   * Opens a file.
   *
   * @param bytes The file; it is closed once it has been opened as an image.
   * @param reopen Opens it again, for pages that are decoded when they are asked for.
   * @param neighbours The files beside it.
   * @throws {SyntaxError} If it is damaged, or of a kind that is not read.
   */
  open(
    bytes: Bytes,
    reopen: () => Promise<Bytes>,
    neighbours: Neighbours,
  ): Promise<ImageStack>;
}

/** Images up to this many samples are read however few bytes they are: 256 MiB as floats. */
const UNEXPLAINED = 2 ** 26;
/** What a byte of a file may become in memory: twice what deflate makes of it, as 16 bits become 32. */
const MOST_GROWTH = 2 * 1032;

/** Whether a file's bytes explain the memory that its samples will take as 32-bit floats. */
export function isExplained({ samples, bytes }: { samples: number; bytes: number }): boolean {
  return samples <= UNEXPLAINED || 4 * samples <= MOST_GROWTH * bytes;
}

/**
 * Refuses a page that is not there.
 *
 * @throws {RangeError} If so.
 */
export function checkPage(index: number, { path, length }: { path: string; length: number }): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new RangeError(`Cannot read page ${index} of ${path}: it has pages 0 to ${length - 1}`);
}

/** What is said about colour. */
export function colourNotes(
  { samples, rgb, palette }: Pick<ImageStack, "samples" | "rgb" | "palette">,
): string[] {
  if (rgb) return ["RGB converted to grey"];
  if (palette !== null) return ["palette colours converted to grey"];
  return samples > 1 ? [`the first of ${samples} samples per pixel is used`] : [];
}

/** A picture in colour with red, green and blue as its channels; any other stack as it is. */
export function coloursAsChannels(stack: ImageStack): ImageStack {
  const { samples, axes, length, order, files } = stack;
  if (!stack.rgb || axes.c !== 1) return stack;
  const threeOf = (page: number) => [3 * page, 3 * page + 1, 3 * page + 2];
  const converted = colourNotes(stack);
  return {
    ...stack,
    axes: { ...axes, c: 3 },
    rows: undefined,
    ...{ length: 3 * length, samples: 1, rgb: false, channelNames: ["red", "green", "blue"] },
    order: order.flatMap(threeOf),
    ...files && { files: files.flatMap((name) => [name, name, name]) },
    notes: stack.notes.filter((note) => !converted.includes(note)),
    page: async (index) => {
      checkPage(index, { path: stack.path, length: 3 * length });
      const all = await stack.page(Math.floor(index / 3));
      const one = all.slice(0, all.length / samples);
      for (let i = 0; i < one.length; i++) one[i] = all[samples * i + index % 3];
      return one;
    },
  };
}
