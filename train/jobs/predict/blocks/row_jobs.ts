/**
 * The jobs of a prediction whose images are predicted in blocks, one after the other.
 *
 * @module
 */

import type { Device } from "../../../../kernels/gpu/device.ts";
import type { Video } from "../../../images/series/video.ts";
import type { Model } from "../../../models/model_file.ts";
import { filesToWrite, type PlannedJob } from "../../outputs/output_plan.ts";
import { doing, type Progress, type ProgressEvent } from "../../progress/progress.ts";
import { fileOf } from "../damaged_frames.ts";
import type { FrameReader } from "../frame_reader.ts";
import type { FramePredicted, PredictOptions } from "../predict_options.ts";
import type { RecordKeeper } from "../predict_record.ts";
import { blockRowsOf, predictRows } from "./predict_rows.ts";

/** An image that is predicted in blocks. */
export interface BlockJob {
  readonly job: PlannedJob<Video>;
  /** Rows of a block. */
  readonly blockRows: number;
}

/** Those of some jobs whose images are predicted whole, and those in blocks. */
export function dividedJobs(
  jobs: readonly PlannedJob<Video>[],
  options: { model: Model; blockRows?: number },
): { whole: PlannedJob<Video>[]; inBlocks: BlockJob[] } {
  const whole: PlannedJob<Video>[] = [];
  const inBlocks: BlockJob[] = [];
  for (const job of jobs) {
    const blockRows = blockRowsOf(job.source, options);
    if (blockRows === null) whole.push(job);
    else inBlocks.push({ job, blockRows });
  }
  return { whole, inBlocks };
}

/** What all of them share. */
export interface BlockJobOptions {
  readonly reader: FrameReader;
  readonly model: Model;
  readonly options: PredictOptions;
  readonly progress: Progress;
  readonly record: RecordKeeper;
  /** Frames of all inputs before these, and all frames. */
  readonly done: number;
  readonly total: number;
}

/**
 * Predicts them, and tells of each when it is in its files.
 *
 * @throws {SyntaxError | RangeError} If an image cannot be read and may not be left out.
 */
export async function* predictBlockJobs(
  device: Device,
  jobs: readonly BlockJob[],
  { reader, model, options, progress, record, done, total }: BlockJobOptions,
): AsyncGenerator<ProgressEvent | FramePredicted> {
  for (const [at, { job, blockRows }] of jobs.entries()) {
    const { source: video, frames: [frame] } = job;
    const files = await filesToWrite(job.files, options);
    if (files.length === 0) {
      reader.kept++;
      continue;
    }
    const before = performance.now();
    const objects = yield* doing(progress, (stop) =>
      reader.readWhole(job, async () => {
        const { rangeOf, exposure } = await reader.prepare(video);
        const range = await rangeOf(frame);
        const beforeEnd = () => record.saveInTime();
        const own = { job, files, range, exposure, blockRows, beforeEnd, stop };
        return await predictRows(device, { ...own, model, options, progress });
      }));
    if (objects === null) continue;
    const seconds = (performance.now() - before) / 1000;
    const [name, path] = [video.sourceNames[frame], fileOf(video, frame)];
    yield { type: "frame", name, path, done: done + at + 1, total, objects, seconds };
  }
}
