/**
 * What a person sees of a training run: events as lines, and one status line with rate and remaining
 * time.
 *
 * @module
 */

import { counted, formatNumber } from "../../counted.ts";
import type {
  FocusPlanEvent,
  PlanEvent,
  PlanOfSteps,
  StageEvent,
  StepEvent,
  TrainEvent,
  ValidationEvent,
} from "../../jobs/train/events.ts";
import type { ResultsTable } from "../../report/data.ts";
import { absolute } from "../session/next.ts";
import { formatDuration, formatThresholds, Rate, type Shown } from "../text.ts";
import { showInputs, WaitingProgress } from "./waiting_progress.ts";

/** Four digits behind the point. */
function formatLoss(loss: number): string {
  return formatNumber(loss, { digits: 4 });
}

/** Turns the events of a training run into text. */
export class TrainProgress {
  readonly #rate: Rate;
  readonly #waiting: WaitingProgress;
  readonly #left: StepsLeft;
  readonly #whole: string;
  #stage = "";

  /**
   * Starts.
   *
   * @param clock The time in milliseconds; it can be replaced in tests.
   * @param options.seeds How many seeds are trained; 1 unless told.
   * @param options.whole What all of its steps are, for the time that is left.
   */
  constructor(
    clock: () => number = () => performance.now(),
    { seeds = 1, whole = "the whole run" } = {},
  ) {
    this.#whole = whole;
    this.#rate = new Rate(clock, { inBursts: true });
    this.#waiting = new WaitingProgress(clock);
    this.#left = new StepsLeft(seeds);
  }

  /** Text for the next event. */
  show(event: TrainEvent): Shown {
    switch (event.type) {
      case "note":
      case "input":
      case "range":
      case "progress":
      case "warning":
        return showInputs(event, this.#waiting);
      case "plan":
        this.#left.begin(event);
        return {
          lines: "stacks" in event ? formatFocusPlan(event) : formatPlan(event),
          status: null,
        };
      case "step": {
        const { stage, seed } = event;
        if (this.#stage !== `${seed} ${stage}`) this.#rate.restart();
        this.#stage = `${seed} ${stage}`;
        return this.#showStep(event);
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

  #showStep({ stage, step, steps, loss }: StepEvent): Shown {
    const rate = this.#rate.observe(step);
    const status = `${stage} ${step}/${steps}  loss ${formatNumber(loss)}`;
    if (!(Number.isFinite(rate) && rate > 0)) return { lines: [], status };
    const inStage = (steps - step) / rate;
    const later = this.#left.secondsAfter(stage, rate);
    const ofRun = later > 0 ? `, ${formatDuration(inStage + later)} of ${this.#whole}` : "";
    return {
      lines: [],
      status: `${status}  ${rate.toFixed(1)} steps/s  ${formatDuration(inStage)} left${ofRun}`,
    };
  }
}

/** The steps of a run that are still to come. */
class StepsLeft {
  #seedsLeft: number;
  #stages: PlanOfSteps["stages"] = [];
  /** Steps per second of the stages that have been seen. */
  readonly #rates = new Map<string, number>();

  constructor(seeds: number) {
    this.#seedsLeft = seeds;
  }

  /** A seed begins. */
  begin({ stages }: PlanOfSteps): void {
    this.#seedsLeft--;
    this.#stages = stages;
  }

  /** Seconds that the stages after this one will take, if those not seen yet are as fast. */
  secondsAfter(stage: string, rate: number): number {
    this.#rates.set(stage, rate);
    const seconds = (stages: PlanOfSteps["stages"]) =>
      stages.reduce((sum, { stage, steps }) => sum + steps / (this.#rates.get(stage) ?? rate), 0);
    const at = this.#stages.findIndex((planned) => planned.stage === stage);
    if (at < 0) return 0;
    return seconds(this.#stages.slice(at + 1)) +
      Math.max(0, this.#seedsLeft) * seconds(this.#stages);
  }
}

function formatPlan(
  {
    seed,
    parameters,
    stills: [train, validation, test],
    frames,
    stages,
    plannedBytes,
    processBytes,
  }: PlanEvent,
): string[] {
  const steps = stages.map(({ stage, steps }) => `${stage} ${steps}`).join(", ");
  return [
    `Seed ${seed}: ${parameters.toLocaleString("en")} parameters; ${counted(train, "still")} to ` +
    `learn from, ${validation} to validate, ${test} to test; ${counted(frames, "video frame")}`,
    `Steps: ${steps === "" ? "none" : steps}; planned GPU memory ${formatMebibytes(plannedBytes)}` +
    (processBytes === undefined ? "" : `, of the process about ${formatMebibytes(processBytes)}`),
  ];
}

function formatFocusPlan(
  { parameters, stacks: [train, validation], patch, plannedBytes }: FocusPlanEvent,
): string[] {
  return [
    `Focus: ${parameters.toLocaleString("en")} parameters; ${counted(train, "stack")} to ` +
    `learn from, ${validation} to validate; patches of ${patch} pixels; planned GPU memory ` +
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
  const best = !event.isBest
    ? ""
    : event.isLowest === false
    ? " (taken: within the tolerance of the best)"
    : " (best)";
  return `${event.stage} step ${event.step}: validation ${scores.join(", ")}${best}`;
}

function formatStage({ stage, reason, weights, thresholds }: StageEvent): string {
  return `${stage} ${reason}: ${absolute(weights)}` +
    (thresholds ? `; thresholds: ${formatThresholds(thresholds)}` : "");
}

/** The results table as text: one line per measure, one column per model, and what to know about it. */
export function formatTable({ columns, rows, notes = [] }: ResultsTable): string[] {
  const body = columns.map(({ key, label, group, better, digits }) => {
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
        const mean = formatNumber(value.mean, { digits });
        return value.sd === undefined ? mean : `${mean} ± ${formatNumber(value.sd, { digits })}`;
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
