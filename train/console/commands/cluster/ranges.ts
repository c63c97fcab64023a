/**
 * `ranges`: what the frames of a video share, found once for all who predict parts of it.
 *
 * @module
 */

import { counted } from "../../../counted.ts";
import type { RangesEvent } from "../../../jobs/predict/find_ranges.ts";
import type { Command } from "../../command.ts";
import { absolute, next } from "../../session/next.ts";
import type { Shown } from "../../text.ts";
import { requiredFlag } from "../../flag_values.ts";
import { IncompleteError } from "../../usage_error.ts";
import { PLACES, predictOptions, WISHES } from "../predict.ts";
import { showInputs, WaitingProgress } from "../waiting_progress.ts";

/** The command `ranges`. */
export const rangesCommand: Command = {
  name: "ranges",
  isJob: true,
  summary: "Finds the range of intensities and the exposure of videos, for predict --ranges",
  usesGpu: true,
  usage: "--model RUN --out FILE.json [flags of predict] INPUT...",
  flags: [
    ...PLACES.filter(({ name }) => name !== "out"),
    { name: "out", kind: "value", placeholder: "FILE.json", sentence: "The file to write" },
    ...WISHES.filter(({ name }) => !["ctc", "tile", "kernels"].includes(name)),
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const out = requiredFlag(flags, "out");
    if ((flags._ as readonly unknown[]).length === 0) {
      throw new IncompleteError("Cannot find ranges: no INPUT given");
    }
    const options = { ...await predictOptions(flags), out };
    const { findRanges } = await import("../../../jobs/predict/find_ranges.ts");
    const waiting = new WaitingProgress(() => performance.now());
    for await (const event of findRanges(options)) {
      output.event(event, (shown) => formatRanges(shown, waiting));
    }
    const { model, inputs: [input] } = options;
    const part = ["--model", model, "--ranges", out, "--frames", "A:B", "--out", "PART", input];
    output.say(next("predict parts (shards lists them)", ["predict", ...part]));
  },
};

function formatRanges(event: RangesEvent, waiting: WaitingProgress): Shown {
  if (event.type !== "done") return showInputs(event, waiting);
  const what = `Ranges of ${counted(event.videos, "video")}`;
  return { lines: [`${what}: ${absolute(event.out)}`], status: null };
}
