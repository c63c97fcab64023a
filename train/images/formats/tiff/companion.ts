/**
 * The companion of an OME-TIFF data set (`.companion.ome`): a description without pixels, of the files that lie
 * beside it. It is opened as the data set that it describes.
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import { basename } from "../../paths.ts";
import type { ImageFormat, ImageStack, Neighbours } from "../format.ts";
import { isOme, parseOme } from "./ome.ts";

/** Longer descriptions than any data set has. */
const MOST_BYTES = 2 ** 28;

/** Companions whose files are read as TIFF. Folders show the files themselves, not the companion. */
export function companionOf(tiff: ImageFormat): ImageFormat {
  return {
    name: "OME companion",
    extensions: [],
    isAdvised: false,
    matches: (bytes) => /^(?:\uFEFF|\u00EF\u00BB\u00BF)?<(?:\?xml|(?:\w+:)?OME)/.test(latin(bytes)),
    open: (bytes, _reopen, neighbours) => openCompanion(bytes, { tiff, neighbours }),
  };
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

async function openCompanion(
  bytes: Bytes,
  { tiff, neighbours }: { tiff: ImageFormat; neighbours: Neighbours },
): Promise<ImageStack> {
  const { path, size } = bytes;
  const remedy = "give an image file";
  if (size > MOST_BYTES) throw unreadable(path, "it is XML of more than 256 MiB", remedy);
  const xml = new TextDecoder().decode(await bytes.read(0, size));
  if (!isOme(xml)) throw unreadable(path, "it is XML, but no description of images (OME)", remedy);
  const described = parseOme(xml).images.flatMap(({ runs }) =>
    runs.flatMap(({ file }) => file === undefined ? [] : [basename(file)])
  );
  const beside = new Set(await neighbours.names());
  const file = described.find((name) => beside.has(name));
  if (file === undefined) {
    const named = described.length === 0
      ? "it describes images, but names no file that holds them"
      : `it describes ${described[0]}${
        described.length > 1 ? " and others" : ""
      }, and none is beside it`;
    throw unreadable(path, named, "put the files into its folder, or give one of them");
  }
  using first = await neighbours.open(file);
  return await tiff.open(first, () => neighbours.open(file), neighbours);
}
