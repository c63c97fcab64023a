/**
 * The files of a job that makes labels of labels: a folder gives a folder, a stack gives a stack.
 *
 * @module
 */

import { imageStem } from "../../images/names.ts";
import type { Source } from "../../images/source.ts";
import type { LabelSequence } from "../../images/series/truth.ts";
import { type OutputJob, type PlannedJob, planOutputs } from "./output_plan.ts";

/**
 * Plans the files: a stack gives one, a folder one for each image, under the input's names.
 *
 * @param options.verb What is done, for errors: `filter`.
 * @param options.images A file or folder of images among which nothing is written either.
 * @throws {Error} If two images would be written to one file, or into the folder they come from.
 */
export async function planLabelFiles(
  labels: LabelSequence,
  { out, source, verb, images }: { out: string; source: Source; verb: string; images?: string },
): Promise<PlannedJob<LabelSequence>[]> {
  const { path, stack, names } = labels;
  const numbers = [...names.keys()];
  const jobs: OutputJob<LabelSequence>[] = stack
    ? [{ source: labels, frames: numbers, stem: imageStem(path, source.formats) }]
    : numbers.map((i) => ({ source: labels, frames: [i], stem: labels.stems[i] }));
  return await planOutputs(jobs, {
    out,
    inputs: [path, ...images === undefined ? [] : [images]],
    sayTwice: (name, { first, second }) =>
      `Cannot ${verb} ${path}: ${name} would be written for both ${names[first.frames[0]]} and ` +
      `${names[second.frames[0]]}; keep one of them`,
    sayAmong: (input) =>
      `Cannot ${verb} ${path} into ${out}: results would be mixed with or replace the ` +
      `${input === path ? "labels" : "images"}; give another --out`,
  });
}
