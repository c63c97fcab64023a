/**
 * `evaluate`: accuracy and flicker of label images.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { countFlag, requiredFlag, textFlag } from "../flag_values.ts";
import { counted } from "../text.ts";
import { UsageError } from "../usage_error.ts";

/** The command `evaluate`. */
export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "Measures accuracy and flicker of label images",
  usage: "--labels PATH [--truth PATH] [--markers PATH] [--field N] [--out FILE.json]",
  flags: [
    {
      name: "labels",
      kind: "value",
      placeholder: "PATH",
      sentence: "A folder or stack of label images",
    },
    {
      name: "truth",
      kind: "value",
      placeholder: "PATH",
      sentence: "True label images, matched by frame number or name",
    },
    {
      name: "markers",
      kind: "value",
      placeholder: "PATH",
      sentence: "Marker images, one marker per object, matched likewise",
    },
    {
      name: "field",
      kind: "value",
      placeholder: "N",
      sentence: "Also measure accuracy without objects that lie wholly within N pixels of the edge",
    },
    { name: "out", kind: "value", placeholder: "FILE.json", sentence: "A JSON file to write" },
  ],
  async run(flags, { output }) {
    if (flags.field !== undefined && flags.truth === undefined && flags.markers === undefined) {
      throw new UsageError("Cannot use --field without --truth or --markers");
    }
    const { evaluateFiles } = await import("../../jobs/evaluate_files.ts");
    const evaluation = await evaluateFiles({
      labels: requiredFlag(flags, "labels"),
      truth: textFlag(flags, "truth"),
      markers: textFlag(flags, "markers"),
      field: countFlag(flags, "field"),
      out: textFlag(flags, "out"),
    });
    output.event(evaluation, (shown) => ({ lines: formatEvaluation(shown), status: null }));
  },
};

/** A measured video as text. */
export function formatEvaluation(
  { frames, frames_without_truth, matching, mean_ap, ctc, dots, field, flicker, flicker_truth }: {
    frames: number;
    frames_without_truth?: number;
    matching?: Readonly<Record<string, { accuracy: number; f1: number }>>;
    mean_ap?: number;
    ctc?: { SEG?: number; DET: number };
    dots?: { mean_accuracy: number };
    field?: {
      border: number;
      matching?: Readonly<Record<string, { accuracy: number }>>;
      mean_ap?: number;
      ctc?: { SEG?: number; DET: number };
    };
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
    ...(field
      ? [
        `Field of interest, ${field.border} pixels from the edge: AP 0.5 ` +
        `${digits(field.matching?.["0.5"].accuracy)}  mean AP ${digits(field.mean_ap)}  SEG ` +
        `${digits(field.ctc?.SEG)}  DET ${digits(field.ctc?.DET)}`,
      ]
      : []),
    ...rates.map(([name, value]) =>
      `${name.padEnd(18)} ${digits(value)}${truth ? `  (truth ${digits(truth[name])})` : ""}`
    ),
  ];
}
