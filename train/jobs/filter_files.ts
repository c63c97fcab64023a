/**
 * Applies the temporal filter to label images on disk, whoever made them: a folder gives a folder, a
 * stack gives a stack.
 *
 * Images are decoded one by one. A file of a folder is written as soon as the frames after it are
 * known; the pages of a stack wait in memory, compressed, as their widest id decides on the format.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { disk, makeFolder } from "./disk/files.ts";
import { imageStem } from "../images/names.ts";
import type { LabelImage } from "../images/image.ts";
import { type LabelSequence, openLabels } from "../images/series/truth.ts";
import { absent, JobOutput, type OutputFile } from "./predict/output_plan.ts";
import {
  type FilterCounts,
  temporalFilter,
  type TemporalFilterSettings,
} from "../objects/sequence/temporal_filter.ts";

/** What to filter, how, and where to. */
export interface FilterFilesOptions extends Partial<TemporalFilterSettings> {
  /** A folder or stack of label images. */
  readonly labels: string;
  /** Output folder. */
  readonly out: string;
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
}

/** A frame has been filtered. */
export interface FrameFiltered extends FilterCounts {
  /** What kind of event this is. */
  readonly type: "frame";
  /** The image's name. */
  readonly name: string;
  /** Frames done, this one included. */
  readonly done: number;
  /** Frames in all. */
  readonly total: number;
}

/** Everything is written; the counts are those of all frames. */
export interface FilteringDone extends FilterCounts {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Files written. */
  readonly written: number;
  /** Files that existed and were kept. */
  readonly kept: number;
}

/** What filtering tells while it runs. */
export type FilterEvent = FrameFiltered | FilteringDone;

/**
 * Filters label images and writes the result under their names as TIFF (`t01.png` becomes
 * `t01.tif`), each file complete or not at all. Frames that follow each other in the folder or stack
 * are neighbours, whatever their numbers.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged, sizes differ, or a setting makes
 * no sense.
 * @throws {Error} If two images would be written to one file, or into the folder they come from.
 *
 * @example
 * ```ts ignore
 * for await (const event of filterFiles({ labels: "predicted", out: "filtered" })) {
 *   if (event.type === "done") console.log(`${event.dropped} objects removed`);
 * }
 * ```
 */
export async function* filterFiles(
  { labels: path, out, overwrite = false, ...settings }: FilterFilesOptions,
): AsyncGenerator<FilterEvent> {
  const labels = await openLabels(disk, path);
  await refuseInput(path, out);
  const files = filesFor(labels, out);
  const distinct = [...new Set(files)];
  const wanted = new Set(overwrite ? distinct : await absent(distinct));
  const counts = {
    written: 0,
    kept: distinct.length - wanted.size,
    dropped: 0,
    filled: 0,
  };
  if (wanted.size > 0) {
    const filtered = temporalFilter(framesOf(labels), settings);
    await makeFolder(out);
    let output: JobOutput | null = null;
    let done = 0;
    for await (const frame of filtered) {
      const { name, dropped, filled } = frame;
      const file = files[done++];
      if (wanted.has(file)) {
        output ??= new JobOutput([file], { frames: labels.length / distinct.length });
        const isComplete = await output.add({ labels: frame, map: null, outlines: null });
        if (isComplete) {
          output = null;
          counts.written++;
        }
      }
      counts.dropped += dropped;
      counts.filled += filled;
      yield { type: "frame", name, done, total: labels.length, dropped, filled };
    }
  }
  yield { type: "done", out, ...counts };
}

/** Throws if results would stand among or replace the labels that they come from. */
async function refuseInput(labels: string, out: string): Promise<void> {
  const folder = await Deno.realPath(await disk.isFolder(labels) ? labels : dirname(labels));
  const target = await Deno.realPath(out).catch(() => null);
  if (target !== folder) return;
  throw new Error(
    `Cannot filter ${labels} into ${out}: results would be mixed with or replace the labels; give ` +
      "another --out",
  );
}

/** The output file of every frame: the same one for all frames of a stack. */
function filesFor({ path, stack, names }: LabelSequence, out: string): OutputFile[] {
  const fileOf = (name: string): OutputFile => ({
    path: `${out}/${imageStem(name)}.tif`,
    kind: "labels",
  });
  if (stack) {
    const file = fileOf(basename(path));
    return names.map(() => file);
  }
  const sources = new Map<string, string>();
  return names.map((name) => {
    const other = sources.get(imageStem(name));
    if (other !== undefined) {
      throw new Error(
        `Cannot filter ${path}: ${imageStem(name)}.tif would be written for both ${other} and ` +
          `${name}; keep one of them`,
      );
    }
    sources.set(imageStem(name), name);
    return fileOf(name);
  });
}

/** The images with their names, one decoded at a time. */
async function* framesOf(labels: LabelSequence): AsyncGenerator<LabelImage & { name: string }> {
  let size: { width: number; height: number } | null = null;
  for (let i = 0; i < labels.length; i++) {
    const name = labels.names[i];
    const image = await labels.frame(i);
    const { width, height } = image;
    size ??= { width, height };
    if (width !== size.width || height !== size.height) {
      throw new RangeError(
        `Cannot filter ${labels.path}: ${name} is ${width}x${height}, ` +
          `${labels.names[0]} is ${size.width}x${size.height}; keep only frames of one video there`,
      );
    }
    yield { ...image, name };
  }
}
