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
/** Where hardly anything is background, pieces of so few pixels are no objects. */
const SMALL = 4;

/**
 * Why the numbers of a label image seem to be intensities; null where they do not. Objects are in one place
 * each, or at least mostly so, and of some size.
 *
 * @category Masks
 */
export function intensitiesDoubt(labels: LabelImage): string | null {
  const { pieces } = piecesOf(labels, { connectivity: 8 });
  const numbers = new Set(pieces.map(({ label }) => label)).size;
  if (numbers < LEAST_NUMBERS) return null;
  const foreground = labels.data.reduce((count, label) => count + (isObject(label) ? 1 : 0), 0);
  const isScattered = pieces.length >= PLACES * numbers;
  const isDust = 2 * foreground > labels.data.length && foreground < SMALL * pieces.length;
  if (!isScattered && !isDust) return null;
  const background = foreground === labels.data.length ? ", and no 0 for background" : "";
  return `${numbers} numbers in ${pieces.length} places${background}`;
}

/** A warning where the first of some label images seems to hold intensities; none where it does not. */
export async function intensitiesWarning(
  labels: { readonly names: readonly string[]; frame(i: number): Promise<LabelImage> },
): Promise<string[]> {
  const doubt = intensitiesDoubt(await labels.frame(0));
  if (doubt === null) return [];
  return [
    `${
      labels.names[0]
    } looks like an image, not like labels (${doubt}): each number counts as one ` +
    "object; give label images with --labels",
  ];
}
