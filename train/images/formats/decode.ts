/**
 * Image files to pixels: opens files of any listed format and gives their pages as grey planes or as label
 * images. Nothing is guessed and nothing half-read: what cannot be decoded exactly is an error with
 * the file's name and the remedy, and what was changed on the way is said in `notes`.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { type Bytes, unreadable } from "../bytes.ts";
import { IGNORED_LABEL, type LabelImage, type Plane } from "../image.ts";
import { fileSource, heldSource, type Source } from "../source.ts";
import { basename, dirname, join } from "../paths.ts";
import {
  checkPage,
  type FolderFiles,
  type ImageFormat,
  type ImageMeasures,
  type ImageStack,
  type Neighbours,
  type PixelArray,
} from "./format.ts";
import { folderFormatOf, formatsOf, namesOf } from "./list.ts";
import { HEAD_BYTES, refusalOf } from "./refused/kinds.ts";

/** Luminance of linear RGB (ITU-R BT.709), as in scikit-image's `rgb2gray`. */
const luminance = [0.2125, 0.7154, 0.0721] as const;

/**
 * What {@linkcode decodeImage} may be told of bytes.
 *
 * @category Formats
 */
export interface DecodeImageOptions {
  /** The file's name, for errors; that of a `File` unless told, else `image`. */
  readonly name?: string;
  /** The formats that it may have; those of `imageFormats` unless told. */
  readonly formats?: readonly ImageFormat[];
}

/**
 * Opens an image of a page or in memory: a `File`, a `Blob` or bytes. Its content decides on its format,
 * not its name.
 *
 * A TIFF's pages are decoded when they are asked for, and a `Blob` is read piece by piece, so a stack of
 * any length takes little memory.
 *
 * @throws {SyntaxError} If it is in none of the formats, is damaged, or is of a kind that is not read.
 *
 * @example
 * ```ts
 * import { decodeImage, encodeLabelTiff, readLabels } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(0, 7) }]);
 * const { data } = await readLabels(await decodeImage(bytes), 0);
 * assertEquals([...data], [0, 7]);
 * ```
 *
 * @category Formats
 */
export async function decodeImage(
  image: Uint8Array | Blob,
  options?: DecodeImageOptions,
): Promise<ImageStack>;
/**
 * Opens an image file of a source. A TIFF's pages are decoded when they are asked for, so a stack of any
 * length takes little memory.
 *
 * @param path A file in one of the source's formats; its content decides which, not its name.
 * @throws {SyntaxError} If it is in none of them, is damaged, or is of a kind that is not read.
 * @throws {Error} If there is no such file.
 * @throws {TypeError} If it is a folder.
 *
 * @example
 * ```ts ignore
 * const stack = await decodeImage(disk, "video.tif");
 * const frame = await readPlane(stack, 0);
 * ```
 *
 * @category Formats
 */
export async function decodeImage(source: Source, path: string): Promise<ImageStack>;
export async function decodeImage(
  from: Source | Uint8Array | Blob,
  what: string | DecodeImageOptions = {},
): Promise<ImageStack> {
  if (from instanceof Uint8Array || from instanceof Blob) {
    const { source, path } = sourceOf(from, what as DecodeImageOptions);
    return await openImage(source, path);
  }
  return await openImage(from, what as string);
}

/** A source that holds one image alone. */
function sourceOf(
  image: Uint8Array | Blob,
  { formats, name: given }: DecodeImageOptions,
): { source: Source; path: string } {
  const own = "name" in image ? String(image.name) : "image";
  // A name is no path: slashes in it are no folders.
  const path = basename(given ?? own) || "image";
  const source = image instanceof Uint8Array
    ? heldSource(new Map([[path, image]]))
    : fileSource([new File([image], path)]);
  return { source: { ...source, formats }, path };
}

async function openImage(source: Source, path: string): Promise<ImageStack> {
  const inFolder = folderFormatOf(path, formatsOf(source))?.folder;
  if (inFolder) return elsewhere(source, path, await inFolder.open(filesIn(source, path)));
  using bytes = await source.open(path);
  const format = await formatOf(source, bytes);
  const stack = await format.open(bytes, () => source.open(path), neighboursOf(source, path));
  // What has been decoded by now need not be decoded by somebody else.
  return format.measure ? stack : elsewhere(source, path, stack);
}

/** The same image, whose pages come from whoever decodes them for its source. */
function elsewhere({ pages }: Source, path: string, stack: ImageStack): ImageStack {
  if (pages === undefined) return stack;
  const { length, width, height, samples, bits } = stack;
  const bytes = width * height * samples * Math.ceil(bits / 8);
  return {
    ...stack,
    page: async (index) => {
      checkPage(index, { path, length });
      return await pages({ path, index, length, bytes }, () => stack.page(index));
    },
  };
}

/**
 * Sizes of an image file, with as little reading as its format allows: pixels may still be damaged.
 *
 * @throws As {@linkcode decodeImage}.
 */
export async function measureImage(source: Source, path: string): Promise<ImageMeasures> {
  if (folderFormatOf(path, formatsOf(source))) return await openImage(source, path);
  using bytes = await source.open(path);
  const format = await formatOf(source, bytes);
  if (format.measure) return await format.measure(bytes);
  return await format.open(bytes, () => source.open(path), neighboursOf(source, path));
}

/**
 * Sizes of an image file whose format tells them without decoding its only page; null for all others, which
 * are opened without decoding anything.
 *
 * @throws As {@linkcode decodeImage}.
 */
export async function measureSingle(source: Source, path: string): Promise<ImageMeasures | null> {
  if (folderFormatOf(path, formatsOf(source))) return null;
  using bytes = await source.open(path);
  const format = await formatOf(source, bytes);
  return await format.measure?.(bytes) ?? null;
}

/** Whether a file is in a format of the source by its first bytes. */
export async function isImage(source: Source, path: string): Promise<boolean> {
  if (folderFormatOf(path, formatsOf(source))) return true;
  using bytes = await source.open(path);
  const head = await bytes.read(0, Math.min(8, bytes.size));
  return formatsOf(source).some((format) => format.matches(head));
}

async function formatOf(source: Source, bytes: Bytes): Promise<ImageFormat> {
  const { path } = bytes;
  if (bytes.size === 0) throw unreadable(path, "it is empty", "copy it again from its source");
  const head = await bytes.read(0, Math.min(8, bytes.size));
  const formats = formatsOf(source);
  const format = formats.find((format) => format.matches(head));
  if (format !== undefined) return format;
  const start = JSON.stringify(String.fromCharCode(...head));
  const whole = await bytes.read(0, Math.min(HEAD_BYTES, bytes.size));
  const known = refusalOf(whole, basename(path));
  if (known !== null) throw unreadable(path, known.what, known.remedy);
  const kind = `it is ${namesOf(formats, { negated: true })} (it starts with ${start})`;
  throw unreadable(path, kind, `save the original image as ${namesOf(formats)}`);
}

/** The files in a folder that is an image. */
function filesIn(source: Source, path: string): FolderFiles {
  const above = dirname(path);
  const isInside = folderFormatOf(above, formatsOf(source)) !== undefined;
  return {
    ...{ path, level: source.level },
    read: async (name) => {
      try {
        using bytes = await source.open(join(path, name));
        return await bytes.read(0, bytes.size);
      } catch (error) {
        if (["NotFound", "NotFoundError"].includes((error as Error).name)) return null;
        throw error;
      }
    },
    parent: () => isInside ? { files: filesIn(source, above), name: basename(path) } : undefined,
  };
}

/** The files beside a file. */
function neighboursOf(source: Source, path: string): Neighbours {
  const folder = dirname(path);
  return {
    names: async () => (await source.list(folder)).files,
    open: async (name) => await source.open(join(folder, basename(name))),
  };
}

/**
 * One page as grey intensities, in the units of the file. RGB becomes luminance
 * (0.2125 R + 0.7154 G + 0.0721 B); transparency is left out.
 *
 * @throws {SyntaxError} If the page is damaged or holds NaN or infinite pixels.
 * @category Formats
 */
export async function readPlane(stack: ImageStack, page: number): Promise<Plane> {
  return greyPlane(stack, { pixels: await stack.page(page), rows: stack.height, page });
}

/**
 * Some rows of a page as {@linkcode readPlane} gives them; null where the file's pages are decoded as a whole.
 *
 * @param range The first row, and the row after the last one.
 */
export function planeRowsReader(
  stack: ImageStack,
): ((page: number, range: { from: number; to: number }) => Promise<Plane>) | null {
  const { rows } = stack;
  if (rows === undefined) return null;
  return async (page, range) =>
    greyPlane(stack, { pixels: await rows(page, range), rows: range.to - range.from, page });
}

/** Samples of some rows as grey intensities. */
function greyPlane(
  stack: ImageStack,
  { pixels, rows: height, page }: { pixels: PixelArray; rows: number; page: number },
): Plane {
  const { width, samples, rgb, palette, path } = stack;
  const data = new Float32Array(width * height);
  if (samples === 1 && palette === null) data.set(pixels);
  else {
    for (let i = 0; i < data.length; i++) {
      const at = i * samples;
      if (rgb) data[i] = grey(pixels[at], pixels[at + 1], pixels[at + 2]);
      else if (palette !== null) data[i] = grey(...colourOf(stack, pixels[i]));
      else data[i] = pixels[at];
    }
  }
  if (stack.sampleFormat === "float") {
    const bad = data.reduce((count, value) => (Number.isFinite(value) ? count : count + 1), 0);
    if (bad > 0) {
      const what = `${bad} of ${counted(data.length, "pixel")} on page ${page + 1} ${
        wordFor(bad, "is", "are")
      } NaN or infinite`;
      throw unreadable(path, what, "replace them by numbers (0, say) and save it again");
    }
  }
  return { width, height, data };
}

/** Luminance; exactly the grey value where all three are equal. */
function grey(r: number, g: number, b: number): number {
  return r === g && g === b ? r : luminance[0] * r + luminance[1] * g + luminance[2] * b;
}

/** The colour of a palette index. */
function colourOf({ palette, path }: ImageStack, index: number): [number, number, number] {
  const colour = palette?.[index];
  if (colour === undefined) {
    const what = `a pixel has colour ${index} of a palette with ${palette?.length ?? 0}`;
    throw unreadable(path, what, "copy it again from its source");
  }
  return [colour[0], colour[1], colour[2]];
}

/**
 * Options of {@linkcode readLabels}.
 *
 * @category Formats
 */
export interface ReadLabelsOptions {
  /**
   * Pixels that hold this number, which may be negative, become {@linkcode IGNORED_LABEL}; 0, the default,
   * for none.
   */
  readonly ignoreLabel?: number;
}

/**
 * One page as object ids, exactly as stored: nothing is scaled or rounded. A grey RGB mask gives
 * its grey value, a palette of greys the grey, any other palette whose first colour is black the
 * palette index.
 *
 * @throws {SyntaxError} If the page is damaged, coloured, or holds numbers that are no ids
 * (negative, fractional, NaN or above 4,294,967,294).
 *
 * @category Formats
 */
export async function readLabels(
  stack: ImageStack,
  page: number,
  { ignoreLabel = 0 }: ReadLabelsOptions = {},
): Promise<LabelImage> {
  const { width, height, path } = stack;
  const pixels = await stack.page(page);
  const plain = plainIds(stack, { pixels, ignoreLabel });
  if (plain !== null) return { width, height, data: plain };
  const idOf = idReader(stack, pixels);
  const largest = largestExact(stack);
  const data = new Uint32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const id = idOf(i);
    if (id > largest) {
      const what =
        `pixel (${i % width}, ${Math.floor(i / width)}) of page ${page + 1} is ${id}, and ` +
        `floats of ${stack.bits} bits do not tell ids above ${largest} apart`;
      throw unreadable(path, what, "save masks as whole numbers");
    }
    if (id === ignoreLabel && id !== 0) {
      data[i] = IGNORED_LABEL;
      continue;
    }
    data[i] = id;
    if (data[i] !== id || id === IGNORED_LABEL) {
      const what = `pixel (${i % width}, ${Math.floor(i / width)}) of page ${page + 1} is ${id}, ` +
        "which is no object id";
      const isMark = id < 0 || id === IGNORED_LABEL;
      const remedy = `save masks as whole numbers, 0 for background${
        isMark ? `, or have train and evaluate leave such pixels out with --ignore-label=${id}` : ""
      }`;
      throw unreadable(path, what, remedy);
    }
  }
  return { width, height, data };
}

/** Whole numbers of 8 or 16 bits without a sign, which are all ids; null for other pixels. */
function plainIds(
  { samples, rgb, palette }: ImageStack,
  { pixels, ignoreLabel }: { pixels: PixelArray; ignoreLabel: number },
): Uint32Array<ArrayBuffer> | null {
  const isPlain = samples === 1 && !rgb && palette === null &&
    (pixels instanceof Uint8Array || pixels instanceof Uint16Array);
  if (!isPlain) return null;
  const data = new Uint32Array(pixels as Uint16Array);
  if (ignoreLabel === 0) return data;
  for (let i = 0; i < data.length; i++) if (data[i] === ignoreLabel) data[i] = IGNORED_LABEL;
  return data;
}

/** The id up to which numbers of a file's kind tell all ids apart. */
function largestExact({ sampleFormat, bits }: ImageStack): number {
  if (sampleFormat !== "float") return Infinity;
  return bits === 16 ? 2 ** 11 : bits === 32 ? 2 ** 24 : 2 ** 53;
}

/** How the id of pixel i is found, by the kind of file. */
function idReader(stack: ImageStack, pixels: PixelArray): (i: number) => number {
  const { samples, rgb, palette, path } = stack;
  const coloured = () =>
    unreadable(path, "it is coloured, so it has no object ids", "save masks as 8- or 16-bit grey");
  if (palette !== null) {
    const grey = palette.every(([r, g, b]) => r === g && g === b);
    if (grey) return (i) => colourOf(stack, pixels[i])[0];
    if (palette[0].some((value, k) => k < 3 && value !== 0)) throw coloured();
    return (i) => pixels[i];
  }
  if (!rgb) return (i) => pixels[i * samples];
  return (i) => {
    const at = i * samples;
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) throw coloured();
    return pixels[at];
  };
}
