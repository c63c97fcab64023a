/**
 * `filter`: the temporal filter on label images.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { FilterEvent } from "../../jobs/filter_files.ts";
import type { Command } from "../command.ts";
import { OVERWRITE } from "../flag.ts";
import { requiredFlag, shareFlag, textFlag } from "../flag_values.ts";
import { next } from "../session/next.ts";
import { formatWritten, type Shown } from "../text.ts";
import { UsageError } from "../usage_error.ts";

/** The command `filter`. */
export const filterCommand: Command = {
  name: "filter",
  isJob: true,
  summary: "Removes from labels what the frames around it do not show",
  goingOn: "call it again to go on: what is complete is kept",
  usage: "--labels PATH --out DIR [flags]",
  flags: [
    {
      name: "labels",
      kind: "value",
      placeholder: "PATH",
      sentence: "A folder or stack of label images",
    },
    { name: "out", kind: "value", placeholder: "DIR", sentence: "Where the results go" },
    {
      name: "min-overlap",
      kind: "value",
      placeholder: "SHARE",
      sentence: "Smallest overlap with an object of a neighbouring frame that keeps an object",
      default: "0",
    },
    {
      name: "fill-gaps",
      kind: "switch",
      sentence: "Draw an object that is missing in one frame alone",
    },
    {
      name: "votes",
      kind: "switch",
      sentence: "Instead let two frames each way vote on every object",
    },
    {
      name: "vote",
      kind: "value",
      placeholder: "SHARE",
      sentence: "With --votes: the vote from which an object stays",
      default: "0.45",
    },
    {
      name: "probability",
      kind: "value",
      placeholder: "PATH",
      sentence:
        "With --votes: probability maps of the same frames, so that sure objects count more",
    },
    OVERWRITE,
  ],
  async run(flags, { output }) {
    const byVotes = flags.votes === true;
    const useless = byVotes ? ["min-overlap", "fill-gaps"] : ["vote", "probability"];
    const given = useless.find((name) => flags[name] !== undefined && flags[name] !== false);
    if (given !== undefined) {
      throw new UsageError(`Cannot use --${given} with${byVotes ? "" : "out"} --votes`);
    }
    const labels = requiredFlag(flags, "labels");
    const out = requiredFlag(flags, "out");
    const { filterFiles } = await import("../../jobs/filter_files.ts");
    const events = filterFiles({
      ...{ labels, out },
      minOverlap: shareFlag(flags, "min-overlap"),
      fillGaps: flags["fill-gaps"] === true,
      votes: byVotes,
      vote: shareFlag(flags, "vote"),
      probability: textFlag(flags, "probability"),
      overwrite: flags.overwrite === true,
    });
    for await (const event of events) output.event(event, formatFilter);
    output.say(next("measure what is left", ["evaluate", "--labels", out, "--truth", "TRUTH"]));
  },
};

/** A filtered frame, or the end of the filtering, as text. */
function formatFilter(event: FilterEvent): Shown {
  if (event.type === "note") return { lines: [event.text], status: null };
  const { dropped, filled } = event;
  const changes = `${counted(dropped, "object")} removed, ${filled} drawn`;
  if (event.type === "frame") {
    return { lines: [], status: `${event.done}/${event.total}  ${event.name}: ${changes}` };
  }
  return { lines: [`${formatWritten(event)}; ${changes}`], status: null };
}
