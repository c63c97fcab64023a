/**
 * TIFF and BigTIFF files as image stacks: their pages, and what the pages mean.
 *
 * @module
 */

import { type Bytes, unreadable } from "../bytes.ts";
import { checkPage, colourNotes, type ImageFormat, type ImageStack } from "./format.ts";
import { imageJCount, type StackAxes, stackAxes } from "./tiff/axes.ts";
import { readTiffDirectories, type TiffFile } from "./tiff/directory.ts";
import { readTiffPixels } from "./tiff/pixels.ts";
import { isTiff } from "./tiff/tags.ts";

/** TIFF: pages are decoded when they are asked for, so a file may be many times larger than memory. */
export const tiff: ImageFormat = {
  name: "TIFF",
  extensions: ["tif", "tiff"],
  matches: isTiff,
  open: openTiff,
};

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
      checkPage(index, { path, length: file.length });
      using again = await reopen();
      return await readTiffPixels(again, await file.page(again, index));
    },
  };
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
