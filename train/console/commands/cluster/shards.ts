/**
 * `shards`: the pieces of videos, one line each, for whatever starts many processes.
 *
 * @module
 */

import type { Command } from "../../command.ts";
import { countFlag } from "../../flag_values.ts";
import { quoted } from "../../session/next.ts";
import { IncompleteError } from "../../usage_error.ts";

/** The command `shards`. */
export const shardsCommand: Command = {
  name: "shards",
  summary: "Lists the pieces of videos, one line of flags of predict for each",
  usage: "--size N INPUT...",
  flags: [
    { name: "size", kind: "value", placeholder: "N", sentence: "The most frames of a piece" },
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const size = countFlag(flags, "size", { least: 1 });
    const inputs = (flags._ as readonly unknown[]).map(String);
    if (size === undefined) throw new IncompleteError("Cannot list pieces: --size is missing");
    if (inputs.length === 0) throw new IncompleteError("Cannot list pieces: no INPUT given");
    const { listShards } = await import("../../../jobs/predict/list_shards.ts");
    for await (const shard of listShards(inputs, { size })) {
      output.event(shard, ({ path, first, end }) => {
        return { lines: [`--frames ${first}:${end} ${quoted(path)}`], status: null };
      });
    }
  },
};
