/**
 * `import`: a run folder of a published StarDist model.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import type { ModelImported } from "../../../jobs/import_run.ts";
import type { Command } from "../../command.ts";
import { textFlag } from "../../flag_values.ts";
import { absolute, next } from "../../session/next.ts";
import { formatThresholds, type Shown } from "../../text.ts";
import { IncompleteError, UsageError } from "../../usage_error.ts";
import { shownWhileWaiting } from "../waiting_progress.ts";

/** The command `import`. */
export const importCommand: Command = {
  name: "import",
  summary: "Makes a run folder of a published StarDist model",
  usage: "MODEL_DIR [--out RUN]",
  flags: [
    {
      name: "out",
      kind: "value",
      placeholder: "RUN",
      sentence: "The run folder to write",
      default: "runs/MODEL_DIR",
    },
  ],
  takesInputs: true,
  async run(flags, context) {
    const { output } = context;
    const [model, ...others] = flags._ as string[];
    if (model === undefined) throw new IncompleteError("Cannot import: no MODEL_DIR given");
    if (others.length > 0) throw new UsageError(`Cannot use ${others[0]}: one MODEL_DIR at a time`);
    const out = textFlag(flags, "out") ?? `runs/${basename(resolve(model))}`;
    const { importRun } = await import("../../../jobs/import_run.ts");
    const { notes, ...imported } = await shownWhileWaiting(context, {
      what: `reading ${model}`,
      start: () => importRun({ model, out }),
    });
    for (const text of notes) {
      output.event({ type: "note", text }, ({ text }) => ({ lines: [text], status: null }));
    }
    output.event(imported, formatImport);
    output.say([
      ...next("segment images with it", ["predict", "--model", out, "--out", "labels", "IMAGES"]),
      ...next("make it steady on a video", [
        ...["train", "--resume-from", out] as const,
        ...["--stills", "STILLS", "--video", "VIDEO"],
      ]),
    ]);
  },
};

/** An imported model as text. */
export function formatImport(
  { file, weights, parameters, options, thresholds, hasThresholds }: Omit<ModelImported, "notes">,
): Shown {
  const { rays, grid, depth, base } = options;
  const source = hasThresholds ? "" : ", the defaults, as it has no thresholds.json";
  return {
    lines: [
      `StarDist of ${file}: ${parameters.toLocaleString("en")} parameters; ${rays} rays, grid ` +
      `${grid}, depth ${depth}, base ${base}`,
      `Thresholds: ${formatThresholds(thresholds)}${source}`,
      `Weights: ${absolute(weights)}`,
    ],
    status: null,
  };
}
