/**
 * The results table of a run: baseline, control and consistent model, and the truth itself.
 *
 * @module
 */

import type { Evaluation } from "../objects/scores/evaluate.ts";
import type { Flicker, FlickerRates } from "../objects/scores/flicker.ts";
import type { LabelSource, Measured, ResultsTable, Rival, TableColumn } from "./data.ts";
import { type Stage, STAGES } from "../learn/stages.ts";
import type { ModelResults, SeedResults } from "./results.ts";
import { pairedNote } from "./paired.ts";
import { RIVALS } from "./sources.ts";

type RateName = keyof FlickerRates;

/** The group of columns that say on how much the others rest. */
export const RESTS_ON = "What the figures rest on";

const RATES: readonly { key: RateName; label: string; about: string }[] = [
  {
    key: "area_change",
    label: "Area change",
    about: "Change of the segmented area from frame to frame, as a share of the area",
  },
  {
    key: "dice_instability",
    label: "Dice instability",
    about: "One minus the overlap (Dice) of the foreground of neighbouring frames",
  },
  {
    key: "death_rate",
    label: "Objects lost",
    about: "Share of objects that have no counterpart in the next frame",
  },
  {
    key: "birth_rate",
    label: "Objects appearing",
    about: "Share of objects that had no counterpart in the frame before",
  },
  {
    key: "blink_rate",
    label: "Objects blinking",
    about: "Share of objects that are missing for a single frame",
  },
];

/** Accuracy on the video without objects that lie wholly at the edge. */
const FIELD: readonly TableColumn[] = [
  ["field_ap50", "AP 0.5, field", "Average precision at IoU 0.5"],
  ["field_mean_ap", "Mean AP, field", "Average precision over IoU 0.5 to 0.95"],
  ["field_seg", "SEG, field", "Cell Tracking Challenge segmentation score"],
  ["field_det", "DET, field", "Cell Tracking Challenge detection score"],
].map(([key, label, about]) => ({
  ...{ key, label, group: "Field of interest" },
  better: "higher",
  about: `${about} on the video, without objects that lie wholly at the edge`,
}));

/** Measures that only StarDist has. */
const STARS: readonly TableColumn[] = [
  {
    key: "threshold",
    label: "Probability threshold",
    group: "StarDist",
    about: "The probability threshold that was picked on validation stills",
  },
  {
    key: "fixed_ap50_stills",
    label: "AP 0.5, stills, threshold 0.5",
    better: "higher",
    group: "StarDist",
    about: "Average precision at IoU 0.5 on held-back stills with the threshold fixed at 0.5",
  },
  {
    key: "fixed_ap50_video",
    label: "AP 0.5, video, threshold 0.5",
    better: "higher",
    group: "StarDist",
    about: "Average precision at IoU 0.5 on the frames with truth with the threshold fixed at 0.5",
  },
];

/** Left out where all models saw the video as it is. */
const EXPOSURE: TableColumn = {
  key: "exposure",
  label: "Exposure of the video",
  digits: 2,
  group: "Accuracy",
  about: "The gain on the normalised frames at which the model saw them",
};

const ACCURACY: readonly TableColumn[] = [
  {
    key: "ap50_stills",
    label: "AP 0.5, stills",
    better: "higher",
    group: "Accuracy",
    headline: true,
    about: "Average precision of objects at IoU 0.5 on held-back labelled stills",
  },
  {
    key: "mean_ap_stills",
    label: "Mean AP, stills",
    better: "higher",
    group: "Accuracy",
    about: "Average precision over IoU 0.5 to 0.95 on held-back labelled stills",
  },
  {
    key: "ap50_video",
    label: "AP 0.5, video",
    better: "higher",
    group: "Accuracy",
    headline: true,
    about: "Average precision of objects at IoU 0.5 on the frames of the video with truth",
  },
  {
    key: "mean_ap_video",
    label: "Mean AP, video",
    better: "higher",
    group: "Accuracy",
    about: "Average precision over IoU 0.5 to 0.95 on the frames with truth",
  },
  {
    key: "seg",
    label: "SEG, video",
    better: "higher",
    group: "Accuracy",
    about: "Cell Tracking Challenge segmentation score on the frames with truth",
  },
  {
    key: "det",
    label: "DET, video",
    better: "higher",
    group: "Accuracy",
    about: "Cell Tracking Challenge detection score on the markers, or on the truth",
  },
  {
    key: "dots",
    label: "Dot score, video",
    better: "higher",
    group: "Accuracy",
    about: "Object score for dot labels: a marker is found if more than 0.4 of it is covered",
  },
];

/** Flicker, and by how much it is more than the truth's. */
const RATE_COLUMNS: readonly TableColumn[] = [
  ...rateColumns("", "Flicker", "lower"),
  ...rateColumns("excess_", "Flicker above that of the truth, on the frames with truth"),
];

function rateColumns(prefix: string, group: string, better?: TableColumn["better"]): TableColumn[] {
  return RATES.map(({ key, label, about }) => ({
    key: `${prefix}${key}`,
    label,
    about,
    group,
    better,
    digits: 4,
    headline: prefix === "" && key === "area_change",
  }));
}

/** What the figures of the video rest on: those of few frames or objects say little. */
const BASIS: readonly TableColumn[] = [
  ["frames_with_truth", "Frames with truth", "Frames that accuracy was measured on"],
  ["true_objects", "True objects", "Objects in those frames"],
  ["field_objects", "True objects in the field", "Those that do not lie wholly at the edge"],
  ["frames_with_markers", "Frames with markers", "Frames that DET and dots were measured on"],
  ["markers", "Markers", "Markers in those frames"],
  ["pairs", "Pairs of frames", "Neighbouring frames that flicker was measured on"],
  ["truth_pairs", "Pairs of frames with truth", "What flicker above that of the truth rests on"],
  ["death_objects", "Objects that could be lost", "Objects with a frame after them"],
  ["birth_objects", "Objects that could appear", "Objects with a frame before them"],
  ["blink_objects", "Objects that could blink", "Objects seen before and after a frame"],
].map(([key, label, about]) => ({ key, label, about, group: RESTS_ON, digits: 0 }));

/** What a model achieved that looked at the video in another way, whichever model it was. */
function rivalOf(results: SeedResults, rival: Rival): Record<string, number | undefined>[] {
  return Object.values(results).flatMap(({ filtered, rivals }) => {
    const video = rival === "filtered" ? filtered : rivals?.[rival];
    return video ? [videoValues(video)] : [];
  });
}

/** Rows of values by key for one model of one seed. */
function valuesOf(
  { stills, video, tuned, exposure }: ModelResults,
): Record<string, number | undefined> {
  return {
    exposure,
    ap50_stills: stills?.ap50,
    mean_ap_stills: stills?.meanAp,
    threshold: probabilityThreshold(tuned?.decode),
    fixed_ap50_stills: tuned?.fixedStills?.ap50,
    fixed_ap50_video: tuned?.fixedVideo?.ap50,
    ...(video && videoValues(video)),
  };
}

/** The probability from which a tuned decoding takes objects, if it has one. */
function probabilityThreshold(decode: object | undefined): number | undefined {
  return decode && "prob" in decode && typeof decode.prob === "number" ? decode.prob : undefined;
}

/** The figures of a measured video, by the keys of {@linkcode videoColumns}. */
export function videoValues(video: Evaluation): Record<string, number | undefined> {
  return {
    ap50_video: video.matching?.["0.5"].accuracy,
    mean_ap_video: video.mean_ap,
    seg: video.ctc?.SEG,
    det: video.ctc?.DET,
    field_ap50: video.field?.matching?.["0.5"].accuracy,
    field_mean_ap: video.field?.mean_ap,
    field_seg: video.field?.ctc?.SEG,
    field_det: video.field?.ctc?.DET,
    dots: video.dots?.mean_accuracy,
    ...Object.fromEntries(RATES.map(({ key }) => [key, video.flicker[key] ?? undefined])),
    ...Object.fromEntries(
      RATES.map(({ key }) => [`excess_${key}`, video.flicker_excess?.[key] ?? undefined]),
    ),
    frames_with_truth: video.frames_with_truth,
    true_objects: video.matching?.["0.5"].n_true,
    field_objects: video.field?.matching?.["0.5"].n_true,
    frames_with_markers: video.frames_with_markers,
    markers: video.dots && video.dots.tp + video.dots.fn,
    truth_pairs: video.flicker_truth?.pairs,
    ...flickerBasis(video.flicker),
  };
}

/** How many pairs of frames and objects flicker was measured on; results of earlier versions lack it. */
function flickerBasis({ pairs, rests_on }: Flicker): Record<string, number | undefined> {
  return {
    pairs,
    death_objects: rests_on?.death_rate.objects,
    birth_objects: rests_on?.birth_rate.objects,
    blink_objects: rests_on?.blink_rate.objects,
  };
}

/** Mean and standard deviation (n − 1) of the values that are there. */
export function measured(values: readonly (number | undefined)[]): Measured | undefined {
  const known = values.filter((value): value is number => value !== undefined);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean };
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (known.length - 1)) };
}

function truthValues(flicker: Flicker): Record<string, Measured | undefined> {
  const values = {
    ...Object.fromEntries(RATES.map(({ key }) => [key, flicker[key] ?? undefined])),
    ...flickerBasis(flicker),
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, measured([value])]));
}

const NO_CONTROL =
  "No control was trained (--no-control): the consistent model was trained longer than the baseline, " +
  "which may be all of the difference";

/**
 * How many times as many objects a model loses that is said to be less steady. Of those that were measured (see
 * docs/results.md) the ones that lost a third more were less accurate, those that lost 2 % more were not.
 */
const CLEARLY_MORE = 1.1;

/**
 * Says where the consistent model is less steady than the model beside it, which needs no truth to be seen.
 *
 * @returns Null where it is about as steady, was not compared, or is the more accurate one by the truth.
 */
function unsteadyNote(rows: ResultsTable["rows"]): string | null {
  const meanOf = (key: string, source: LabelSource) =>
    rows.find((row) => row.source === source)?.values[key]?.mean;
  const lostBy = (source: LabelSource) => meanOf("death_rate", source);
  const rival = (["control", "baseline"] as const).find((model) => lostBy(model) !== undefined);
  const [lost, lostByRival] = [lostBy("consistent"), rival && lostBy(rival)];
  if (lost === undefined || lostByRival === undefined || lost <= CLEARLY_MORE * lostByRival) {
    return null;
  }
  const [share, rivalShare] = [lost, lostByRival].map((rate) => `${(100 * rate).toFixed(1)} %`);
  const [accuracy = 0, rivalAccuracy = 0] = (["consistent", rival!] as const)
    .map((source) => meanOf("ap50_video", source));
  if (share === rivalShare || accuracy > rivalAccuracy) return null;
  return `The consistent model loses ${share} of its objects from frame to frame, the ${rival} ${rivalShare}: ` +
    "by that, which is seen without labels, the video did not help. Where that was so it mostly was less " +
    `accurate, too: take ${rival}.safetensors, and try filter --votes on what it finds`;
}

/** What is measured on a video, in the order of tables. */
export function videoColumns(): TableColumn[] {
  return [...ACCURACY, ...FIELD, ...RATE_COLUMNS, ...BASIS].filter(({ key }) =>
    !key.endsWith("_stills")
  );
}

/**
 * Builds the table from the results of all seeds; measures that nobody has are left out, but for the
 * flicker of a video.
 */
export function resultsTable(seeds: readonly SeedResults[]): ResultsTable {
  const columns = [...ACCURACY, EXPOSURE, ...FIELD, ...STARS, ...RATE_COLUMNS, ...BASIS];
  const ofStage = (stage: Stage) =>
    seeds.flatMap((results) => results[stage] ? [valuesOf(results[stage])] : []);
  const perSource: readonly (readonly [LabelSource, Record<string, number | undefined>[]])[] = [
    ...STAGES.map((stage) => [stage, ofStage(stage)] as const),
    ...RIVALS.map((rival) => [rival, seeds.flatMap((results) => rivalOf(results, rival))] as const),
  ];
  const rows: { source: LabelSource; values: Record<string, Measured | undefined> }[] = perSource
    .filter(([, perSeed]) => perSeed.length > 0)
    .map(([source, perSeed]) => {
      const entries = columns.map(({ key }) =>
        [key, measured(perSeed.map((values) => values[key]))] as const
      );
      return { source, values: Object.fromEntries(entries) };
    });
  const video = seeds.flatMap((results) => results.baseline?.video ?? [])[0];
  if (video?.flicker_truth) {
    rows.push({ source: "truth", values: truthValues(video.flicker_truth) });
  }
  // Flicker of a video without neighbouring frames is shown, as a dash.
  const hasVideo = rows.some(({ values }) => values.pairs !== undefined);
  const isAsItIs = (one: Measured | undefined) => one === undefined || (one.mean === 1 && !one.sd);
  const isKnown = ({ key }: TableColumn) =>
    key === EXPOSURE.key
      ? !rows.every(({ values }) => isAsItIs(values[key]))
      : rows.some(({ values }) => values[key] !== undefined) ||
        (hasVideo && RATES.some((rate) => rate.key === key));
  const has = (source: LabelSource) => rows.some((row) => row.source === source);
  const notes = [
    has("consistent") && !has("control") ? NO_CONTROL : null,
    pairedNote(seeds),
    unsteadyNote(rows),
  ].filter((note) => note !== null);
  return { columns: columns.filter(isKnown), rows, ...(notes.length > 0 && { notes }) };
}
