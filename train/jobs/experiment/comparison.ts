/**
 * The comparison of recipes: their figures over seeds, and paired differences to the control with an
 * interval from resampled blocks of frames.
 *
 * @module
 */

import { counted, formatNumber, formatSigned } from "../../counted.ts";
import { Random } from "../../images/random.ts";
import type { Evaluation } from "../../objects/scores/evaluate.ts";
import type { TableColumn } from "../../report/data.ts";
import { measured, RESTS_ON, videoColumns, videoValues } from "../../report/results_table.ts";
import type { RecipeResult } from "./measure_recipe.ts";
import type { Reference } from "./recipes.ts";

/** Results of a recipe, one for each seed in the same order. */
export interface RecipeResults {
  /** The recipe's name. */
  readonly name: string;
  /** What it achieved. */
  readonly results: readonly RecipeResult[];
}

/** A difference with the interval in which it lies with 95 % confidence. */
export interface Difference {
  /** The mean over blocks and seeds. */
  readonly mean: number;
  /** From where. */
  readonly low: number;
  /** To where. */
  readonly high: number;
}

const RESAMPLES = 2000;
/** How all comparisons begin. */
const BEGINNING = "Measured on ";
const STILLS: readonly TableColumn[] = [
  { key: "ap50_stills", label: "AP 0.5, stills", better: "higher", about: "", group: "Accuracy" },
  {
    key: "mean_ap_stills",
    label: "Mean AP, stills",
    better: "higher",
    about: "",
    group: "Accuracy",
  },
];

/** A figure of an evaluation. */
type Figure = (video: Evaluation) => number | null | undefined;

/**
 * The paired difference of a figure to that of the reference: in each block of frames that of the same
 * frames, averaged over seeds. The interval is that of 2000 draws of as many blocks with replacement, see
 * Efron and Tibshirani (1993), chapter 13; it knows of frames, not of seeds.
 *
 * @returns Null where a block has no such figure.
 */
export function pairedDifference(
  figure: Figure,
  { of, reference }: { of: readonly RecipeResult[]; reference: readonly RecipeResult[] },
): Difference | null {
  const differences = of[0].blocks.map((_, block) => {
    const perSeed = of.map(({ blocks }, seed) => {
      const [ours, theirs] = [figure(blocks[block]), figure(reference[seed].blocks[block])];
      return typeof ours !== "number" || typeof theirs !== "number" ? NaN : ours - theirs;
    });
    return meanOf(perSeed);
  });
  if (differences.some(Number.isNaN)) return null;
  const random = new Random(1);
  const means = Float64Array.from(
    { length: RESAMPLES },
    () => meanOf(differences.map(() => differences[random.integer(differences.length)])),
  ).sort();
  return {
    mean: meanOf(differences),
    low: means[Math.floor(0.025 * RESAMPLES)],
    high: means[Math.ceil(0.975 * RESAMPLES) - 1],
  };
}

/**
 * The comparison as Markdown: recipes below each other, a table for each group of figures (mean ± standard
 * deviation over seeds), and those of their paired differences to each reference.
 */
export function formatComparison(
  all: readonly RecipeResults[],
  { references }: { references: readonly Reference[] },
): string {
  const isKnown = ({ key }: TableColumn) =>
    all.some(({ results }) => results.some((result) => valueOf(result, key) !== undefined));
  const columns = [...STILLS, ...videoColumns()].filter(isKnown);
  const groups = Map.groupBy(columns, ({ group }) => group!);
  const [{ results }] = all;
  const [{ video: { frames } }] = results;
  const seeds = counted(results.length, "seed") +
    (results.length === 1 ? "" : ", mean ± standard deviation");
  const lines = [
    `${BEGINNING}${counted(frames, "frame")}; ${seeds}.`,
    ...costs(all),
  ];
  for (const [group, figures] of groups) {
    lines.push("", `${group}:`, "", ...figureTable(all, { figures }));
  }
  for (const reference of references) {
    const compared = all.filter(({ name }) =>
      name === reference.name || reference.compares.includes(name)
    );
    if (compared.length > 1) lines.push("", ...differences(compared, { groups, reference }));
  }
  return [...lines, ""].join("\n");
}

/** Whether a text is a comparison that {@linkcode formatComparison} made. */
export function isComparison(text: string): boolean {
  return text.startsWith(BEGINNING);
}

/** All differences to one recipe. */
function differences(
  compared: readonly RecipeResults[],
  { groups, reference: { name: reference } }: {
    groups: ReadonlyMap<string, readonly TableColumn[]>;
    reference: Reference;
  },
): string[] {
  const [{ results: [{ blocks }] }] = compared;
  const lines = [
    `Differences to ${reference} in ${blocks.length} blocks of the same frames, with 95 % intervals ` +
    "over blocks:",
  ];
  for (const [group, figures] of groups) {
    // The truth is the same for all, so an excess differs by as much as the figure itself.
    if (group.startsWith("Flicker above") || group === RESTS_ON) continue;
    const ofVideo = figures.filter(({ key }) => !key.endsWith("_stills"));
    if (ofVideo.length === 0) continue;
    lines.push("", `${group}:`, "", ...differenceTable(compared, { figures: ofVideo, reference }));
  }
  return lines;
}

/** Exposure and time of each recipe. */
function costs(all: readonly RecipeResults[]): string[] {
  const rows = all.map(({ name, results }) => [
    name,
    results.map(({ exposure }) => exposure.toFixed(2)).join(", "),
    meanOf(results.map(({ seconds }) => seconds)).toFixed(0),
  ]);
  return ["", ...markdown([["recipe", "exposure", "seconds to find the objects"], ...rows])];
}

function figureTable(
  all: readonly RecipeResults[],
  { figures }: { figures: readonly TableColumn[] },
): string[] {
  const rows = all.map(({ name, results }) => [
    name,
    ...figures.map(({ key, digits }) => {
      const value = measured(results.map((result) => valueOf(result, key)));
      if (!value) return "–";
      const spread = value.sd === undefined ? "" : ` ± ${formatNumber(value.sd, { digits })}`;
      return formatNumber(value.mean, { digits }) + spread;
    }),
  ]);
  const truth = all[0].results[0].video.flicker_truth;
  const ofTruth = figures.map(({ key, digits }) => truthText(truth, { key, digits }));
  if (ofTruth.some((text) => text !== "")) rows.push(["truth", ...ofTruth]);
  return markdown([["recipe", ...figures.map(({ label }) => label)], ...rows]);
}

function differenceTable(
  all: readonly RecipeResults[],
  { figures, reference }: { figures: readonly TableColumn[]; reference: string },
): string[] {
  const control = all.find(({ name }) => name === reference)!.results;
  const others = all.filter(({ name }) => name !== reference);
  const rows = others.map(({ name, results }) => [
    name,
    ...figures.map(({ key, digits }) => {
      const figure: Figure = (video) => videoValues(video)[key];
      const found = pairedDifference(figure, { of: results, reference: control });
      if (!found) return "–";
      const [mean, low, high] = [found.mean, found.low, found.high]
        .map((value) => formatSigned(value, { digits }));
      return `${mean} [${low}, ${high}]`;
    }),
  ]);
  return markdown([["recipe", ...figures.map(({ label }) => label)], ...rows]);
}

function valueOf({ video, stills }: RecipeResult, key: string): number | undefined {
  if (key === "ap50_stills") return stills?.ap50;
  if (key === "mean_ap_stills") return stills?.meanAp;
  return videoValues(video)[key];
}

function truthText(
  truth: Evaluation["flicker_truth"],
  { key, digits }: { key: string; digits?: number },
): string {
  const value = truth && key in truth ? truth[key as keyof typeof truth] : undefined;
  return typeof value === "number" ? formatNumber(value, { digits }) : "";
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function markdown(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    `| ${
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join(" | ")
    } |`;
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)];
}
