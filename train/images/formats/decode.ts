/**
 * Image files to pixels: opens PNG and TIFF files and gives their pages as grey planes or as label
 * images. Nothing is guessed and nothing half-read: what cannot be decoded exactly is an error with
 * the file's name and the remedy, and what was changed on the way is said in `notes`.
 *
 * @module
 */

import { type Bytes, unreadable } from "../bytes.ts";
import type { LabelImage, Plane } from "../image.ts";
import type { Source } from "../source.ts";
import { isPng, readPng } from "./png_decode.ts";
import { imageJCount, type StackAxes, stackAxes } from "./tiff_axes.ts";
import { readTiffDirectories, type SampleFormat, type TiffFile } from "./tiff_directory.ts";
import { type PixelArray, readTiffPixels } from "./tiff_pixels.ts";
import { isTiff } from "./tiff_tags.ts";

export type { SampleFormat } from "./tiff_directory.ts";
export type { PixelArray } from "./tiff_pixels.ts";

/** An opened image file: one page for a PNG, one or many for a TIFF. */
export interface ImageStack {
  /** The file's path. */
  readonly path: string;
  /** Width of every page in pixels. */
  readonly width: number;
  /** Height of every page in pixels. */
  readonly height: number;
  /** Number of pages. */
  readonly length: number;
  /** Frames in time, slices in depth and channels. */
  readonly axes: { readonly t: number; readonly z: number; readonly c: number };
  /** Page of frame t, slice z, channel c at `(t * axes.z + z) * axes.c + c`. */
  readonly order: readonly number[];
  /** Bits of one sample in the file. */
  readonly bits: number;
  /** Kind of number in the file. */
  readonly sampleFormat: SampleFormat;
  /** Samples per pixel in {@linkcode ImageStack.page}: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly samples: number;
  /** True if the first three samples are red, green and blue. */
  readonly rgb: boolean;
  /** The colours (R, G, B, 0 to 255) that the numbers stand for, or `null`. */
  readonly palette: readonly (readonly number[])[] | null;
  /** What a user should know about how the file is read, such as a conversion to grey. */
  readonly notes: readonly string[];
  /** Decodes one page: `height * width * samples` numbers in the file's own type. */
  readonly page: (index: number) => Promise<PixelArray>;
}

/** Luminance of linear RGB (ITU-R BT.709), as in scikit-image's `rgb2gray`. */
const luminance = [0.2125, 0.7154, 0.0721] as const;

/**
 * Opens an image file. A TIFF's pages are decoded when they are asked for, so a stack of any length
 * takes little memory.
 *
 * @param path A PNG or TIFF file; its content decides which, not its name.
 * @throws {SyntaxError} If it is neither, is damaged, or is of a kind that is not read.
 * @throws {Error} If there is no such file.
 * @throws {TypeError} If it is a folder.
 *
 * @example
 * ```ts ignore
 * const stack = await decodeImage(disk, "video.tif");
 * const frame = await readPlane(stack, 0);
 * ```
 */
export async function decodeImage(source: Source, path: string): Promise<ImageStack> {
  using bytes = await source.open(path);
  if (bytes.size === 0) throw unreadable(path, "it is empty", "copy it again from its source");
  const head = await bytes.read(0, Math.min(8, bytes.size));
  if (isPng(head)) return await openPng(bytes);
  if (isTiff(head)) return await openTiff(bytes, () => source.open(path));
  const start = JSON.stringify(String.fromCharCode(...head));
  const kind = head[0] === 0xff && head[1] === 0xd8
    ? "it is a JPEG, which loses detail"
    : `it is neither PNG nor TIFF (it starts with ${start})`;
  throw unreadable(path, kind, "save the original image as PNG or TIFF");
}

async function openPng(bytes: Bytes): Promise<ImageStack> {
  const { data, ...png } = await readPng(bytes);
  const rgb = png.samples >= 3;
  return {
    path: bytes.path,
    ...png,
    length: 1,
    axes: { t: 1, z: 1, c: 1 },
    order: [0],
    sampleFormat: "uint",
    rgb,
    notes: colourNotes({ ...png, rgb }),
    page: (index) =>
      Promise.try(() => {
        checkPage(index, bytes.path, 1);
        return data;
      }),
  };
}

async function openTiff(bytes: Bytes, reopen: () => Promise<Bytes>): Promise<ImageStack> {
  const { path } = bytes;
  const file = contiguousPages(await readTiffDirectories(bytes), bytes.size);
  const { first } = file;
  const rgb = first.photometric === 2 && first.samples >= 3;
  const notes = colourNotes({ samples: first.samples, rgb, palette: null });
  if (file.skipped > 0) notes.push(`${file.skipped} thumbnails or masks in the file are left out`);
  if (first.photometric === 0) notes.push("white is stored as 0; values are kept as stored");
  if (first.photometric === 3) notes.push("the colour table is for display only and is left out");
  const { order, ...axes } = axesOf(path, {
    description: file.description,
    pages: file.length,
    samples: first.samples,
  });
  return {
    path,
    width: first.width,
    height: first.height,
    length: file.length,
    axes,
    order,
    bits: first.bits,
    sampleFormat: first.format,
    samples: first.samples,
    rgb,
    palette: null,
    notes,
    page: async (index) => {
      checkPage(index, path, file.length);
      using again = await reopen();
      return await readTiffPixels(again, await file.page(again, index));
    },
  };
}

/** What is said about colour. */
function colourNotes(
  { samples, rgb, palette }: Pick<ImageStack, "samples" | "rgb" | "palette">,
): string[] {
  if (rgb) return ["RGB converted to grey"];
  if (palette !== null) return ["palette colours converted to grey"];
  return samples > 1 ? [`the first of ${samples} samples per pixel is used`] : [];
}

function checkPage(index: number, path: string, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new RangeError(`Cannot read page ${index} of ${path}: it has pages 0 to ${length - 1}`);
}

/**
 * ImageJ writes stacks over 4 GiB with the directory of the first page only; the pixels of all
 * pages follow each other, uncompressed.
 */
function contiguousPages(file: TiffFile, fileSize: number): TiffFile {
  const { first } = file;
  const length = imageJCount(file.description);
  const step = first.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const fits = first.chunks[0].offset + length * step <= fileSize;
  if (file.length > 1 || first.compression !== 1 || first.tiled || !fits) return file;
  return {
    ...file,
    length,
    page: (_, i) =>
      Promise.resolve({
        ...first,
        chunks: first.chunks.map(({ offset, bytes }) => ({ offset: offset + i * step, bytes })),
      }),
  };
}

function axesOf(
  path: string,
  { description, ...stack }: { description: string; pages: number; samples: number },
): StackAxes {
  try {
    return stackAxes(description, stack);
  } catch (error) {
    throw unreadable(path, (error as Error).message, "export the whole stack into one file again");
  }
}

/**
 * One page as grey intensities, in the units of the file. RGB becomes luminance
 * (0.2125 R + 0.7154 G + 0.0721 B); transparency is left out.
 *
 * @throws {SyntaxError} If the page is damaged or holds NaN or infinite pixels.
 */
export async function readPlane(stack: ImageStack, page: number): Promise<Plane> {
  const { width, height, samples, rgb, palette, path } = stack;
  const pixels = await stack.page(page);
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
      const what = `${bad} of ${data.length} pixels on page ${page + 1} are NaN or infinite`;
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
 * One page as object ids, exactly as stored: nothing is scaled or rounded. A grey RGB mask gives
 * its grey value, a palette of greys the grey, any other palette whose first colour is black the
 * palette index.
 *
 * @throws {SyntaxError} If the page is damaged, coloured, or holds numbers that are no ids
 * (negative, fractional, NaN or above 4,294,967,295).
 */
export async function readLabels(stack: ImageStack, page: number): Promise<LabelImage> {
  const { width, height, path } = stack;
  const pixels = await stack.page(page);
  const idOf = idReader(stack, pixels);
  const data = new Uint32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const id = idOf(i);
    data[i] = id;
    if (data[i] !== id) {
      const what = `pixel (${i % width}, ${Math.floor(i / width)}) of page ${page + 1} is ${id}, ` +
        "which is no object id";
      throw unreadable(path, what, "save masks as whole numbers, 0 for background");
    }
  }
  return { width, height, data };
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
