/**
 * `filter`: the temporal filter on label images.
 *
 * @module
 */

import type { FilterEvent } from "../../jobs/filter_files.ts";
import type { Command } from "../command.ts";
import { OVERWRITE } from "../flag.ts";
import { numberFlag, requiredFlag } from "../flag_values.ts";
import { counted, formatWritten, type Shown } from "../text.ts";

/** The command `filter`. */
export const filterCommand: Command = {
  name: "filter",
  summary: "Removes from labels what no neighbouring frame shows",
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
    OVERWRITE,
  ],
  async run(flags, { output }) {
    const { filterFiles } = await import("../../jobs/filter_files.ts");
    const events = filterFiles({
      labels: requiredFlag(flags, "labels"),
      out: requiredFlag(flags, "out"),
      minOverlap: numberFlag(flags, "min-overlap"),
      fillGaps: flags["fill-gaps"] === true,
      overwrite: flags.overwrite === true,
    });
    for await (const event of events) output.event(event, formatFilter);
  },
};

/** A filtered frame, or the end of the filtering, as text. */
function formatFilter(event: FilterEvent): Shown {
  const { dropped, filled } = event;
  const changes = `${counted(dropped, "object")} removed, ${filled} drawn`;
  if (event.type === "frame") {
    return { lines: [], status: `${event.done}/${event.total}  ${event.name}: ${changes}` };
  }
  return { lines: [`${formatWritten(event)}; ${changes}`], status: null };
}
