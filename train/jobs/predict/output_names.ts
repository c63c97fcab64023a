/**
 * Which frames of a prediction go into which file, and what the files are called.
 *
 * @module
 */

import { disk } from "../disk/files.ts";
import { frameNumber } from "../../images/names.ts";
import type { Video } from "../../images/series/video.ts";
import type { OutputJob } from "../outputs/output_plan.ts";

/**
 * A stack becomes one file, a folder one file per frame; with `ctc` it is always one file per frame,
 * named as the Cell Tracking Challenge does.
 */
export async function predictionJobs(
  video: Video,
  { ctc = false }: { ctc?: boolean },
): Promise<OutputJob<Video>[]> {
  const isSequence = await disk.isFolder(video.path);
  const indices = Array.from({ length: video.length }, (_, i) => i);
  if (ctc) {
    const numbers = isSequence || video.length === 1 ? ascendingNumbers(video.stems) : null;
    return indices.map((i) => {
      const stem = `mask${String(numbers?.[i] ?? i).padStart(3, "0")}`;
      return { source: video, frames: [i], stem };
    });
  }
  const stemOf = (i: number) => video.stems[i];
  if (!isSequence) return [{ source: video, frames: indices, stem: stemOf(0) }];
  return indices.map((i) => ({ source: video, frames: [i], stem: stemOf(i) }));
}

/** The numbers in frames' names where they ascend, else null. */
function ascendingNumbers(names: readonly string[]): (number | null)[] | null {
  const numbers = names.map((name) => frameNumber(name));
  const ascend = numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
  return ascend ? numbers : null;
}
