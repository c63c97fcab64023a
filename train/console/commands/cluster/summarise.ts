/**
 * `summarise`: the table of runs that were trained one by one.
 *
 * @module
 */

import type { RunsSummarised } from "../../../jobs/summarise_runs.ts";
import type { Command } from "../../command.ts";
import { requiredFlag } from "../../flag_values.ts";
import { absolute } from "../../session/next.ts";
import type { Shown } from "../../text.ts";
import { IncompleteError } from "../../usage_error.ts";
import { formatTable } from "../train_progress.ts";

/** The command `summarise`. */
export const summariseCommand: Command = {
  name: "summarise",
  summary: "Makes the table and the report of runs that differ in their seed",
  usage: "--out DIR RUN...",
  flags: [
    { name: "out", kind: "value", placeholder: "DIR", sentence: "Where the report goes" },
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const out = requiredFlag(flags, "out");
    const runs = (flags._ as readonly unknown[]).map(String);
    if (runs.length === 0) throw new IncompleteError("Cannot sum up: no RUN given");
    const { summariseRuns } = await import("../../../jobs/summarise_runs.ts");
    output.event(await summariseRuns({ runs, out }), formatSummary);
  },
};

function formatSummary({ table, seeds, report, warnings }: RunsSummarised): Shown {
  const lines = [
    ...warnings,
    `Seeds ${seeds.join(", ")}`,
    "",
    ...formatTable(table),
    "",
    `Report: ${absolute(report)}`,
  ];
  return { lines, status: null };
}
