/**
 * Images that were given for labels: their numbers are intensities.
 *
 * @module
 */

import { isObject, type LabelImage } from "../image.ts";
import { piecesOf } from "./pieces.ts";

/** Fewer numbers tell nothing. */
const LEAST_NUMBERS = 8;
/** Objects are mostly in one place; an intensity is in many. */
const PLACES = 4;
/** Pieces of so few pixels are no objects where hardly anything is background, or most touch others. */
const SMALL = 4;

/**
 * Why the numbers of a label image seem to be intensities; null where they do not. Objects are in one place
 * each, or at least mostly so, and of some size.
 *
 * @category Masks
 */
export function intensitiesDoubt(labels: LabelImage): string | null {
  const { pieces, indices } = piecesOf(labels, { connectivity: 8 });
  const numbers = new Set(pieces.map(({ label }) => label)).size;
  if (numbers < LEAST_NUMBERS) return null;
  const foreground = labels.data.reduce((count, label) => count + (isObject(label) ? 1 : 0), 0);
  const isScattered = pieces.length >= PLACES * numbers;
  const isDust = foreground < SMALL * pieces.length &&
    (2 * foreground > labels.data.length ||
      2 * touching(indices, labels.width).size > pieces.length);
  if (!isScattered && !isDust) return null;
  const background = foreground === labels.data.length ? ", and no 0 for background" : "";
  return `${numbers} numbers in ${pieces.length} places${background}`;
}

/** The pieces that share a side with another one. */
function touching(indices: Int32Array, width: number): Set<number> {
  const found = new Set<number>();
  indices.forEach((piece, at) => {
    if (piece < 0) return;
    const neighbours = [(at + 1) % width === 0 ? -1 : indices[at + 1], indices[at + width] ?? -1];
    for (const other of neighbours) {
      if (other >= 0 && other !== piece) found.add(piece).add(other);
    }
  });
  return found;
}

/**
 * A warning where the first of some label images seems to hold intensities; none where it does not.
 *
 * @param options.flag What they were given with.
 */
export async function intensitiesWarning(
  labels: { readonly names: readonly string[]; frame(i: number): Promise<LabelImage> },
  { flag = "--labels" }: { flag?: string } = {},
): Promise<string[]> {
  const doubt = intensitiesDoubt(await labels.frame(0));
  if (doubt === null) return [];
  return [
    `${
      labels.names[0]
    } looks like an image, not like labels (${doubt}): each number counts as one ` +
    `object; give label images with ${flag}`,
  ];
}
