import { assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { defaultConfig } from "../../../train/jobs/train/config.ts";
import { heldFrames } from "../../../train/images/series/frames.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import { evaluateFrames, IOU_THRESHOLDS } from "../../../train/objects/scores/evaluate.ts";
import type { ModelResults, Precision, SeedResults } from "../../../train/report/results.ts";
import { resultsTable } from "../../../train/report/results_table.ts";
import { RunFolder } from "../../../train/jobs/disk/run_folder.ts";
import { writeReport } from "../../../train/report/run_report.ts";
import type { TrainingVideo } from "../../../train/jobs/train/training_set.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { drawSquares } from "./fixtures/drawings.ts";

const SIZE = { width: 40, height: 30 };
const ALL = [[4, 4], [20, 4], [4, 20]] as const;

/** Labels with the first so many of three true objects. */
function labelsOf(count: number): LabelImage {
  return drawSquares(SIZE, ALL.slice(0, count));
}

function precisionOf(ap50: number): Precision {
  const accuracies = IOU_THRESHOLDS.map((iou) => ap50 - iou + 0.5);
  return { ap50, meanAp: 0.5, accuracies };
}

/** What a model achieved that finds so many of the objects on all five frames. */
async function resultsOf(
  count: number,
  { ap50, truth }: { ap50?: number; truth: boolean },
): Promise<ModelResults> {
  const labels = labelsOf(count);
  const frames = [0, 1, 2, 3, 4].map((number) => ({
    number,
    labels,
    truth: truth ? labelsOf(3) : undefined,
  }));
  return {
    stills: ap50 === undefined ? null : precisionOf(ap50),
    video: await evaluateFrames(frames),
    filtered: null,
    stars: null,
    shown: new Map([[1, labels], [2, labels], [3, labels]]),
    judged: truth ? { index: 2, labels } : null,
  };
}

function videoOf(truth: boolean): TrainingVideo {
  const indices = [0, 1, 2, 3, 4];
  return {
    name: "cells & more",
    frames: heldFrames(indices.map(() => ({ ...SIZE, data: new Float32Array(1200) }))),
    truth: new Map(truth ? indices.map((index) => [index, labelsOf(3)]) : []),
    markers: new Map(),
  };
}

/** The page that a run with these results writes. */
async function pageOf(
  results: readonly SeedResults[],
  { videos, metrics = [] }: { videos: readonly TrainingVideo[]; metrics?: readonly object[] },
): Promise<string> {
  return await withFolder({}, async (path) => {
    const parent = new RunFolder(path);
    if (metrics.length > 0) await parent.appendMetrics(metrics);
    const set = { videos, notes: ["A note"] };
    const table = resultsTable(results);
    const folders = results.map(() => parent);
    const config = { ...defaultConfig, seed: 5 };
    await writeReport({ parent, folders, config, set, table, results, adapter: "some adapter" });
    assertStringIncludes(await Deno.readTextFile(parent.file("curves.svg")), "<svg");
    const html = await Deno.readTextFile(parent.file("report.html"));
    assertNotMatch(html, /NaN|Infinity|undefined/);
    return html;
  });
}

function titlesOf(html: string): string[] {
  return [...html.matchAll(/<h[23]>(.*?)<\/h[23]>/g)].map(([, text]) => text);
}

const PRECISION = [
  "Average precision over IoU",
  "On held-back stills",
  "On frames of the video with truth",
];

Deno.test("writeReport() shows precision over IoU as mean and spread over the seeds", async () => {
  const seedOf = async (ap50: number): Promise<SeedResults> => ({
    baseline: await resultsOf(1, { ap50, truth: true }),
    control: await resultsOf(2, { ap50: ap50 + 0.02, truth: true }),
    consistent: await resultsOf(3, { ap50: ap50 + 0.1, truth: true }),
  });
  const html = await pageOf([await seedOf(0.6), await seedOf(0.8)], { videos: [videoOf(true)] });
  assertEquals(titlesOf(html).filter((title) => PRECISION.includes(title)), PRECISION);
  // Stills: 0.8 against 0.72, with a standard deviation of 0.14 each; video: 1 against 2/3.
  assertStringIncludes(
    html,
    "largest difference: +0.080 at IoU 0.5, within the spread over seeds.",
  );
  assertStringIncludes(
    html,
    "largest difference: +0.333 at IoU 0.5, beyond the spread over seeds.",
  );
  assertStringIncludes(html, "± one standard deviation");
});

Deno.test("writeReport() judges the models' labels of every seed, by the truth of that frame", async () => {
  const seedOf = async (counts: readonly number[]): Promise<SeedResults> => ({
    baseline: await resultsOf(counts[0], { truth: true }),
    control: await resultsOf(counts[1], { truth: true }),
    consistent: await resultsOf(counts[2], { truth: true }),
  });
  const html = await pageOf([await seedOf([1, 2, 3]), await seedOf([2, 1, 0])], {
    videos: [videoOf(true)],
  });
  assertStringIncludes(
    html,
    'aria-label="True objects of frame 2, found by both: 1, ' +
      "found by the consistent model only: 2, found by the baseline only: 0, missed by both: 0",
  );
  assertStringIncludes(
    html,
    "True objects found, of 6, added up over 2 seeds: baseline 3, control 3, consistent 3.",
  );
});

Deno.test("writeReport() leaves out what nothing was measured of", async () => {
  const baseline = { baseline: await resultsOf(2, { ap50: 0.7, truth: false }) };
  const withoutTruth = {
    ...baseline,
    consistent: await resultsOf(3, { truth: false }),
  };
  const alone = { baseline: await resultsOf(2, { truth: true }) };
  const stills = { baseline: { ...baseline.baseline, video: null, shown: new Map() } };
  const titles = async (results: SeedResults, videos: readonly TrainingVideo[]) =>
    titlesOf(await pageOf([results], { videos }))
      .filter((title) => [...PRECISION, "Who finds what"].includes(title));
  assertEquals(await titles(withoutTruth, [videoOf(false)]), PRECISION.slice(0, 2));
  assertEquals(await titles(alone, [videoOf(true)]), [PRECISION[0], PRECISION[2]]);
  assertEquals(await titles(stills, []), PRECISION.slice(0, 2));
});

Deno.test("writeReport() titles the page by the video, with warnings, notes, curves and frames", async () => {
  const results = { baseline: await resultsOf(2, { truth: true }) };
  const html = await pageOf([results], {
    videos: [videoOf(true)],
    metrics: [
      { type: "step", stage: "baseline", kind: "segmentation", step: 1, loss: 0.5 },
      { type: "warning", stage: "baseline", step: 1, text: "It <collapses>" },
    ],
  });
  assertStringIncludes(html, "<h1>Segmentation of cells &amp; more</h1>");
  assertStringIncludes(html, "<li>It &lt;collapses&gt;</li><li>A note</li>");
  assertStringIncludes(html, "<h3>Segmentation loss</h3>");
  assertEquals(html.match(/aria-label="Baseline, frame \d/g)?.length, 3);
  assertStringIncludes(html, "seed 5");
});
