/**
 * What a person sees of a run: events as lines, and one status line with rate and remaining time.
 *
 * @module
 */

import type { RayThresholds } from "../../nn/labels/stardist/thresholds.ts";
import type { StageEvent, TrainEvent } from "../jobs/train/events.ts";
import type { ModelImported } from "../jobs/import_run.ts";
import type { TunedEvent, TuneDone } from "../jobs/tune.ts";
import type { FilterEvent } from "../jobs/filter_files.ts";
import type { FocusEvent } from "../learn/focus/events.ts";
import type { PredictEvent } from "../jobs/predict/predict_files.ts";
import type { FocusFound } from "../jobs/predict/predict_focus.ts";
import type { ResultsTable } from "../report/data.ts";

/** Text for an event: lines to keep, and a status that the next one replaces. */
export interface Shown {
  /** Lines to print. */
  readonly lines: readonly string[];
  /** The status line, or null to leave it. */
  readonly status: string | null;
}

const NOTHING: Shown = { lines: [], status: null };
/** Readings that a rate is taken from. */
const RATE_WINDOW = 20;
/** Milliseconds that count as the same time. */
const ONE_MOMENT = 100;

/** Seconds as people say them: `45 s`, `3 min 20 s`, `1 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/**
 * Steps per second over the last few readings, by a clock in milliseconds. Steps are told in bursts,
 * so those of one moment count as one reading.
 */
class Rate {
  #readings: { at: number; done: number }[] = [];
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Begins anew: what has been done so far was not done at this rate. */
  restart(): void {
    this.#readings = [];
  }

  /** Notes how much is done, and gives the rate, or NaN while it is not known. */
  observe(done: number): number {
    const at = this.#clock();
    const last = this.#readings.at(-1);
    if (last && at - last.at < ONE_MOMENT) last.done = done;
    else this.#readings.push({ at, done });
    if (this.#readings.length > RATE_WINDOW) this.#readings.shift();
    const first = this.#readings[0];
    const now = this.#readings.at(-1)!;
    return (now.done - first.done) / ((now.at - first.at) / 1000);
  }
}

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
  show(event: TrainEvent | FocusEvent): Shown {
    switch (event.type) {
      case "focus-plan": {
        const [train, validation] = event.stacks;
        return {
          lines: [
            `Focus: ${
              event.parameters.toLocaleString("en")
            } parameters; ${train} stacks to learn ` +
            `from, ${validation} to validate; patches of ${event.patch} pixels; planned GPU memory ${
              (event.plannedBytes / 2 ** 20).toFixed(0)
            } MiB`,
          ],
          status: null,
        };
      }
      case "focus-step":
        return this.#showStep({ ...event, name: "focus" });
      case "focus-validation": {
        const { step, within, distance, isBest } = event;
        return {
          lines: [
            `focus step ${step}: ${
              (100 * within).toFixed(0)
            } % of the planes found to within one, ` +
            `mean distance ${distance.toFixed(1)}${isBest ? " (best)" : ""}`,
          ],
          status: null,
        };
      }
      case "focus-result":
        return { lines: [`focus done: ${event.weights}`], status: null };
      case "note":
        return { lines: [event.text], status: null };
      case "warning":
        return { lines: [`Warning: ${event.text}`], status: null };
      case "plan": {
        const [train, validation, test] = event.stills;
        const stages = event.stages.map(({ stage, steps }) => `${stage} ${steps}`).join(", ");
        return {
          lines: [
            `Seed ${event.seed}: ${
              event.parameters.toLocaleString("en")
            } parameters; ${train} stills ` +
            `to learn from, ${validation} to validate, ${test} to test; ${event.frames} video frames`,
            `Steps: ${stages}; planned GPU memory ${(event.plannedBytes / 2 ** 20).toFixed(0)} MiB`,
          ],
          status: null,
        };
      }
      case "step": {
        const { stage, seed } = event;
        if (this.#stage !== `${seed} ${stage}`) this.#rate.restart();
        this.#stage = `${seed} ${stage}`;
        return this.#showStep({ ...event, name: stage });
      }
      case "validation": {
        const { stage, step, segmentation, consistency, depth, isBest } = event;
        const scores = [
          ...(segmentation === null ? [] : [`loss ${formatLoss(segmentation)}`]),
          ...(consistency === null ? [] : [`consistency ${formatLoss(consistency)}`]),
          ...(depth === null ? [] : [`consistency in depth ${formatLoss(depth)}`]),
        ];
        const best = isBest ? " (best)" : "";
        return {
          lines: [`${stage} step ${step}: validation ${scores.join(", ")}${best}`],
          status: null,
        };
      }
      case "stage":
        return { lines: [formatStage(event)], status: null };
      case "result":
        return {
          lines: [
            "",
            ...formatTable(event.table),
            "",
            `Report:  ${event.report}`,
            `Weights: ${event.weights}`,
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

function formatStage({ stage, reason, weights, thresholds }: StageEvent): string {
  return `${stage} ${reason}: ${weights}` +
    (thresholds ? `; thresholds: ${formatThresholds(thresholds)}` : "");
}

function formatThresholds({ prob, nms }: RayThresholds): string {
  return `probability ${prob.toFixed(3)}, overlap ${nms.toFixed(3)}`;
}

/** Turns the events of a prediction into text. */
export class PredictProgress {
  readonly #rate: Rate;

  /** Starts; the clock (milliseconds) can be replaced in tests. */
  constructor(clock: () => number = () => performance.now()) {
    this.#rate = new Rate(clock);
  }

  /** Text for the next event. */
  show(event: PredictEvent | FocusFound): Shown {
    switch (event.type) {
      case "focus": {
        const { done, total, stack, plane } = event;
        return { ...NOTHING, status: `${done}/${total}  ${stack}: in focus at plane ${plane}` };
      }
      case "note":
        return { lines: [event.text], status: null };
      case "frame": {
        const { name, done, total, objects, seconds } = event;
        const rate = this.#rate.observe(done);
        const left = Number.isFinite(rate) && rate > 0
          ? `  ${formatDuration((total - done) / rate)} left`
          : "";
        const status = `${done}/${total}  ${name}: ${objects} objects in ${
          seconds.toFixed(2)
        } s${left}`;
        return { ...NOTHING, status };
      }
      case "done": {
        const kept = event.kept > 0
          ? `, ${event.kept} that existed kept (--overwrite replaces them)`
          : "";
        const written = counted(event.written, "file");
        return { lines: [`${written} written to ${event.out}${kept}`], status: null };
      }
    }
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The results table as text: one line per measure, one column per model. */
export function formatTable({ columns, rows }: ResultsTable): string[] {
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
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ")
      .trimEnd()
  );
}

/** A filtered frame, or the end of the filtering, as text. */
export function formatFilter(event: FilterEvent): Shown {
  const { dropped, filled } = event;
  const changes = `${counted(dropped, "object")} removed, ${filled} drawn`;
  if (event.type === "frame") {
    return { ...NOTHING, status: `${event.done}/${event.total}  ${event.name}: ${changes}` };
  }
  const kept = event.kept > 0
    ? `, ${event.kept} that existed kept (--overwrite replaces them)`
    : "";
  const written = counted(event.written, "file");
  return { lines: [`${written} written to ${event.out}${kept}; ${changes}`], status: null };
}

/** A tuned convolution, or the end of the tuning, as text. */
export function formatTuning(event: TunedEvent | TuneDone): Shown {
  if (event.type === "done") return { lines: [`Written to ${event.out}`], status: null };
  const { key, variants, best, done, total } = event;
  const times = variants.slice(0, 4)
    .map(({ name, milliseconds }) => `${name} ${milliseconds.toPrecision(3)} ms`);
  return { lines: [`${done}/${total} ${key}: ${best} (${times.join(", ")})`], status: null };
}

/** An imported model as text. */
export function formatImport(
  { model, out, weights, parameters, options, thresholds, hasThresholds }: ModelImported,
): Shown {
  const { rays, grid, depth, base } = options;
  const source = hasThresholds ? "" : ", the defaults, as it has no thresholds.json";
  return {
    lines: [
      `StarDist of ${model}: ${parameters.toLocaleString("en")} parameters; ${rays} rays, grid ` +
      `${grid}, depth ${depth}, base ${base}`,
      `Thresholds: ${formatThresholds(thresholds)}${source}`,
      `Weights: ${weights}`,
      `To use it: predict --model ${out}, or train --resume-from ${out}`,
    ],
    status: null,
  };
}

/** A measured video as text. */
export function formatEvaluation(
  { frames, frames_without_truth, matching, mean_ap, ctc, dots, flicker, flicker_truth }: {
    frames: number;
    frames_without_truth?: number;
    matching?: Readonly<Record<string, { accuracy: number; f1: number }>>;
    mean_ap?: number;
    ctc?: { SEG?: number; DET: number };
    dots?: { mean_accuracy: number };
    flicker: object;
    flicker_truth?: object;
  },
): string[] {
  const digits = (value: unknown) => typeof value === "number" ? value.toFixed(4) : "–";
  const rates = Object.entries(flicker)
    .filter(([name, value]) => typeof value === "number" && name !== "pairs");
  const truth = flicker_truth as Record<string, unknown> | undefined;
  return [
    `${counted(frames, "frame")}${
      frames_without_truth ? `, ${frames_without_truth} without truth` : ""
    }`,
    ...(matching
      ? [
        `AP 0.5 ${digits(matching["0.5"].accuracy)}  AP 0.75 ${
          digits(matching["0.75"].accuracy)
        }  ` +
        `mean AP ${digits(mean_ap)}`,
      ]
      : []),
    ...(ctc
      ? [
        `SEG ${digits(ctc.SEG)}  DET ${digits(ctc.DET)}` +
        (dots ? `  dots ${digits(dots.mean_accuracy)}` : ""),
      ]
      : []),
    ...rates.map(([name, value]) =>
      `${name.padEnd(18)} ${digits(value)}${truth ? `  (truth ${digits(truth[name])})` : ""}`
    ),
  ];
}
