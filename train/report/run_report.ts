/**
 * The report of a run from what it logged and what was measured of it.
 *
 * @module
 */

import type { LabelImage, Plane } from "../images/image.ts";
import { objectsOf } from "../objects/overlap.ts";
import { type Stage, STAGES } from "../learn/stages.ts";
import { IOU_THRESHOLDS } from "../objects/scores/evaluate.ts";
import type { FrameView, LabelSource, PerFrame, PrecisionCurves, ReportData } from "./data.ts";
import { curvesOf, type MetricsLine, warningsOf } from "./metric_curves.ts";
import type { ModelResults, SeedResults } from "./results.ts";
import { measured } from "./results_table.ts";

/** The video that the models were measured on. */
export interface ReportedVideo {
  /** Its name. */
  readonly name: string;
  /** Number of frames. */
  readonly length: number;
  /** When each was taken, where frames are missing. */
  readonly times?: readonly number[];
  /** True labels of the frames with pictures, by frame index, where known. */
  readonly truth: ReadonlyMap<number, LabelImage>;
  /** The areas of all true objects by frame index, as {@linkcode trueAreas} gives them, where known. */
  readonly objects: ReadonlyMap<number, readonly number[]>;
  /** Pictures of the frames that {@linkcode picturedFrames} names, by frame index. */
  readonly pictures: ReadonlyMap<number, Plane>;
}

/** The areas of the objects in true labels; what is ignored is none. */
export function trueAreas(labels: LabelImage): number[] {
  return [...objectsOf(labels).areas];
}

/** What is known of a run when it is over. */
export interface ReportedRun
  extends Pick<ReportData, "created" | "settings" | "versions" | "adapter" | "seeds" | "table"> {
  /** What was measured, seed by seed. */
  readonly results: readonly SeedResults[];
  /** What was logged, seed by seed. */
  readonly metrics: readonly (readonly MetricsLine[])[];
  /** The first video, if there was one. */
  readonly video?: ReportedVideo;
  /** What a user should know about the data. */
  readonly notes: readonly string[];
}

/**
 * Brings together what the report of a run shows.
 *
 * @throws {RangeError} If the video lacks a picture of a frame that is shown.
 */
export function reportOf(
  { results, metrics, video, notes, ...run }: ReportedRun,
): ReportData {
  const [first] = results;
  return {
    ...run,
    title: video ? `Segmentation of ${video.name}` : "Segmentation of stills",
    curves: metrics.flatMap(curvesOf),
    precision: {
      stills: precisionCurves(results, ({ stills }) => stills?.accuracies),
      video: precisionCurves(results, ({ video }) => accuraciesOf(video)),
    },
    judged: video ? results.flatMap((seed) => judgedView(seed, video)) : [],
    frames: video ? shownViews(first, video) : [],
    tracks: STAGES.flatMap((stage) => {
      const tracked = first?.[stage]?.tracked;
      return tracked ? [{ stage, tracked }] : [];
    }),
    area: perFrame(first, { video, key: "area_per_frame" }),
    objects: perFrame(first, { video, key: "objects_per_frame" }),
    notes: [...metrics.flatMap(warningsOf), ...notes],
  };
}

/** The indices of the frames whose pictures a report of these results shows. */
export function picturedFrames(results: readonly SeedResults[]): number[] {
  const [first] = results;
  return [...new Set([...shownFrames(first), ...results.flatMap(judgedFrames)])];
}

/** The frames that are shown in a strip. */
function shownFrames({ baseline }: SeedResults): number[] {
  return [...baseline?.shown.keys() ?? []];
}

/** The frame that is compared with the truth; none without truth. */
function judgedFrames({ baseline }: SeedResults): number[] {
  return baseline?.judged ? [baseline.judged.index] : [];
}

/** Mean and spread over the seeds at each threshold, of the models that have accuracies. */
function precisionCurves(
  results: readonly SeedResults[],
  accuracies: (model: ModelResults) => readonly number[] | undefined,
): PrecisionCurves {
  return Object.fromEntries(STAGES.flatMap((stage) => {
    const seeds = results.flatMap((seed) => {
      const values = seed[stage] && accuracies(seed[stage]);
      return values ? [values] : [];
    });
    const points = IOU_THRESHOLDS.flatMap((iou, i) => {
      const precision = measured(seeds.map((values) => values[i]));
      return precision ? { iou, precision } : [];
    });
    return points.length > 0 ? [[stage, points]] : [];
  }));
}

function accuraciesOf(video: ModelResults["video"]): number[] | undefined {
  const { matching } = video ?? {};
  return matching && IOU_THRESHOLDS.map((iou) => matching[`${iou}`].accuracy);
}

function judgedView(results: SeedResults, video: ReportedVideo): FrameView[] {
  return judgedFrames(results).map((index) =>
    frameView(video, { index, labelsOf: (stage) => results[stage]?.judged?.labels })
  );
}

function shownViews(results: SeedResults, video: ReportedVideo): FrameView[] {
  return shownFrames(results).map((index) =>
    frameView(video, { index, labelsOf: (stage) => results[stage]?.shown.get(index) })
  );
}

/** A frame with the labels of the stages that have some, and the truth where it is known. */
function frameView(
  { pictures, truth }: ReportedVideo,
  { index, labelsOf }: { index: number; labelsOf: (stage: Stage) => LabelImage | undefined },
): FrameView {
  const image = pictures.get(index);
  if (!image) {
    throw new RangeError(
      `Cannot report on frame ${index}: there is no picture of it; give those that ` +
        "picturedFrames() names",
    );
  }
  const labels: Partial<Record<LabelSource, LabelImage>> = {};
  for (const stage of STAGES) {
    const found = labelsOf(stage);
    if (found) labels[stage] = found;
  }
  const known = truth.get(index);
  if (known) labels.truth = known;
  return { index, image, labels };
}

function perFrame(
  results: SeedResults,
  { video, key }: { video?: ReportedVideo; key: "area_per_frame" | "objects_per_frame" },
): PerFrame {
  const lines: Partial<Record<LabelSource, readonly number[]>> = {};
  for (const stage of STAGES) {
    const flicker = results[stage]?.video?.flicker;
    if (flicker) lines[stage] = overTime(flicker[key], video?.times);
  }
  if (video && video.objects.size > 0) {
    const values = Array.from({ length: video.length }, (_, i) => {
      const areas = video.objects.get(i);
      if (!areas) return NaN;
      return key === "area_per_frame" ? areas.reduce((sum, area) => sum + area, 0) : areas.length;
    });
    lines.truth = overTime(values, video.times);
  }
  return lines;
}

/** The values of frames with NaN for each that is missing between them. */
function overTime(values: readonly number[], times?: readonly number[]): readonly number[] {
  if (!times) return values;
  const all: number[] = new Array(times.at(-1)! - times[0] + 1).fill(NaN);
  values.forEach((value, i) => all[times[i] - times[0]] = value);
  return all;
}
