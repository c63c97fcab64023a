/**
 * `builtin`: the built-in model and stills, made anew.
 *
 * @module
 */

import type { Command } from "../../command.ts";
import { requiredFlag, textFlag } from "../../flag_values.ts";
import { TrainProgress } from "../train_progress.ts";

/** The command `builtin`. */
export const builtinCommand: Command = {
  name: "builtin",
  summary: "Trains the built-in model anew and picks its stills",
  usesGpu: true,
  stopsItself: true,
  goingOn: "add --resume to go on",
  usage: "--stills DIR [--out DIR] [--resume] [--stills-only]",
  flags: [
    {
      name: "stills",
      kind: "value",
      placeholder: "DIR",
      sentence: "The fluorescence stills of the 2018 Data Science Bowl, with their masks",
    },
    {
      name: "out",
      kind: "value",
      placeholder: "DIR",
      sentence: "The run folder, which also gets what is built in",
      default: "runs/builtin",
    },
    { name: "resume", kind: "switch", sentence: "Go on with the run in --out" },
    { name: "stills-only", kind: "switch", sentence: "Pick the stills and train nothing" },
  ],
  async run(flags, { output, stop }) {
    const stills = requiredFlag(flags, "stills");
    const { makeBuiltin } = await import("../../../jobs/builtin/make_builtin.ts");
    const progress = new TrainProgress();
    const options = {
      ...{ stills, stop, out: textFlag(flags, "out") ?? "runs/builtin" },
      ...{ resume: flags.resume === true, stillsOnly: flags["stills-only"] === true },
    };
    for await (const event of makeBuiltin(options)) {
      output.event(
        event,
        (shown) =>
          shown.type === "builtin"
            ? {
              lines: ["For train/models/builtin/:", ...shown.files.map((file) => `  ${file}`)],
              status: null,
            }
            : progress.show(shown),
      );
    }
  },
};
