/** Small label images for the tests of the report. */

import type { LabelImage } from "../../../train/data/image.ts";

/** Reads a label image from rows of text: a digit is an id, any other character is background. */
export function drawLabels(rows: readonly string[]): LabelImage {
  const ids = [...rows.join("")].map((c) => Number(c) || 0);
  return { width: rows[0]?.length ?? 0, height: rows.length, data: Uint32Array.from(ids) };
}

/** A label image with squares of 6 × 6 pixels at the given corners, numbered from 1. */
export function drawSquares(
  size: { width: number; height: number },
  corners: readonly (readonly [x: number, y: number])[],
): LabelImage {
  const labels = { ...size, data: new Uint32Array(size.width * size.height) };
  corners.forEach(([left, top], i) => {
    for (let y = top; y < top + 6; y++) {
      for (let x = left; x < left + 6; x++) labels.data[y * size.width + x] = i + 1;
    }
  });
  return labels;
}
