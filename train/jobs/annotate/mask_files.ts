/**
 * Where masks are written to.
 *
 * @module
 */

import { type OutputJob, type PlannedJob, planOutputs } from "../outputs/output_plan.ts";
import type { ImageSet } from "../../images/series/scribbles.ts";

/**
 * Plans the files of all masks.
 *
 * @throws {Error} If they would be written among the images or the scribbles, or one twice.
 */
export async function planMasks(
  set: ImageSet,
  { images, scribbles, out }: { images: string; scribbles: string; out: string },
): Promise<PlannedJob<ImageSet>[]> {
  return await planOutputs(maskJobs(set), {
    out,
    inputs: [images, scribbles],
    sayTwice: (name) =>
      `Cannot write masks of ${images}: ${name} would be written twice; keep one of the images`,
    sayAmong: (input) =>
      `Cannot write masks of ${images} into ${out}: they would be mixed with or replace ${input}; ` +
      "give another --out",
  });
}

/** A stack of images gives one file, a folder one for each image. */
function maskJobs(source: ImageSet): OutputJob<ImageSet>[] {
  const { stems, stack } = source;
  if (stack) return [{ source, frames: [...stems.keys()], stem: stems[0] }];
  return stems.map((stem, i) => ({ source, frames: [i], stem }));
}
