/**
 * `merge`: joins the predictions of parts of videos.
 *
 * @module
 */

import { counted } from "../../../counted.ts";
import type { MergeEvent } from "../../../jobs/merge/merge_parts.ts";
import type { Command, Output } from "../../command.ts";
import { OVERWRITE } from "../../flag.ts";
import { type Flags, requiredFlag, textFlag } from "../../flag_values.ts";
import { next } from "../../session/next.ts";
import { formatWritten, type Shown } from "../../text.ts";
import { IncompleteError, UsageError } from "../../usage_error.ts";
import { TRACK } from "../predict.ts";
import { WaitingProgress } from "../waiting_progress.ts";
import { formatTracking, TRACKING, trackingOf } from "../track.ts";

/** The command `merge`. */
export const mergeCommand: Command = {
  name: "merge",
  isJob: true,
  summary: "Joins the predictions of parts of videos to those of the whole",
  goingOn: "call it again to go on: what is complete is kept",
  usage: "--out DIR [--overwrite] [--track [flags]] PART...",
  flags: [
    { name: "out", kind: "value", placeholder: "DIR", sentence: "Where the results go" },
    OVERWRITE,
    {
      ...TRACK,
      sentence:
        "Track objects over the seams: labels whose numbers stay, tracks.csv and objects.csv",
    },
    {
      name: "images",
      kind: "value",
      placeholder: "PATH",
      sentence: "The images of the video, where they are no longer where they were predicted from",
      title: TRACK.title,
    },
    {
      name: "ctc",
      kind: "switch",
      sentence: "Also write mask000.tif, … and res_track.txt, as the Cell Tracking Challenge does",
      title: TRACK.title,
    },
    ...TRACKING.map((flag) => ({ ...flag, title: TRACK.title })),
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const out = requiredFlag(flags, "out");
    const parts = (flags._ as readonly unknown[]).map(String);
    if (parts.length === 0) throw new IncompleteError("Cannot merge: no PART given");
    const options = { parts, out, overwrite: flags.overwrite === true };
    if (flags.track === true) return await runTracks(flags, { options, output });
    refuseTracking(flags);
    const { mergeParts } = await import("../../../jobs/merge/merge_parts.ts");
    const show = mergeText();
    for await (const event of mergeParts(options)) output.event(event, show);
    output.say(next("measure the labels", ["evaluate", "--labels", out, "--truth", "TRUTH"]));
  },
};

/** Joins and tracks. */
async function runTracks(
  flags: Flags,
  { options, output }: {
    options: { parts: readonly string[]; out: string; overwrite: boolean };
    output: Output;
  },
): Promise<void> {
  const tracking = trackingOf(flags);
  const { mergeTracks } = await import("../../../jobs/merge/merge_tracks.ts");
  const show = mergeText();
  const events = mergeTracks({ ...options, images: textFlag(flags, "images") }, tracking);
  for await (const event of events) {
    output.event(event, (shown) => {
      if (shown.type === "tracked") return formatTracking({ ...shown, type: "frame" });
      if (shown.type === "tracks") return formatTracking({ ...shown, type: "done" });
      return shown.type === "note" ? formatTracking(shown) : show(shown);
    });
  }
  const evaluate = ["evaluate", "--labels", options.out, "--markers", "TRUTH"] as const;
  output.say(next("score the tracks against markers with a man_track.txt", evaluate));
}

/** Refuses what only --track has a use for. */
function refuseTracking(flags: Flags): void {
  const given = ["images", ...TRACKING.map(({ name }) => name), "ctc"].find((name) =>
    name === "divisions"
      ? flags[name] === false
      : flags[name] !== undefined && flags[name] !== false
  );
  if (given !== undefined) throw new UsageError(`Cannot use --${given} without --track`);
}

/** Turns events into text. */
function mergeText(): (event: MergeEvent) => Shown {
  const waiting = new WaitingProgress(() => performance.now());
  return (event) => {
    if (event.type === "progress") return waiting.show(event);
    if (event.type === "done") return { lines: [formatWritten(event)], status: null };
    return { lines: [], status: `${event.path} of ${counted(event.parts, "part")}` };
  };
}
