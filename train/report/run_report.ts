/**
 * Writes a run's report and curves from what is in its folder and what was measured.
 *
 * @module
 */

import type { TrainConfig } from "../jobs/train/config.ts";
import { middlePlane } from "../images/series/frames.ts";
import type { LabelImage } from "../images/image.ts";
import type {
  CurveSeries,
  FrameView,
  PerFrame,
  PrecisionCurves,
  ResultsTable,
  Source,
} from "./data.ts";
import { IOU_THRESHOLDS } from "../objects/scores/evaluate.ts";
import { type Stage, STAGES } from "../learn/stages.ts";
import type { ModelResults, SeedResults } from "./results.ts";
import { measured } from "./results_table.ts";
import type { RunFolder } from "../jobs/disk/run_folder.ts";
import type { TrainingSet, TrainingVideo } from "../jobs/train/training_set.ts";
import { versions } from "../jobs/disk/version.ts";

/** Curves by the name of the metric and the field that holds it. */
const VALIDATION_CURVES: readonly [name: string, field: string][] = [
  ["validation loss", "segmentation"],
  ["consistency loss", "consistency"],
  ["mean probability", "meanProbability"],
  ["foreground fraction", "foregroundFraction"],
];

/** Training steps that one point of the loss curve averages. */
const SMOOTHING = 20;

/** The part of the data that a report shows. */
type ReportedSet = Pick<TrainingSet, "videos" | "notes">;

/** Writes `report.html` and `curves.svg`. */
export async function writeReport(
  { parent, folders, config, set, table, results, adapter }: {
    parent: RunFolder;
    folders: readonly RunFolder[];
    config: TrainConfig;
    set: ReportedSet;
    table: ResultsTable;
    results: readonly SeedResults[];
    adapter: string;
  },
): Promise<void> {
  // The plotting library is large; only a run that gets this far loads it.
  const { renderCurves, renderReport } = await import("./report.ts");
  const metrics = await Promise.all(folders.map((folder) => folder.readMetrics()));
  const curves = metrics.flatMap(curvesOf);
  const notes = metrics.flat()
    .filter(({ type }) => type === "warning")
    .map(({ text }) => String(text));
  const [first] = results;
  await parent.write("curves.svg", renderCurves(curves));
  await parent.write(
    "report.html",
    renderReport({
      title: set.videos[0] ? `Segmentation of ${set.videos[0].name}` : "Segmentation of stills",
      created: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
      settings: { ...config },
      versions: versions(),
      adapter,
      seeds: folders.map((_, i) => config.seed + i),
      curves,
      table,
      precision: {
        stills: precisionCurves(results, ({ stills }) => stills?.accuracies),
        video: precisionCurves(results, ({ video }) => accuraciesOf(video)),
      },
      judged: (await Promise.all(results.map((seed) => judgedView(seed, set)))).flat(),
      frames: await frameViews(first, set),
      area: perFrame(first, { set, key: "area_per_frame" }),
      objects: perFrame(first, { set, key: "objects_per_frame" }),
      notes: [...notes, ...set.notes],
    }),
  );
}

/** The curves of one seed: second stages go on where the baseline ended. */
function curvesOf(metrics: readonly Record<string, unknown>[]): CurveSeries[] {
  const baselineSteps = Math.max(
    0,
    ...metrics.filter(({ stage }) => stage === "baseline").map(({ step }) => Number(step)),
  );
  return STAGES.flatMap((model) => {
    const own = metrics.filter(({ stage }) => stage === model);
    const offset = model === "baseline" ? 0 : baselineSteps;
    const losses = own.filter(({ type, kind }) => type === "step" && kind === "segmentation");
    const validations = own.filter(({ type }) => type === "validation");
    const lines = VALIDATION_CURVES.map(([name, field]): CurveSeries => ({
      name,
      model,
      points: validations
        .filter((line) => typeof line[field] === "number")
        .map((line) => [offset + Number(line.step), Number(line[field])]),
    }));
    return [{ name: "segmentation loss", model, points: smoothed(losses, offset) }, ...lines]
      .filter(({ points }) => points.length > 0);
  });
}

function smoothed(
  lines: readonly Record<string, unknown>[],
  offset: number,
): [number, number][] {
  return Array.from({ length: Math.ceil(lines.length / SMOOTHING) }, (_, i) => {
    const group = lines.slice(i * SMOOTHING, (i + 1) * SMOOTHING);
    const mean = group.reduce((sum, { loss }) => sum + Number(loss), 0) / group.length;
    return [offset + Number(group.at(-1)!.step), mean];
  });
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

/** The frame of a seed that is compared with the truth; none without truth. */
async function judgedView(
  results: SeedResults,
  { videos: [video] }: ReportedSet,
): Promise<FrameView[]> {
  const index = results.baseline?.judged?.index;
  if (!video || index === undefined) return [];
  return [await frameView(video, { index, labelsOf: (stage) => results[stage]?.judged?.labels })];
}

async function frameViews(
  results: SeedResults,
  { videos: [video] }: ReportedSet,
): Promise<FrameView[]> {
  const shown = results.baseline?.shown;
  if (!video || !shown) return [];
  return await Promise.all(
    [...shown.keys()].map((index) =>
      frameView(video, { index, labelsOf: (stage) => results[stage]?.shown.get(index) })
    ),
  );
}

/** A frame with the labels of the stages that have some, and the truth where it is known. */
async function frameView(
  { frames, truth }: TrainingVideo,
  { index, labelsOf }: { index: number; labelsOf: (stage: Stage) => LabelImage | undefined },
): Promise<FrameView> {
  const labels: Partial<Record<Source, LabelImage>> = {};
  for (const stage of STAGES) {
    const image = labelsOf(stage);
    if (image) labels[stage] = image;
  }
  const known = truth.get(index);
  if (known) labels.truth = known;
  return { index, image: middlePlane(await frames.frame(index)), labels };
}

function perFrame(
  results: SeedResults,
  { set, key }: { set: ReportedSet; key: "area_per_frame" | "objects_per_frame" },
): PerFrame {
  const lines: Partial<Record<Source, readonly number[]>> = {};
  for (const stage of STAGES) {
    const flicker = results[stage]?.video?.flicker;
    if (flicker) lines[stage] = flicker[key];
  }
  const [video] = set.videos;
  if (video && video.truth.size > 0) {
    lines.truth = Array.from({ length: video.frames.length }, (_, i) => {
      const truth = video.truth.get(i)?.data;
      if (!truth) return NaN;
      return key === "area_per_frame"
        ? truth.reduce((area, id) => area + (id > 0 ? 1 : 0), 0)
        : new Set(truth).size - (truth.includes(0) ? 1 : 0);
    });
  }
  return lines;
}
