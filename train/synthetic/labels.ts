/**
 * The last touch on painted labels: whole objects only, numbered without holes.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import { piecesOf } from "../images/masks/pieces.ts";

/**
 * Keeps the largest 4-connected piece of each id, unless it shows fewer pixels than `smallest` (8), as
 * slivers at the border do. The ids stay what they are.
 */
export function keepWholeObjects(
  labels: LabelImage,
  { smallest = 8 }: { smallest?: number } = {},
): LabelImage {
  const { pieces, indices } = piecesOf(labels, { connectivity: 4 });
  const largest = new Map<number, number>();
  pieces.forEach(({ label, size }, index) => {
    const best = largest.get(label);
    if (best === undefined || pieces[best].size < size) largest.set(label, index);
  });
  const isKept = pieces.map(({ label, size }, index) =>
    largest.get(label) === index && size >= smallest
  );
  return { ...labels, data: labels.data.map((id, at) => isKept[indices[at]] ? id : 0) };
}

/**
 * Numbers the objects of a series of label images 1 … n in the order in which they first appear; an
 * object keeps its number in all images.
 *
 * @returns The renumbered images, and the new number of each old id.
 */
export function numberByAppearance(
  images: readonly LabelImage[],
): { images: LabelImage[]; numbers: Map<number, number> } {
  const numbers = new Map<number, number>();
  for (const image of images) {
    for (const id of image.data) {
      if (id > 0 && !numbers.has(id)) numbers.set(id, numbers.size + 1);
    }
  }
  const renumbered = images.map((image) => ({
    ...image,
    data: image.data.map((id) => numbers.get(id) ?? 0),
  }));
  return { images: renumbered, numbers };
}
