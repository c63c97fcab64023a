/**
 * TIFF and BigTIFF files as image stacks: their pages, and what the pages mean.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { type Bytes, unreadable } from "../bytes.ts";
import { basename } from "../paths.ts";
import {
  checkPage,
  colourNotes,
  type ImageFormat,
  type ImageStack,
  type Neighbours,
  type PixelArray,
} from "./format.ts";
import { stackLayout } from "./tiff/axes.ts";
import { calibrationOf } from "./tiff/calibration.ts";
import type { Compression } from "./tiff/compressions/compression.ts";
import { readTiffDirectories, type TiffFile } from "./tiff/directory.ts";
import { hasSampleChannels, imageJCount } from "./tiff/imagej.ts";
import type { PlanePlace, StackAxis, StackLayout } from "./tiff/layout.ts";
import { readTiffPixels, readTiffRows, type RowRange } from "./tiff/pixels.ts";
import type { TiffPage } from "./tiff/page.ts";
import { isTiff } from "./tiff/tags.ts";

/** TIFF: pages are decoded when they are asked for, so a file may be many times larger than memory. */
export const tiff: ImageFormat = tiffWith([]);

/** TIFF that is also read in some compressions of `tiff/compressions/`. */
export function tiffWith(compressions: readonly Compression[]): ImageFormat {
  return {
    name: "TIFF",
    extensions: ["tif", "tiff"],
    matches: isTiff,
    open: (bytes, reopen, neighbours) => openTiff(bytes, { reopen, neighbours, compressions }),
  };
}

async function openTiff(
  bytes: Bytes,
  { reopen, neighbours, compressions }: {
    reopen: () => Promise<Bytes>;
    neighbours: Neighbours;
    compressions: readonly Compression[];
  },
): Promise<ImageStack> {
  const { path } = bytes;
  const file = contiguousPages(await readTiffDirectories(bytes, compressions), bytes.size);
  const { first } = file;
  const calibration = calibrationOf(file.descriptions, file.resolution);
  const layout = await stackLayout(file.descriptions, {
    ...{ path, pages: file.length, samples: first.samples, labels: file.labels },
    neighbours: { names: neighbours.names, text: (name) => readText(neighbours, name) },
  });
  const inPixel = hasChannelsInPixel(file);
  const { sampleAxis } = layout;
  const rgb = !inPixel && sampleAxis === undefined && first.photometric === 2 &&
    first.samples >= 3;
  const channels = sampleAxis === undefined ? first.samples - first.alpha : first.samples;
  const split = !rgb && channels > 1 &&
    (inPixel || sampleAxis !== undefined || first.photometric === 1);
  const notes = split ? [] : colourNotes({ samples: first.samples, rgb, palette: null });
  notes.push(...file.notes);
  const loss = first.library?.loss ?? null;
  if (loss !== null) notes.push(loss);
  if (file.skipped > 0) notes.push(`${file.skipped} thumbnails or masks in the file are left out`);
  if (first.photometric === 0) notes.push("white is stored as 0; values are kept as stored");
  if (first.photometric === 3) notes.push("the colour table is for display only and is left out");
  const { planes, ...axes } = split ? samplesAsPlanes(layout, channels) : wholePages(layout);
  const isSet = layout.places.some((place) => place.file !== null);
  const files = new PageFiles({ file, reopen, neighbours, compressions });
  return {
    path,
    width: first.width,
    height: first.height,
    length: isSet || split ? planes.length : file.length,
    axes,
    order: isSet || split ? planes.map((_, i) => i) : planes.map(({ page }) => page),
    ...calibration && { calibration },
    ...layout.channelNames && { channelNames: layout.channelNames },
    ...isSet && { files: planes.map(({ file }) => file ?? basename(path)) },
    bits: first.bits,
    sampleFormat: first.format,
    samples: split ? 1 : first.samples,
    rgb,
    palette: null,
    notes: [...notes, ...layout.notes],
    page: (index) => pixelsOf(index),
    rows: (index, rows) => pixelsOf(index, rows),
  };

  async function pixelsOf(index: number, rows?: RowRange): Promise<PixelArray> {
    checkPage(index, { path, length: isSet || split ? planes.length : file.length });
    const place = isSet || split ? planes[index] : { file: null, page: index };
    const pixels = await files.pixels(place, rows);
    return split ? sampleOf(pixels, { sample: planes[index].sample, of: first.samples }) : pixels;
  }
}

function hasChannelsInPixel({ descriptions, first }: TiffFile): boolean {
  return descriptions.some((text) => hasSampleChannels(text, first.samples));
}

/** Where a plane of pixels is: a page, and which of its samples. */
interface SamplePlace extends PlanePlace {
  readonly sample: number;
}

interface Planes {
  readonly t: number;
  readonly z: number;
  readonly c: number;
  readonly planes: readonly SamplePlace[];
}

function wholePages({ t, z, c, places }: StackLayout): Planes {
  return { t, z, c, planes: places.map((place) => ({ ...place, sample: 0 })) };
}

/**
 * Samples of a pixel that are no colour are planes: channels beside those that are pages, unless the
 * description says that they lie along another axis.
 */
function samplesAsPlanes(layout: StackLayout, samples: number): Planes {
  const { t, z, c, places, sampleAxis = "C" } = layout;
  const count = (axis: StackAxis, size: number) => axis === sampleAxis ? size * samples : size;
  const sizes = { t: count("T", t), z: count("Z", z), c: count("C", c) };
  const inner = { T: z * c, Z: c, C: 1 }[sampleAxis];
  const planes = Array.from({ length: places.length * samples }, (_, i): SamplePlace => {
    const [outer, within] = [Math.floor(i / (inner * samples)), i % (inner * samples)];
    const place = places[outer * inner + within % inner];
    return { ...place, sample: Math.floor(within / inner) };
  });
  return { ...sizes, planes };
}

function sampleOf(
  pixels: PixelArray,
  { sample, of }: { sample: number; of: number },
): PixelArray {
  const plane = new (pixels.constructor as new (length: number) => PixelArray)(pixels.length / of);
  for (let i = 0; i < plane.length; i++) plane[i] = pixels[i * of + sample];
  return plane;
}

async function readText(neighbours: Neighbours, name: string): Promise<string> {
  using bytes = await neighbours.open(name);
  return new TextDecoder().decode(await bytes.read(0, bytes.size));
}

/** Files of a data set whose directories are kept at hand. */
const OPEN_FILES = 4;

/** The pages of a file and of those beside it, which are looked up when they are asked for. */
class PageFiles {
  readonly #own: TiffFile;
  readonly #reopen: () => Promise<Bytes>;
  readonly #neighbours: Neighbours;
  readonly #compressions: readonly Compression[];
  readonly #others = new Map<string, Promise<TiffFile>>();

  constructor(
    { file, reopen, neighbours, compressions }: {
      file: TiffFile;
      reopen: () => Promise<Bytes>;
      neighbours: Neighbours;
      compressions: readonly Compression[];
    },
  ) {
    this.#compressions = compressions;
    this.#own = file;
    this.#reopen = reopen;
    this.#neighbours = neighbours;
  }

  /** Decodes a page, or some rows of it. */
  async pixels({ file: name, page }: PlanePlace, rows?: RowRange): Promise<PixelArray> {
    using bytes = await (name === null ? this.#reopen() : this.#neighbours.open(name));
    const file = name === null ? this.#own : await this.#other(name, bytes);
    if (page >= file.length) {
      const what = `it has ${counted(file.length, "page")}, its data set needs page ${
        page + 1
      } of it`;
      throw unreadable(bytes.path, what, "copy it again from its source");
    }
    const described = await file.page(bytes, page);
    return rows === undefined
      ? await readTiffPixels(bytes, described)
      : await readTiffRows(bytes, described, rows);
  }

  async #other(name: string, bytes: Bytes): Promise<TiffFile> {
    const known = this.#others.get(name) ?? readTiffDirectories(bytes, this.#compressions);
    this.#others.delete(name);
    this.#others.set(name, known);
    known.catch(() => this.#others.delete(name));
    if (this.#others.size > OPEN_FILES) this.#others.delete(this.#others.keys().next().value!);
    const file = await known;
    const shape = ({ width, height, samples, bits, format }: TiffPage) =>
      `${width}x${height}, ${samples} x ${bits}-bit ${format}`;
    if (shape(file.first) === shape(this.#own.first)) return file;
    throw unreadable(
      bytes.path,
      `its pages are ${shape(file.first)}, others of its data set ${shape(this.#own.first)}`,
      "export the data set again, all images alike",
    );
  }
}

/**
 * ImageJ writes stacks over 4 GiB with the directory of the first page only; the pixels of all
 * pages follow each other, uncompressed.
 */
function contiguousPages(file: TiffFile, fileSize: number): TiffFile {
  const { first } = file;
  if (hasChannelsInPixel(file)) return file;
  const length = Math.max(...file.descriptions.map(imageJCount), 1);
  const step = first.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const fits = first.chunks[0].offset + length * step <= fileSize;
  if (file.length > 1 || first.compression !== 1 || first.tiled || !fits) return file;
  return {
    ...file,
    length,
    notes: [],
    page: (_, i) =>
      Promise.resolve({
        ...first,
        chunks: first.chunks.map(({ offset, bytes }) => ({ offset: offset + i * step, bytes })),
      }),
  };
}
