/**
 * Which frames of a prediction go into which file, and what the files are called.
 *
 * @module
 */

import { frameDigits, frameNumbers } from "../../images/names.ts";
import type { Video } from "../../images/series/video.ts";
import type { OutputJob } from "../outputs/output_plan.ts";
import { type FrameRange, framesIn } from "./frame_range.ts";

/** The fewest digits of a frame number in the Cell Tracking Challenge. */
const LEAST_DIGITS = 3;

/**
 * Which frames go into which file. A stack becomes one file, a folder one file per frame; with `ctc` it
 * is always one file per frame, named as the Cell Tracking Challenge does: all of them with as many
 * digits as the inputs have, at least three and as many as the last frame needs. Where frames of several
 * folders have the same names, each folder gets a folder of its own.
 */
export function predictionJobs(
  videos: readonly Video[],
  { ctc = false, folders = new Map(), frames }: {
    ctc?: boolean;
    /** The frames of each video that are wanted; all unless told. */
    frames?: FrameRange;
    /** The folders that videos and images come from that were not given as files. */
    folders?: ReadonlyMap<Video, string>;
  },
): OutputJob<Video>[] {
  const whole = ctc ? challengeJobs(videos) : videos.flatMap(plainJobs);
  const jobs = frames === undefined ? whole : whole.flatMap((job) => partOf(job, frames));
  const places = jobs.flatMap(({ source, stem }) => {
    const folder = folders.get(source);
    return folder === undefined ? [] : [[stem, folder] as const];
  });
  const first = new Map(places.toReversed());
  if (places.every(([stem, folder]) => first.get(stem) === folder)) return jobs;
  const names = distinctNames([...new Set(folders.values())]);
  return jobs.map((job) => {
    const folder = folders.get(job.source);
    return folder === undefined ? job : { ...job, stem: `${names.get(folder)}/${job.stem}` };
  });
}

/** What is left of a job where only some frames are wanted. */
function partOf(job: OutputJob<Video>, wanted: FrameRange): OutputJob<Video>[] {
  const { first, end } = framesIn(wanted, job.source);
  const frames = job.frames.filter((i) => first <= i && i < end);
  if (frames.length === 0) return [];
  return [job.frames.length === 1 ? job : { ...job, frames, whole: job.frames.length }];
}

function plainJobs(video: Video): OutputJob<Video>[] {
  const indices = [...video.stems.keys()];
  return isSequence(video)
    ? indices.map((i) => ({ source: video, frames: [i], stem: video.stems[i] }))
    : [{ source: video, frames: indices, stem: video.stems[0] }];
}

/** The last parts of each path, as many of them as tell the paths apart. */
function distinctNames(paths: readonly string[]): Map<string, string> {
  const parts = paths.map((path) => path.split(/[\\/]+/).filter((part) => !/^\.*$/.test(part)));
  const most = Math.max(...parts.map(({ length }) => length));
  for (let count = 1; count <= most; count++) {
    const names = parts.map((list) => list.slice(-count).join("/"));
    if (new Set(names).size === names.length) {
      return new Map(paths.map((path, i) => [path, names[i]]));
    }
  }
  return new Map(paths.map((path, i) => [path, [...parts[i], `${i + 1}`].join("/")]));
}

/** Whether each frame is a file of its own. */
function isSequence({ sourceNames, length }: Video): boolean {
  return new Set(sourceNames).size === length;
}

function challengeJobs(videos: readonly Video[]): OutputJob<Video>[] {
  const numbered = videos.map((video) => {
    const { stems, length } = video;
    const numbers = isSequence(video) ? ascendingNumbers(stems) : null;
    return {
      video,
      numbers: numbers ?? [...stems.keys()],
      digits: numbers ? frameDigits(stems) : `${length - 1}`.length,
    };
  });
  const digits = Math.max(LEAST_DIGITS, ...numbered.map((video) => video.digits));
  return numbered.flatMap(({ video, numbers }) =>
    numbers.map((number, i) => {
      return { source: video, frames: [i], stem: `mask${`${number}`.padStart(digits, "0")}` };
    })
  );
}

/** The numbers in frames' names where they ascend, else null. */
function ascendingNumbers(stems: readonly string[]): number[] | null {
  const numbers = frameNumbers(stems);
  const ascend = numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
  return ascend ? numbers.map(Number) : null;
}
