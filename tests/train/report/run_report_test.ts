import { assertEquals, assertNotMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { IGNORED_LABEL, type LabelImage } from "../../../train/images/image.ts";
import { evaluateFrames, IOU_THRESHOLDS } from "../../../train/objects/scores/evaluate.ts";
import type { ReportData } from "../../../train/report/data.ts";
import type { MetricsLine } from "../../../train/report/metric_curves.ts";
import { renderReport } from "../../../train/report/report.ts";
import type { ModelResults, Precision, SeedResults } from "../../../train/report/results.ts";
import { resultsTable } from "../../../train/report/results_table.ts";
import {
  picturedFrames,
  type ReportedVideo,
  reportOf,
  trueAreas,
} from "../../../train/report/run_report.ts";
import { drawSquares } from "../objects/fixtures/drawings.ts";

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
    tuned: null,
    shown: new Map([[1, labels], [2, labels], [3, labels]]),
    judged: truth ? { index: 2, labels } : null,
  };
}

function videoOf(truth: boolean): ReportedVideo {
  const indices = [0, 1, 2, 3, 4];
  return {
    name: "cells & more",
    length: 5,
    truth: new Map(truth ? [1, 2, 3].map((index) => [index, labelsOf(3)]) : []),
    objects: new Map(truth ? indices.map((index) => [index, [36, 36, 36]]) : []),
    pictures: new Map([1, 2, 3].map((index) => [
      index,
      { ...SIZE, data: new Float32Array(1200) },
    ])),
  };
}

/** The report of a run with these results. */
function reportWith(
  results: readonly SeedResults[],
  { video, metrics = [] }: { video?: ReportedVideo; metrics?: readonly MetricsLine[] },
): ReportData {
  return reportOf({
    created: "today",
    settings: { base: 4 },
    versions: { kymo: "1.2.3" },
    adapter: "some adapter",
    seeds: results.map((_, i) => 5 + i),
    table: resultsTable(results),
    results,
    metrics: [metrics],
    video,
    notes: ["A note"],
  });
}

/** The page of a run with these results. */
function pageOf(...run: Parameters<typeof reportWith>): string {
  const html = renderReport(reportWith(...run));
  assertNotMatch(html, /NaN|Infinity|undefined/);
  return html;
}

function titlesOf(html: string): string[] {
  return [...html.matchAll(/<h[23]>(.*?)<\/h[23]>/g)].map(([, text]) => text);
}

const PRECISION = [
  "Average precision over IoU",
  "On held-back stills",
  "On frames of the video with truth",
];

Deno.test("reportOf() shows precision over IoU as mean and spread over the seeds", async () => {
  const seedOf = async (ap50: number): Promise<SeedResults> => ({
    baseline: await resultsOf(1, { ap50, truth: true }),
    control: await resultsOf(2, { ap50: ap50 + 0.02, truth: true }),
    consistent: await resultsOf(3, { ap50: ap50 + 0.1, truth: true }),
  });
  const html = pageOf([await seedOf(0.6), await seedOf(0.8)], { video: videoOf(true) });
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

Deno.test("reportOf() judges the models' labels of every seed, by the truth of that frame", async () => {
  const seedOf = async (counts: readonly number[]): Promise<SeedResults> => ({
    baseline: await resultsOf(counts[0], { truth: true }),
    control: await resultsOf(counts[1], { truth: true }),
    consistent: await resultsOf(counts[2], { truth: true }),
  });
  const html = pageOf([await seedOf([1, 2, 3]), await seedOf([2, 1, 0])], {
    video: videoOf(true),
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

Deno.test("reportOf() leaves out what nothing was measured of", async () => {
  const baseline = { baseline: await resultsOf(2, { ap50: 0.7, truth: false }) };
  const withoutTruth = {
    ...baseline,
    consistent: await resultsOf(3, { truth: false }),
  };
  const alone = { baseline: await resultsOf(2, { truth: true }) };
  const stills = { baseline: { ...baseline.baseline, video: null, shown: new Map() } };
  const titles = (results: SeedResults, video?: ReportedVideo) =>
    titlesOf(pageOf([results], { video }))
      .filter((title) => [...PRECISION, "Who finds what"].includes(title));
  assertEquals(titles(withoutTruth, videoOf(false)), PRECISION.slice(0, 2));
  assertEquals(titles(alone, videoOf(true)), [PRECISION[0], PRECISION[2]]);
  assertEquals(titles(stills), PRECISION.slice(0, 2));
});

Deno.test("reportOf() titles the page by the video, with warnings, notes, curves and frames", async () => {
  const results = { baseline: await resultsOf(2, { truth: true }) };
  const html = pageOf([results], {
    video: videoOf(true),
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

Deno.test("reportOf() shows a frame with the labels of every model, and the truth", async () => {
  const results = {
    baseline: await resultsOf(1, { truth: true }),
    consistent: await resultsOf(2, { truth: true }),
  };
  const video = videoOf(true);
  const report = reportWith([results], { video });
  const views = [1, 2, 3].map((index) => ({
    index,
    image: video.pictures.get(index)!,
    labels: { baseline: labelsOf(1), consistent: labelsOf(2), truth: labelsOf(3) },
  }));
  assertEquals(report.frames, views);
  assertEquals(report.judged, [views[1]]);
  assertEquals(report.area, {
    baseline: Array(5).fill(36),
    consistent: Array(5).fill(72),
    truth: Array(5).fill(108),
  });
  assertEquals(report.objects.truth, Array(5).fill(3));
});

Deno.test("reportOf() leaves the place of a missing frame empty in what goes over time", async () => {
  const results = [{ baseline: await resultsOf(2, { truth: true }) }];
  const video = { ...videoOf(true), times: [3, 4, 6, 7, 8] };
  const { objects } = reportWith(results, { video });
  assertEquals(objects, { baseline: [2, 2, NaN, 2, 2, 2], truth: [3, 3, NaN, 3, 3, 3] });
});

Deno.test("picturedFrames() are all that a report asks for, of every seed", async () => {
  const seed = { baseline: await resultsOf(2, { truth: true }) };
  const other = { baseline: { ...seed.baseline, judged: { index: 4, labels: labelsOf(2) } } };
  assertEquals(picturedFrames([seed]), [1, 2, 3]);
  assertEquals(picturedFrames([seed, other]), [1, 2, 3, 4]);
  assertEquals(picturedFrames([{ baseline: { ...seed.baseline, shown: new Map() } }]), [2]);
  assertThrows(
    () => reportWith([seed, other], { video: videoOf(true) }),
    RangeError,
    "Cannot report on frame 4: there is no picture of it",
  );
});

Deno.test("reportOf() counts what truth ignores neither as objects nor as their area", async () => {
  const results = [{ baseline: await resultsOf(3, { truth: true }) }];
  const video = videoOf(true);
  const data = labelsOf(3).data.map((id) => id === 1 ? IGNORED_LABEL : id);
  const objects = new Map(
    [...video.truth].map(([i, labels]) => [i, trueAreas({ ...labels, data })]),
  );
  const counted = (video: ReportedVideo) => {
    const report = reportWith(results, { video });
    return [report.objects.truth![2], report.area.truth![2]];
  };
  const [count, area] = counted(video);
  assertEquals(count, 3);
  assertEquals(counted({ ...video, objects }), [2, 2 * area / 3]);
});
