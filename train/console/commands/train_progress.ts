/**
 * What a person sees of a training run: events as lines, and one status line with rate and remaining
 * time.
 *
 * @module
 */

import type { StageEvent, TrainEvent } from "../../jobs/train/events.ts";
import type { FocusEvent } from "../../learn/focus/events.ts";
import type { ResultsTable } from "../../report/data.ts";
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
