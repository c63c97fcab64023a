/**
 * Which frames of a prediction go into which file, and what the files are called.
 *
 * @module
 */

import { disk } from "../disk/files.ts";
import { frameDigits, frameNumbers } from "../../images/names.ts";
import type { Video } from "../../images/series/video.ts";
import type { Source } from "../../images/source.ts";
import type { OutputJob } from "../outputs/output_plan.ts";

/** The fewest digits of a frame number in the Cell Tracking Challenge. */
const LEAST_DIGITS = 3;

/**
 * Which frames go into which file. A stack becomes one file, a folder one file per frame; with `ctc` it
 * is always one file per frame, named as the Cell Tracking Challenge does: all of them with as many
 * digits as the inputs have, at least three and as many as the last frame needs.
 */
export async function predictionJobs(
  videos: readonly Video[],
  { ctc = false, source = disk }: { ctc?: boolean; source?: Pick<Source, "isFolder"> },
): Promise<OutputJob<Video>[]> {
  if (ctc) return await challengeJobs(videos, source);
  const jobs = await Promise.all(videos.map(async (video): Promise<OutputJob<Video>[]> => {
    const indices = [...video.stems.keys()];
    if (!await source.isFolder(video.path)) {
      return [{ source: video, frames: indices, stem: video.stems[0] }];
    }
    return indices.map((i) => ({ source: video, frames: [i], stem: video.stems[i] }));
  }));
  return jobs.flat();
}

async function challengeJobs(
  videos: readonly Video[],
  source: Pick<Source, "isFolder">,
): Promise<OutputJob<Video>[]> {
  const numbered = await Promise.all(videos.map(async (video) => {
    const { stems, length } = video;
    const isNamed = length === 1 || await source.isFolder(video.path);
    const numbers = isNamed ? ascendingNumbers(stems) : null;
    return {
      video,
      numbers: numbers ?? [...stems.keys()],
      digits: numbers ? frameDigits(stems) : `${length - 1}`.length,
    };
  }));
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
