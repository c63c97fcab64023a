/**
 * The training curves of a run, and its warnings, from the lines that it logged.
 *
 * @module
 */

import { STAGES } from "../learn/stages.ts";
import type { CurveSeries } from "./data.ts";

/** A line of the log of a run: a step, a validation or a warning, as `metrics.jsonl` has it. */
export type MetricsLine = Readonly<Record<string, unknown>>;

/** Curves by the name of the metric and the field that holds it. */
const VALIDATION_CURVES: readonly [name: string, field: string][] = [
  ["validation loss", "segmentation"],
  ["consistency loss", "consistency"],
  ["mean probability", "meanProbability"],
  ["foreground fraction", "foregroundFraction"],
];

/** Training steps that one point of the loss curve averages. */
const SMOOTHING = 20;

/** The curves of one seed: second stages go on where the baseline ended. */
export function curvesOf(metrics: readonly MetricsLine[]): CurveSeries[] {
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
  lines: readonly MetricsLine[],
  offset: number,
): [number, number][] {
  return Array.from({ length: Math.ceil(lines.length / SMOOTHING) }, (_, i) => {
    const group = lines.slice(i * SMOOTHING, (i + 1) * SMOOTHING);
    const mean = group.reduce((sum, { loss }) => sum + Number(loss), 0) / group.length;
    return [offset + Number(group.at(-1)!.step), mean];
  });
}

/** What the run warned of, in order. */
export function warningsOf(metrics: readonly MetricsLine[]): string[] {
  return metrics.filter(({ type }) => type === "warning").map(({ text }) => String(text));
}
