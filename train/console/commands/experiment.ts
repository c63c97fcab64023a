/**
 * `experiment`: recipes compared by a protocol.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { textFlag } from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import { IncompleteError, UsageError } from "../usage_error.ts";
import { TrainProgress } from "./train_progress.ts";

/** The command `experiment`. */
export const experimentCommand: Command = {
  name: "experiment",
  isJob: true,
  summary: "Compares ways to train and to predict, by a protocol",
  usesGpu: true,
  stopsItself: true,
  goingOn: "call it again to go on: what is complete is kept",
  usage: "FILE.json [--out DIR]",
  takesInputs: true,
  flags: [
    {
      name: "out",
      kind: "value",
      placeholder: "DIR",
      sentence: "Where runs and results go; what is there already is not done again",
      default: "FILE.results",
    },
  ],
  async run(flags, { output, stop }) {
    const [file, ...others] = flags._ as string[];
    if (file === undefined) throw new IncompleteError("Cannot start: no FILE.json given");
    if (others.length > 0) throw new UsageError(`Cannot use ${others[0]}: one FILE.json at a time`);
    const out = textFlag(flags, "out") ?? `${file.replace(/\.json$/, "")}.results`;
    const [{ experiment }, { namingFile }] = await Promise.all([
      import("../../jobs/experiment/experiment.ts"),
      import("../run_config.ts"),
    ]);
    const progress = new TrainProgress();
    let model = "";
    try {
      for await (const event of experiment({ file, out, stop })) {
        output.event(event, (shown) => {
          if (shown.type === "recipe") {
            const how = shown.isKept ? "was measured before" : "measured";
            return { lines: [`Seed ${shown.seed}, ${shown.name}: ${how}`], status: null };
          }
          if (shown.type === "comparison") {
            model = shown.model;
            const table = ["", ...shown.text.split("\n"), `Table: ${absolute(shown.file)}`];
            return { lines: table, status: null };
          }
          return progress.show(shown);
        });
      }
    } catch (error) {
      throw namingFile(error, { file });
    }
    output.say(next("segment with the control; the models of other recipes lie beside it", [
      ...["predict", "--model", model, "--out", "labels", "IMAGES"] as const,
    ]));
  },
};
