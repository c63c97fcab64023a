/**
 * Applies the temporal filter to label images on disk, whoever made them: a folder gives a folder, a
 * stack gives a stack.
 *
 * Images are decoded one by one, and what is known is written: a file of a folder or a page of a stack as
 * soon as the frames after it are known.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { intensitiesWarning } from "../images/masks/intensities.ts";
import { unusable } from "../images/faults/input_fault.ts";
import { disk } from "./disk/files.ts";
import { claimFolder } from "./disk/folders.ts";
import type { Source } from "../images/source.ts";
import { frameTimes } from "../images/series/frame_times.ts";
import { type LabelSequence, openLabels } from "../images/series/truth.ts";
import { openVideo, type Video } from "../images/series/video.ts";
import { JobOutput } from "./outputs/job_output.ts";
import { planLabelFiles } from "./outputs/label_files.ts";
import { filesToWrite } from "./outputs/output_plan.ts";
import {
  type FilterCounts,
  highestId,
  temporalFilter,
  type TemporalFilterSettings,
} from "../objects/sequence/temporal_filter.ts";
import type { TimedFrame } from "../objects/sequence/timed_frame.ts";
import { filterByVotes, objectScores } from "../objects/sequence/vote_filter.ts";
import type { ScoredFrame } from "../objects/sequence/votes.ts";

/**
 * What to filter, how, and where to.
 *
 * @category Jobs
 */
export interface FilterFilesOptions extends Partial<TemporalFilterSettings> {
  /** A folder or stack of label images. */
  readonly labels: string;
  /** Whether frames vote instead, see `filterByVotes`. */
  readonly votes?: boolean;
  /** The vote from which an object stays; `DEFAULT_VOTE` unless told. */
  readonly vote?: number;
  /** A folder or stack of probability maps that give the votes their weight; 1 for all without it. */
  readonly probability?: string;
  /** Output folder. */
  readonly out: string;
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/**
 * A frame has been filtered.
 *
 * @category Jobs
 */
export interface FrameFiltered extends FilterCounts {
  /** What kind of event this is. */
  readonly type: "frame";
  /** The image's name. */
  readonly name: string;
  /** The folder or stack that it is in. */
  readonly path: string;
  /** Frames done, this one included. */
  readonly done: number;
  /** Frames in all. */
  readonly total: number;
}

/**
 * Everything is written; the counts are those of all frames.
 *
 * @category Jobs
 */
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

/**
 * Something a user should know.
 *
 * @category Jobs
 */
export interface FilterNote {
  /** What kind of event this is. */
  readonly type: "note";
  /** One sentence. */
  readonly text: string;
}

/**
 * What filtering tells while it runs.
 *
 * @category Jobs
 */
export type FilterEvent = FrameFiltered | FilteringDone | FilterNote;

/**
 * Filters label images and writes the result under their names as TIFF (`t01.png` becomes
 * `t01.tif`), each file complete or not at all. Frames whose numbers follow each other are neighbours, see
 * `frameTimes`; a missing frame parts those around it.
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
 *
 * @category Jobs
 */
export async function* filterFiles(
  { labels: path, out, overwrite = false, source = disk, votes, vote, probability, ...settings }:
    FilterFilesOptions,
): AsyncGenerator<FilterEvent> {
  const labels = await openLabels(source, path);
  const maps = probability === undefined ? null : await openVideo(source, probability);
  if (maps && maps.length !== labels.length) {
    throw unusable(
      `Cannot filter ${path}: it has ${counted(labels.length, "image")}, ${probability} has ` +
        `${counted(maps.length, "probability map")}; give those of the same frames`,
    );
  }
  const { times, notes } = frameTimes({ name: path, numbers: labels.numbers });
  for (const text of [...await intensitiesWarning(labels), ...notes]) yield { type: "note", text };
  const jobs = await planLabelFiles(labels, { out, source, verb: "filter" });
  const wanted = await Promise.all(jobs.map(({ files }) => filesToWrite(files, { overwrite })));
  const kept = wanted.filter((files) => files.length === 0).length;
  const counts = { written: 0, kept, dropped: 0, filled: 0 };
  if (kept < jobs.length) {
    const filtered = votes
      ? filterByVotes(scoredFrames({ labels, maps, times }), { vote })
      : temporalFilter(framesOf({ labels, times }), {
        ...settings,
        idsAbove: settings.fillGaps ? await highestOf(labels) : 0,
      });
    using _claim = await claimFolder(out, "filter");
    const placeOf = jobs.flatMap(({ frames }, i) =>
      frames.map(() => ({ files: wanted[i], frames: frames.length }))
    );
    let output: JobOutput | null = null;
    let done = 0;
    for await (const frame of filtered) {
      const { name, dropped, filled } = frame;
      const { files, frames } = placeOf[done++];
      if (files.length > 0) {
        output ??= new JobOutput(files, { frames, of: labels });
        if (await output.add({ labels: frame })) {
          output = null;
          counts.written++;
        }
      }
      counts.dropped += dropped;
      counts.filled += filled;
      yield { type: "frame", name, path, done, total: labels.length, dropped, filled };
    }
  }
  yield { type: "done", out, ...counts };
}

/** The images with their names and how sure their maps are of the objects. */
async function* scoredFrames(
  { labels, maps, times }: TimedLabels & { maps: Video | null },
): AsyncGenerator<ScoredFrame & { name: string }> {
  let number = 0;
  for await (const image of framesOf({ labels, times })) {
    const map = await maps?.frame(number++);
    if (map && (map.width !== image.width || map.height !== image.height)) {
      throw unusable(
        `Cannot filter ${labels.path}: ${image.name} is ${image.width}x${image.height}, its ` +
          `probability map ${map.width}x${map.height}; give the maps of the same frames`,
      );
    }
    const scores = objectScores(image, map?.data);
    if ([...scores.values()].some((score) => !(score >= 0 && score <= 1))) {
      throw unusable(
        `Cannot filter ${labels.path}: the map of ${image.name} has values beyond 0 to 1; give ` +
          "the probability maps that predict --probability wrote",
      );
    }
    yield { ...image, scores };
  }
}

/** Label images, and when they were taken. */
interface TimedLabels {
  readonly labels: LabelSequence;
  readonly times: readonly number[];
}

/** The largest id of all frames: what is drawn must not take the number of a track that is to come. */
async function highestOf(labels: LabelSequence): Promise<number> {
  let highest = 0;
  for (let i = 0; i < labels.length; i++) {
    highest = Math.max(highest, highestId(await labels.frame(i)));
  }
  return highest;
}

/** The images with their names and times, one decoded at a time. */
async function* framesOf(
  { labels, times }: TimedLabels,
): AsyncGenerator<TimedFrame & { name: string }> {
  let size: { width: number; height: number } | null = null;
  for (let i = 0; i < labels.length; i++) {
    const name = labels.names[i];
    const image = await labels.frame(i);
    const { width, height } = image;
    size ??= { width, height };
    if (width !== size.width || height !== size.height) {
      throw unusable(
        `Cannot filter ${labels.path}: ${name} is ${width}x${height}, ` +
          `${labels.names[0]} is ${size.width}x${size.height}; keep only frames of one video there`,
      );
    }
    yield { ...image, name, time: times[i] };
  }
}
