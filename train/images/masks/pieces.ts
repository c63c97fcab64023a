/**
 * Connected pixels of equal labels.
 *
 * @module
 */

import { isObject, type LabelImage } from "../image.ts";

/** Connected pixels of one label. */
export interface Piece {
  /** Their label. */
  readonly label: number;
  /** How many they are. */
  readonly size: number;
}

/** The pieces of a label image. */
export interface Pieces {
  /** Each of them, in the order of their first pixels. */
  readonly pieces: readonly Piece[];
  /** The index of each pixel's piece; −1 where it is in none. */
  readonly indices: Int32Array<ArrayBuffer>;
}

/**
 * Finds the pieces of every object.
 *
 * @param connectivity Which neighbours belong to one piece: the 4 that share a side, or all 8.
 * @param includes Which labels have pieces; those of objects unless told.
 */
export function piecesOf(
  { width, data }: LabelImage,
  { connectivity, includes = isObject }: {
    connectivity: 4 | 8;
    includes?: (label: number) => boolean;
  },
): Pieces {
  const indices = new Int32Array(data.length).fill(-1);
  const pieces: Piece[] = [];
  // Each pixel is put there once at most.
  const stack = new Int32Array(data.length);
  for (let start = 0; start < data.length; start++) {
    const label = data[start];
    if (indices[start] >= 0 || !includes(label)) continue;
    const index = pieces.length;
    let [size, depth] = [1, 1];
    stack[0] = start;
    indices[start] = index;
    while (depth > 0) {
      const at = stack[--depth];
      const x = at % width;
      for (let row = -width; row <= width; row += width) {
        const reach = connectivity === 8 || row === 0 ? 1 : 0;
        for (let step = x > 0 ? -reach : 0; step <= reach && x + step < width; step++) {
          const next = at + row + step;
          // Beyond the image there is no label.
          if (data[next] !== label || indices[next] >= 0) continue;
          indices[next] = index;
          stack[depth++] = next;
          size++;
        }
      }
    }
    pieces.push({ label, size });
  }
  return { pieces, indices };
}
