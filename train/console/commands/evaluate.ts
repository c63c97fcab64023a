/**
 * `evaluate`: accuracy and flicker of label images.
 *
 * @module
 */

import { counted, formatNumber } from "../../counted.ts";
import { basename } from "node:path";
import type { ChallengeScores, Evaluation } from "../../objects/scores/evaluate.ts";
import type { Flicker, FlickerRates } from "../../objects/scores/flicker.ts";
import type { Command } from "../command.ts";
import { choiceFlag, countFlag, requiredFlag, textFlag, wholeFlag } from "../flag_values.ts";
import { next } from "../session/next.ts";
import { UsageError } from "../usage_error.ts";
import { shownWhileWaiting } from "./waiting_progress.ts";

const MASKS = ["instances", "binary"] as const;

/** The command `evaluate`. */
export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "Measures accuracy and flicker of label images",
  usage:
    "--labels PATH [--truth PATH] [--markers PATH] [--field N] [--ignore-label N] [--masks binary] " +
    "[--out FILE.json]",
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
      sentence:
        "Marker images, one marker per object, matched likewise; with man_track.txt among them " +
        "and tracks beside the labels, tracks are scored",
    },
    {
      name: "field",
      kind: "value",
      placeholder: "N",
      sentence: "Also measure accuracy without objects that lie wholly within N pixels of the edge",
    },
    {
      name: "ignore-label",
      kind: "value",
      placeholder: "N",
      sentence:
        "Number in truth that marks pixels to leave out: what is found there is neither right " +
        "nor wrong",
    },
    {
      name: "masks",
      kind: "value",
      placeholder: MASKS.join("|"),
      sentence:
        "What numbers in truth are: each an object (instances, unless told), or all but the " +
        "lowest foreground, whose connected pixels are objects (binary)",
    },
    { name: "out", kind: "value", placeholder: "FILE.json", sentence: "A JSON file to write" },
  ],
  async run(flags, context) {
    const { output } = context;
    if (flags.field !== undefined && flags.truth === undefined && flags.markers === undefined) {
      throw new UsageError("Cannot use --field without --truth or --markers");
    }
    const ignoreLabel = wholeFlag(flags, "ignore-label");
    const masks = choiceFlag(flags, "masks", { choices: MASKS });
    for (const name of ["ignore-label", "masks"]) {
      if (flags[name] === undefined || flags.truth !== undefined) continue;
      throw new UsageError(`Cannot use --${name} without --truth`);
    }
    const labels = requiredFlag(flags, "labels");
    const { evaluateFiles } = await import("../../jobs/evaluate_files.ts");
    const options = {
      labels,
      truth: textFlag(flags, "truth"),
      markers: textFlag(flags, "markers"),
      field: countFlag(flags, "field"),
      ignoreLabel,
      masks,
      out: textFlag(flags, "out"),
    };
    const evaluation = await shownWhileWaiting(context, {
      what: `opening ${labels}`,
      start: (progress) => evaluateFiles({ ...options, progress }),
    });
    output.event(
      { type: "evaluation", ...evaluation },
      (shown) => ({ lines: formatEvaluation(shown), status: null }),
    );
    // A filter needs neighbours.
    if (evaluation.flicker.pairs > 0) {
      const filtered = await besideOrHere(`${labels.replace(/(\.\w+|[\\/]+)$/, "")}-filtered`);
      const filter = ["filter", "--labels", labels, "--votes", "--out", filtered] as const;
      output.say(next("see what a temporal filter gains", filter));
    }
  },
};

/** A path that can be written: that beside the data, or else one of its name here. */
async function besideOrHere(path: string): Promise<string> {
  const { checkWritable } = await import("../../jobs/disk/atomic_file.ts");
  return await checkWritable(path).then(() => path, () => basename(path));
}

/** What is shown of a measured video. */
interface ShownEvaluation {
  warnings?: readonly string[];
  notes?: readonly string[];
  frames: number;
  frames_without_truth?: number;
  frames_without_labels?: number;
  frames_with_truth?: number;
  frames_with_markers?: number;
  ignored?: { pixels: number; objects: number };
  ignore_label?: number;
  matching?: Readonly<Record<string, { accuracy: number; n_true: number }>>;
  mean_ap?: number;
  ctc?: ChallengeScores;
  tracking?: Evaluation["tracking"];
  dots?: { tp: number; fn: number; mean_accuracy: number };
  field?: {
    border: number;
    matching?: Readonly<Record<string, { accuracy: number; n_true: number }>>;
    mean_ap?: number;
    ctc?: ChallengeScores;
  };
  flicker: Partial<Flicker>;
  flicker_truth?: Partial<Flicker>;
}

/** A measured video as text. */
export function formatEvaluation(evaluation: ShownEvaluation): string[] {
  const { warnings = [], notes = [], matching, mean_ap, ctc, dots, field, flicker, flicker_truth } =
    evaluation;
  const { frames, frames_without_truth, frames_without_labels } = evaluation;
  const { frames_with_truth, frames_with_markers, ignored, ignore_label } = evaluation;
  const lines = [
    ...warnings.map((text) => `Warning: ${text}`),
    ...notes,
    counted(frames, "frame") +
    (frames_without_truth ? `, ${frames_without_truth} without truth` : ""),
  ];
  if (frames_without_labels) {
    lines.push(
      `${counted(frames_without_labels, "frame")} with truth or markers and without labels: all ` +
        "objects there count as missed",
    );
  }
  if (ignored) {
    lines.push(
      `${counted(ignored.pixels, "pixel")} of truth ignored, and with them ` +
        `${counted(ignored.objects, "object")} of the labels`,
    );
  } else if (ignore_label !== undefined) {
    lines.push(`No pixel of truth holds ${ignore_label}, so --ignore-label leaves nothing out`);
  }
  if (matching) {
    const [middle, strict] = [matching["0.5"], matching["0.75"]];
    lines.push(
      `AP 0.5 ${digits(middle.accuracy)}  AP 0.75 ${digits(strict.accuracy)}  mean AP ` +
        `${digits(mean_ap)}  on ${restsOn({ frames: frames_with_truth, objects: middle.n_true })}`,
    );
  }
  if (ctc) {
    const markers = dots && { frames: frames_with_markers, objects: dots.tp + dots.fn };
    lines.push(
      `SEG ${digits(ctc.SEG)}  DET ${digits(ctc.DET)}` +
        (dots ? `  dots ${digits(dots.mean_accuracy)}` : "") +
        (markers ? `  DET and dots on ${restsOn(markers, "marker")}` : ""),
    );
  }
  lines.push(...trackingLines(evaluation));
  if (field) {
    lines.push(
      `Field of interest, ${counted(field.border, "pixel")} from the edge: AP 0.5 ` +
        `${digits(field.matching?.["0.5"].accuracy)}  mean AP ${digits(field.mean_ap)}  SEG ` +
        `${digits(field.ctc?.SEG)}  DET ${digits(field.ctc?.DET)}` +
        (field.ctc?.TRA === undefined ? "" : `  TRA ${digits(field.ctc.TRA)}`) +
        (field.matching ? `  on ${counted(field.matching["0.5"].n_true, "object")}` : ""),
    );
  }
  for (const name of Object.keys(flicker.rests_on ?? {}) as (keyof FlickerRates)[]) {
    lines.push(
      `${name.padEnd(18)} ${digits(flicker[name])}  on ${basisText(flicker, name)}` +
        (flicker_truth
          ? `  (truth ${digits(flicker_truth[name])} on ${basisText(flicker_truth, name)})`
          : ""),
    );
  }
  return lines;
}

/** What tracks are worth, where they were scored. */
function trackingLines({ ctc, tracking }: ShownEvaluation): string[] {
  if (!ctc || !tracking) return [];
  const { faults, reference, id_switches: { rate, switches, steps }, unbroken } = tracking;
  const kinds = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`).join(", ");
  return [
    `TRA ${digits(ctc.TRA)}  LNK ${digits(ctc.LNK)}  CT ${digits(ctc.CT)}  TF ${
      digits(ctc.TF)
    }  on ` +
    `${counted(reference.tracks, "track")}, ${counted(reference.edges, "link")}; faults: ${kinds}`,
    `id switches ${digits(rate)} (${switches} in ${counted(steps, "step")})  unbroken tracks ` +
    digits(unbroken),
  ];
}

/** Four digits behind the point; a dash where there is no such figure. */
function digits(value: unknown): string {
  return typeof value === "number" ? formatNumber(value, { digits: 4 }) : "–";
}

function basisText({ rests_on }: Partial<Flicker>, name: keyof FlickerRates): string {
  const { pairs = 0, objects = 0 } = rests_on?.[name] ?? {};
  return `${counted(pairs, "pair")}, ${counted(objects, "object")}`;
}

function restsOn(
  { frames, objects }: { frames?: number; objects: number },
  noun = "object",
): string {
  return (frames === undefined ? "" : `${counted(frames, "frame")}, `) + counted(objects, noun);
}
