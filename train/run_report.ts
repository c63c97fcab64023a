/**
 * Writes a run's report and curves from what is in its folder and what was measured.
 *
 * @module
 */

import type { TrainConfig } from "./config.ts";
import type { CurveSeries, FrameView, PerFrame, ResultsTable, Source } from "./report/data.ts";
import type { SeedResults } from "./results_table.ts";
import type { RunFolder, Stage } from "./run_folder.ts";
import type { TrainingSet } from "./training_set.ts";
import { versions } from "./version.ts";

const STAGES: readonly Stage[] = ["baseline", "control", "consistent"];

/** Curves by the name of the metric and the field that holds it. */
const VALIDATION_CURVES: readonly [name: string, field: string][] = [
  ["validation loss", "segmentation"],
  ["consistency loss", "consistency"],
  ["mean probability", "meanProbability"],
  ["foreground fraction", "foregroundFraction"],
];

/** Training steps that one point of the loss curve averages. */
const SMOOTHING = 20;

/** Writes `report.html` and `curves.svg`. */
export async function writeReport(
  { parent, folders, config, set, table, results, adapter }: {
    parent: RunFolder;
    folders: readonly RunFolder[];
    config: TrainConfig;
    set: TrainingSet;
    table: ResultsTable;
    results: readonly SeedResults[];
    adapter: string;
  },
): Promise<void> {
  // The plotting library is large; only a run that gets this far loads it.
  const { renderCurves, renderReport } = await import("./report/report.ts");
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
      precision: {},
      judged: [],
      frames: frameViews(first, set),
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

function frameViews(results: SeedResults, { videos: [video] }: TrainingSet): FrameView[] {
  const shown = results.baseline?.shown;
  if (!video || !shown) return [];
  return [...shown.keys()].map((index) => {
    const labels = STAGES.flatMap((stage) => {
      const image = results[stage]?.shown.get(index);
      return image ? [[stage, image] as const] : [];
    });
    const truth = video.truth.get(index);
    const known: (readonly [Source, (typeof labels)[number][1]])[] = truth
      ? [...labels, ["truth", truth]]
      : labels;
    return { index, image: video.frames[index], labels: Object.fromEntries(known) };
  });
}

function perFrame(
  results: SeedResults,
  { set, key }: { set: TrainingSet; key: "area_per_frame" | "objects_per_frame" },
): PerFrame {
  const lines: Partial<Record<Source, readonly number[]>> = {};
  for (const stage of STAGES) {
    const flicker = results[stage]?.video?.flicker;
    if (flicker) lines[stage] = flicker[key];
  }
  const [video] = set.videos;
  if (video && video.truth.size > 0) {
    lines.truth = video.frames.map((_, i) => {
      const truth = video.truth.get(i)?.data;
      if (!truth) return NaN;
      return key === "area_per_frame"
        ? truth.reduce((area, id) => area + (id > 0 ? 1 : 0), 0)
        : new Set(truth).size - (truth.includes(0) ? 1 : 0);
    });
  }
  return lines;
}
