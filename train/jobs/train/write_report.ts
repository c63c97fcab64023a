/**
 * Writes a run's report and curves from what is in its folder and what was measured.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../images/image.ts";
import { middlePlane } from "../../images/series/frames.ts";
import type { ResultsTable } from "../../report/data.ts";
import type { SeedResults } from "../../report/results.ts";
import {
  picturedFrames,
  type ReportedVideo,
  reportOf,
  trueAreas,
} from "../../report/run_report.ts";
import type { RunFolder } from "../disk/run_folder.ts";
import { versions } from "../disk/version.ts";
import type { TrainConfig } from "./config.ts";
import type { TrainingSet, TrainingVideo } from "../../learn/training_set.ts";

/** A run that is over. */
export interface FinishedRun {
  /** Where the report goes. */
  readonly parent: RunFolder;
  /** The folders of the seeds, which hold what was logged. */
  readonly folders: readonly RunFolder[];
  /** All settings; its seed is that of the first folder. */
  readonly config: TrainConfig;
  /** The seeds; from that of the settings on unless told. */
  readonly seeds?: readonly number[];
  /** The video that was measured, where it is not at hand any more. */
  readonly measuredVideo?: Pick<ReportedVideo, "name" | "length" | "times">;
  /** The data. */
  readonly set: Pick<TrainingSet, "videos" | "warnings" | "notes">;
  /** The results table. */
  readonly table: ResultsTable;
  /** What was measured, seed by seed. */
  readonly results: readonly SeedResults[];
  /** The GPU adapter it was computed on. */
  readonly adapter: string;
}

/**
 * Writes `report.html` and `curves.svg`.
 *
 * @returns What a user should be warned of.
 * @throws {SyntaxError | RangeError} If a frame has to be read again and its file is damaged.
 */
export async function writeReport(
  { parent, folders, config, seeds, set, measuredVideo, table, results, adapter }: FinishedRun,
): Promise<string[]> {
  const logs = await Promise.all(folders.map((folder) => folder.readMetricLines()));
  // The plotting library is large; only a run that gets this far loads it.
  const { renderCurves, renderReport } = await import("../../report/report.ts");
  const [video] = set.videos;
  const report = reportOf({
    created: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    settings: { ...config },
    versions: versions(),
    adapter,
    seeds: seeds ?? folders.map((_, i) => config.seed + i),
    table,
    results,
    metrics: logs.map(({ lines }) => lines),
    video: video ? await reportedVideo(video, results) : measuredVideo && {
      ...measuredVideo,
      ...{ truth: new Map(), objects: new Map(), pictures: new Map() },
    },
    notes: [...set.warnings, ...set.notes],
  });
  await parent.write("curves.svg", renderCurves(report.curves));
  await parent.write("report.html", renderReport(report));
  return folders.flatMap((folder, i) =>
    logs[i].damaged.map((line) =>
      `${folder.file("metrics.jsonl")}: line ${line} is damaged and left out of the report`
    )
  );
}

/** What a report shows of a video. */
async function reportedVideo(
  { name, frames, truth: known }: TrainingVideo,
  results: readonly SeedResults[],
): Promise<ReportedVideo> {
  const { length, times } = frames;
  const pictures = new Map<number, Plane>();
  for (const index of picturedFrames(results)) {
    pictures.set(index, middlePlane(await frames.frame(index)));
  }
  const truth = new Map<number, LabelImage>();
  const objects = new Map<number, number[]>();
  for (const index of known.keys()) {
    const labels = (await known.get(index))!;
    objects.set(index, trueAreas(labels));
    if (pictures.has(index)) truth.set(index, labels);
  }
  return { name, length, times, pictures, truth, objects };
}
