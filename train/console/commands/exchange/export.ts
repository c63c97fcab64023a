/**
 * `export`: a trained model for another program.
 *
 * @module
 */

import { counted } from "../../../counted.ts";
import type { ModelExported } from "../../../jobs/export_run.ts";
import type { Command } from "../../command.ts";
import { type Flag, OVERWRITE } from "../../flag.ts";
import { choiceFlag, requiredFlag } from "../../flag_values.ts";
import { absolute } from "../../session/next.ts";
import type { Shown } from "../../text.ts";
import { IncompleteError } from "../../usage_error.ts";
import { shownWhileWaiting } from "../waiting_progress.ts";

/** The command `export`. */
export const exportCommand: Command = {
  name: "export",
  summary: "Writes a trained model for another program",
  usage: "--model RUN --format FORMAT --out PATH",
  flags: flagsOfFormats,
  usesGpu: true,
  async run(flags, context) {
    const { exportFormats } = await import("../../../models/export/list.ts");
    const [model, out] = [requiredFlag(flags, "model"), requiredFlag(flags, "out")];
    const format = choiceFlag(flags, "format", {
      choices: exportFormats.map(({ name }) => name),
    });
    if (format === undefined) throw new IncompleteError("Cannot start: --format is missing");
    const { exportRun } = await import("../../../jobs/export_run.ts");
    const exported = await shownWhileWaiting(context, {
      what: `writing ${out}`,
      start: () =>
        exportRun({
          ...{ model, out, format },
          joined: flags.joined as boolean | undefined,
          overwrite: flags.overwrite as boolean | undefined,
        }),
    });
    context.output.event(exported, formatExport);
  },
};

async function flagsOfFormats(): Promise<readonly Flag[]> {
  const { exportFormats } = await import("../../../models/export/list.ts");
  const formats = exportFormats.map(({ name, sentence }) => `${name}, ${sentence}`);
  return [
    {
      name: "model",
      kind: "value",
      placeholder: "RUN",
      sentence: "The run folder of a network, or its weights file",
    },
    {
      name: "format",
      kind: "value",
      placeholder: "FORMAT",
      sentence: `What to write: ${formats.join("; ")}`,
    },
    {
      name: "out",
      kind: "value",
      placeholder: "PATH",
      sentence: "The file or folder to write; into a folder (DIR/) goes a file of the model's name",
    },
    {
      name: "joined",
      kind: "switch",
      sentence:
        "Give a StarDist network one output of 1 + rays channels instead of prob and dist, in onnx and " +
        "torchscript; the others have it so",
    },
    { ...OVERWRITE, sentence: "Replace a file that exists" },
  ];
}

/** An exported model as text. */
export function formatExport(
  { model, format, out, files, bytes, parameters }: ModelExported,
): Shown {
  const size = `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const content = files.length === 0 ? size : `${counted(files.length, "file")}, ${size}`;
  return {
    lines: [
      `${model}: ${parameters.toLocaleString("en")} parameters as ${format}`,
      `Written: ${absolute(out)} (${content})`,
    ],
    status: null,
  };
}
