/** Scribbles as a person would draw them: a few short strokes inside objects and beside them. */

import type { LabelImage } from "../../../train/data/image.ts";
import { Random } from "../../../train/data/random.ts";

/** Draws level strokes, 1 on background and 2 on objects, that never cross an outline. */
export function scribbleOn(
  { width, height, data }: LabelImage,
  { strokes, length, seed }: { strokes: number; length: number; seed: number },
): LabelImage {
  const random = new Random(seed);
  const drawn = new Uint32Array(width * height);
  for (const wanted of [0, 1]) {
    for (let count = 0, tries = 0; count < strokes && tries < 10_000; tries++) {
      const at = random.integer(height) * width + random.integer(width - length);
      const under = data.subarray(at, at + length);
      if (!under.every((id) => Math.min(1, id) === wanted)) continue;
      drawn.fill(wanted + 1, at, at + length);
      count++;
    }
  }
  return { width, height, data: drawn };
}
