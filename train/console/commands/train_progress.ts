/**
 * What a person sees of a training run: events as lines, and one status line with rate and remaining
 * time.
 *
 * @module
 */

import type {
  FocusPlanEvent,
  PlanEvent,
  StageEvent,
  TrainEvent,
  ValidationEvent,
} from "../../jobs/train/events.ts";
import type { ResultsTable } from "../../report/data.ts";
import { absolute } from "../next.ts";
import { formatDuration, formatThresholds, Rate, type Shown } from "../text.ts";

/** Four digits behind the point; rounding errors around 0 have no sign. */
function formatLoss(loss: number): string {
  return loss.toFixed(4).replace(/^-(?=0\.0000$)/, "");
}

/** Turns the events of a training run into text. */
export class TrainProgress {
  readonly #rate: Rate;
  #stage = "";

  /** Starts; the clock (milliseconds) can be replaced in tests. */
  constructor(clock: () => number = () => performance.now()) {
    this.#rate = new Rate(clock);
  }

  /** Text for the next event. */
  show(event: TrainEvent): Shown {
    switch (event.type) {
      case "note":
        return { lines: [event.text], status: null };
      case "warning":
        return { lines: [`Warning: ${event.text}`], status: null };
      case "plan":
        return {
          lines: "stacks" in event ? formatFocusPlan(event) : formatPlan(event),
          status: null,
        };
      case "step": {
        const { stage, seed } = event;
        if (this.#stage !== `${seed} ${stage}`) this.#rate.restart();
        this.#stage = `${seed} ${stage}`;
        return this.#showStep({ ...event, name: stage });
      }
      case "validation":
        return { lines: [formatValidation(event)], status: null };
      case "stage":
        return { lines: [formatStage(event)], status: null };
      case "result":
        return {
          lines: [
            "",
            ...formatTable(event.table),
            "",
            `Report:  ${absolute(event.report)}`,
            `Weights: ${absolute(event.weights)}`,
          ],
          status: null,
        };
    }
  }

  #showStep(
    { name, step, steps, loss }: { name: string; step: number; steps: number; loss: number },
  ): Shown {
    const rate = this.#rate.observe(step);
    const known = Number.isFinite(rate) && rate > 0;
    return {
      lines: [],
      status: `${name} ${step}/${steps}  loss ${loss.toFixed(3)}` +
        (known
          ? `  ${rate.toFixed(1)} steps/s  ${formatDuration((steps - step) / rate)} left`
          : ""),
    };
  }
}

function formatPlan(
  { seed, parameters, stills: [train, validation, test], frames, stages, plannedBytes }: PlanEvent,
): string[] {
  const steps = stages.map(({ stage, steps }) => `${stage} ${steps}`).join(", ");
  return [
    `Seed ${seed}: ${parameters.toLocaleString("en")} parameters; ${train} stills to learn from, ` +
    `${validation} to validate, ${test} to test; ${frames} video frames`,
    `Steps: ${steps}; planned GPU memory ${formatMebibytes(plannedBytes)}`,
  ];
}

function formatFocusPlan(
  { parameters, stacks: [train, validation], patch, plannedBytes }: FocusPlanEvent,
): string[] {
  return [
    `Focus: ${parameters.toLocaleString("en")} parameters; ${train} stacks to learn from, ` +
    `${validation} to validate; patches of ${patch} pixels; planned GPU memory ` +
    formatMebibytes(plannedBytes),
  ];
}

function formatMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** What was measured, each figure by its name. */
const SCORES: readonly [key: keyof ValidationEvent, text: (value: number) => string][] = [
  ["segmentation", (loss) => `loss ${formatLoss(loss)}`],
  ["consistency", (loss) => `consistency ${formatLoss(loss)}`],
  ["depth", (loss) => `consistency in depth ${formatLoss(loss)}`],
  ["within", (share) => `${(100 * share).toFixed(0)} % of the planes found to within one`],
  ["distance", (planes) => `mean distance ${planes.toFixed(1)}`],
];

function formatValidation(event: ValidationEvent): string {
  const scores = SCORES.flatMap(([key, text]) => {
    const value = event[key];
    return typeof value === "number" ? [text(value)] : [];
  });
  const best = event.isBest ? " (best)" : "";
  return `${event.stage} step ${event.step}: validation ${scores.join(", ")}${best}`;
}

function formatStage({ stage, reason, weights, thresholds }: StageEvent): string {
  return `${stage} ${reason}: ${absolute(weights)}` +
    (thresholds ? `; thresholds: ${formatThresholds(thresholds)}` : "");
}

/** The results table as text: one line per measure, one column per model, and what to know about it. */
export function formatTable({ columns, rows, notes = [] }: ResultsTable): string[] {
  const body = columns.map(({ key, label, group, better, digits = 3 }) => {
    const arrow = better === "higher"
      ? " (higher is better)"
      : better === "lower"
      ? " (lower is better)"
      : "";
    const name = group?.startsWith("Flicker above") ? `${label}, above the truth` : label + arrow;
    return [
      name,
      ...rows.map(({ values }) => {
        const value = values[key];
        if (!value) return "–";
        const mean = value.mean.toFixed(digits);
        return value.sd === undefined ? mean : `${mean} ± ${value.sd.toFixed(digits)}`;
      }),
    ];
  });
  const lines = [["", ...rows.map(({ source }) => source)], ...body];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const table = lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ")
      .trimEnd()
  );
  return [...table, ...notes.flatMap((note) => ["", note])];
}
