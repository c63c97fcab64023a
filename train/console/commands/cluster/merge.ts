/**
 * `merge`: joins the predictions of parts of videos.
 *
 * @module
 */

import type { MergeEvent } from "../../../jobs/predict/merge_parts.ts";
import type { Command } from "../../command.ts";
import { OVERWRITE } from "../../flag.ts";
import { requiredFlag } from "../../flag_values.ts";
import { next } from "../../session/next.ts";
import { counted, formatWritten, type Shown } from "../../text.ts";
import { UsageError } from "../../usage_error.ts";

/** The command `merge`. */
export const mergeCommand: Command = {
  name: "merge",
  summary: "Joins the predictions of parts of videos to those of the whole",
  goingOn: "call it again to go on: what is complete is kept",
  usage: "--out DIR [--overwrite] PART...",
  flags: [
    { name: "out", kind: "value", placeholder: "DIR", sentence: "Where the results go" },
    OVERWRITE,
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const out = requiredFlag(flags, "out");
    const parts = (flags._ as readonly unknown[]).map(String);
    if (parts.length === 0) throw new UsageError("Cannot merge: no PART given");
    const { mergeParts } = await import("../../../jobs/predict/merge_parts.ts");
    const events = mergeParts({ parts, out, overwrite: flags.overwrite === true });
    for await (const event of events) output.event(event, formatMerge);
    output.say(next("measure the labels", ["evaluate", "--labels", out, "--truth", "TRUTH"]));
  },
};

function formatMerge(event: MergeEvent): Shown {
  if (event.type === "done") return { lines: [formatWritten(event)], status: null };
  return { lines: [], status: `${event.path} of ${counted(event.parts, "part")}` };
}
