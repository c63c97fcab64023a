/**
 * The last touch on painted labels: whole objects only, numbered without holes.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";

/**
 * Keeps the largest 4-connected piece of each id, unless it shows fewer pixels than `smallest` (8), as
 * slivers at the border do. The ids stay what they are.
 */
export function keepWholeObjects(
  { width, height, data }: LabelImage,
  { smallest = 8 }: { smallest?: number } = {},
): LabelImage {
  const pieceOf = new Int32Array(data.length).fill(-1);
  const pieces: { id: number; size: number }[] = [];
  const largest = new Map<number, number>();
  const stack: number[] = [];
  for (let start = 0; start < data.length; start++) {
    const id = data[start];
    if (id === 0 || pieceOf[start] >= 0) continue;
    const piece = { id, size: 0 };
    const index = pieces.push(piece) - 1;
    pieceOf[start] = index;
    stack.push(start);
    while (stack.length > 0) {
      const i = stack.pop()!;
      piece.size++;
      const x = i % width;
      const neighbours = [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width];
      for (const j of neighbours) {
        if (j < 0 || j >= data.length || data[j] !== id || pieceOf[j] >= 0) continue;
        pieceOf[j] = index;
        stack.push(j);
      }
    }
    const best = largest.get(id);
    if (best === undefined || pieces[best].size < piece.size) largest.set(id, index);
  }
  const kept = data.map((id, i) => {
    const index = pieceOf[i];
    return id > 0 && largest.get(id) === index && pieces[index].size >= smallest ? id : 0;
  });
  return { width, height, data: kept };
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
