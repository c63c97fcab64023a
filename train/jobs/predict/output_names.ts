/**
 * Which frames of a prediction go into which file, and what the files are called.
 *
 * @module
 */

import { frameDigits, frameNumbers } from "../../images/names.ts";
import type { Video } from "../../images/series/video.ts";
import type { OutputJob } from "../outputs/output_plan.ts";

/** The fewest digits of a frame number in the Cell Tracking Challenge. */
const LEAST_DIGITS = 3;

/**
 * Which frames go into which file. A stack becomes one file, a folder one file per frame; with `ctc` it
 * is always one file per frame, named as the Cell Tracking Challenge does: all of them with as many
 * digits as the inputs have, at least three and as many as the last frame needs.
 */
export function predictionJobs(
  videos: readonly Video[],
  { ctc = false }: { ctc?: boolean },
): OutputJob<Video>[] {
  if (ctc) return challengeJobs(videos);
  return videos.flatMap((video) => {
    const indices = [...video.stems.keys()];
    return isSequence(video)
      ? indices.map((i) => ({ source: video, frames: [i], stem: video.stems[i] }))
      : [{ source: video, frames: indices, stem: video.stems[0] }];
  });
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
