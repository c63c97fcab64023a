/**
 * The results table of a run: baseline, control and consistent model, and the truth itself.
 *
 * @module
 */

import type { Evaluation } from "../objects/scores/evaluate.ts";
import type { FlickerRates } from "../objects/scores/flicker.ts";
import type { LabelSource, Measured, ResultsTable, TableColumn } from "./data.ts";
import { type Stage, STAGES } from "../learn/stages.ts";
import type { ModelResults, SeedResults } from "./results.ts";

type RateName = keyof FlickerRates;

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

/** What the temporal filter achieved, with whatever model it was applied to. */
function filteredOf(results: SeedResults): Record<string, number | undefined>[] {
  return Object.values(results).flatMap(({ filtered }) => filtered ? [videoValues(filtered)] : []);
}

/** Rows of values by key for one model of one seed. */
function valuesOf({ stills, video, tuned }: ModelResults): Record<string, number | undefined> {
  return {
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

function videoValues(video: Evaluation): Record<string, number | undefined> {
  return {
    ap50_video: video.matching?.["0.5"].accuracy,
    mean_ap_video: video.mean_ap,
    seg: video.ctc?.SEG,
    det: video.ctc?.DET,
    dots: video.dots?.mean_accuracy,
    ...Object.fromEntries(RATES.map(({ key }) => [key, video.flicker[key]])),
    ...Object.fromEntries(
      RATES.map(({ key }) => [`excess_${key}`, video.flicker_excess?.[key]]),
    ),
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

function truthValues(evaluation: Evaluation): Record<string, Measured | undefined> {
  return Object.fromEntries(
    RATES.map(({ key }) => [key, measured([evaluation.flicker_truth?.[key]])]),
  );
}

/** Builds the table from the results of all seeds; measures that nobody has are left out. */
export function resultsTable(seeds: readonly SeedResults[]): ResultsTable {
  const rates = (prefix: string, group: string, better?: TableColumn["better"]) =>
    RATES.map(({ key, label, about }): TableColumn => ({
      key: `${prefix}${key}`,
      label,
      about,
      group,
      better,
      digits: 4,
      headline: prefix === "" && key === "area_change",
    }));
  const columns = [
    ...ACCURACY,
    ...STARS,
    ...rates("", "Flicker", "lower"),
    ...rates("excess_", "Flicker above that of the truth, on the frames with truth"),
  ];
  const ofStage = (stage: Stage) =>
    seeds.flatMap((results) => results[stage] ? [valuesOf(results[stage])] : []);
  const perSource: readonly (readonly [LabelSource, Record<string, number | undefined>[]])[] = [
    ...STAGES.map((stage) => [stage, ofStage(stage)] as const),
    ["filtered", seeds.flatMap(filteredOf)],
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
  if (video?.flicker_truth) rows.push({ source: "truth", values: truthValues(video) });
  const isKnown = ({ key }: TableColumn) => rows.some(({ values }) => values[key] !== undefined);
  return { columns: columns.filter(isKnown), rows };
}
