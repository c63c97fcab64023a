/**
 * What the pages of a TIFF stack mean: time, depth and channel, from the descriptions that ImageJ, OME
 * software or tifffile write into the first page.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import { imageJLayout, isImageJ } from "./imagej.ts";
import { type DescribedFile, pagesAsFrames, type StackLayout } from "./layout.ts";
import { isOme, omeLayout, parseOme } from "./ome.ts";
import { parseShaped, shapedLayout } from "./shaped.ts";

/** The files beside a stack, which may hold parts of its description and of its planes. */
export interface StackNeighbours {
  /** Their names. */
  names(): Promise<readonly string[]>;
  /** The text of one of them. */
  text(name: string): Promise<string>;
}

/**
 * Finds out which page of which file is which plane. Without a description, pages are frames in time.
 * Of several descriptions OME's counts, as it has a place for each plane, then ImageJ's.
 *
 * @param descriptions Texts of the first page.
 * @throws {SyntaxError} If they need pages or files that are not there.
 */
export async function stackLayout(
  descriptions: readonly string[],
  { neighbours, ...file }: DescribedFile & { neighbours: StackNeighbours },
): Promise<StackLayout> {
  const ome = descriptions.find(isOme);
  if (ome !== undefined) {
    const layout = await omeLayoutOf(ome, { ...file, neighbours });
    if (layout !== null) return layout;
  }
  const imageJ = descriptions.find(isImageJ);
  if (imageJ !== undefined) return imageJLayout(imageJ, file);
  const shaped = descriptions.map((text) => parseShaped(text, file)).find((one) => one !== null);
  return shaped ? shapedLayout(shaped, file) : pagesAsFrames(file.pages);
}

async function omeLayoutOf(
  text: string,
  { neighbours, ...file }: DescribedFile & { neighbours: StackNeighbours },
): Promise<StackLayout | null> {
  const own = parseOme(text);
  const beside = await neighbours.names();
  const { companion } = own;
  if (companion === undefined) return omeLayout(own, { ...file, uuid: own.uuid, beside });
  if (!beside.includes(companion)) {
    throw unreadable(
      file.path,
      `what its pages mean stands in another file, ${companion}, which is not beside it`,
      "copy it there, or export the data set into one file",
    );
  }
  const whole = parseOme(await neighbours.text(companion));
  return omeLayout(whole, { ...file, uuid: own.uuid, beside });
}
