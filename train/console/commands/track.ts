/**
 * `track`: numbers that stay, for the objects of label images.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { TrackEvent } from "../../jobs/track/track_options.ts";
import type { Command } from "../command.ts";
import { type Flag, OVERWRITE, PLANE_CHOICE } from "../flag.ts";
import {
  choiceFlag,
  countFlag,
  type Flags,
  numberFlag,
  requiredFlag,
  textFlag,
} from "../flag_values.ts";
import { absolute, next } from "../session/next.ts";
import { UsageError } from "../usage_error.ts";
import type { Shown } from "../text.ts";

/** What gaps are filled with. */
const FILLS = ["none", "probable", "copy"] as const;

/** What numbers may be. */
const MASKS = ["instances", "binary"] as const;

/** How objects are tracked; `predict --track` has these, too. */
export const TRACKING: readonly Flag[] = [
  {
    name: "max-gap",
    kind: "value",
    placeholder: "N",
    sentence: "The most frames in which a track may be missing before it ends",
    default: "2",
  },
  {
    name: "fill",
    kind: "value",
    placeholder: FILLS.join("|"),
    sentence:
      "Put objects back that frames miss: where probability maps show them, or wherever a track " +
      "has a gap",
    default: "none",
  },
  {
    name: "drop-unsupported",
    kind: "switch",
    sentence:
      "Drop what no neighbouring frame supports: objects that are seen in one frame alone and are of " +
      "no division",
  },
  {
    name: "reach",
    kind: "value",
    placeholder: "PIXELS",
    sentence:
      "The farthest that an object goes from frame to frame besides the common drift; from the " +
      "size, step and distance of objects unless told",
  },
  {
    name: "movie",
    kind: "switch",
    sentence: "Also write movie.html, a player of the video with the outlines of tracks",
  },
  {
    name: "animation",
    kind: "switch",
    sentence:
      "Also write animation.png, the video with the outlines of tracks as an animated PNG of at " +
      "most 512 pixels across",
  },
  {
    name: "stabilise",
    kind: "switch",
    sentence:
      "Find the common drift by phase correlation of the images instead of from the objects, " +
      "and write it to shifts.csv",
  },
  {
    name: "divisions",
    kind: "switch",
    sentence: "Look for divisions: two alike objects, of which the mother was in the middle",
    default: "true",
  },
];

/** What the flags of tracking say. */
export function trackingOf(flags: Flags) {
  const reach = numberFlag(flags, "reach");
  if (reach !== undefined && !(reach > 0)) {
    throw new UsageError(`Cannot use --reach ${reach}: expected a number over 0`);
  }
  return {
    reach,
    maxGap: countFlag(flags, "max-gap"),
    fill: choiceFlag(flags, "fill", { choices: FILLS }),
    dropUnsupported: flags["drop-unsupported"] === true,
    divisions: flags.divisions !== false,
    ctc: flags.ctc === true,
    movie: flags.movie === true,
    animation: flags.animation === true,
    stabilise: flags.stabilise === true,
  };
}

/** The command `track`. */
export const trackCommand: Command = {
  name: "track",
  isJob: true,
  summary: "Gives the objects of label images numbers that stay, and measures them",
  goingOn: "nothing of it is kept; call it again",
  usage: "--labels PATH --out DIR [--images PATH] [flags]",
  flags: [
    {
      name: "labels",
      kind: "value",
      placeholder: "PATH",
      sentence: "A folder or stack of label images, whose numbers mean nothing",
    },
    {
      name: "masks",
      kind: "value",
      placeholder: MASKS.join("|"),
      sentence: "What their numbers are: each an object (instances), or all but the lowest " +
        "foreground, whose connected pixels are objects (binary); objects unless told, and what " +
        "looks like an image is refused",
    },
    {
      name: "out",
      kind: "value",
      placeholder: "DIR",
      sentence: "Where labels with numbers of tracks, tracks.csv and objects.csv go, new or empty",
    },
    {
      name: "images",
      kind: "value",
      placeholder: "PATH",
      sentence: "The images of the same frames, whose intensities are measured in every channel",
    },
    ...TRACKING,
    {
      name: "probability",
      kind: "value",
      placeholder: "PATH",
      sentence:
        "With --fill probable: probability maps of the same frames; those beside the labels " +
        "unless told",
    },
    {
      name: "ctc",
      kind: "switch",
      sentence: "Also write mask000.tif, … and res_track.txt, as the Cell Tracking Challenge does",
    },
    ...PLANE_CHOICE.filter(({ name }) => name === "slice"),
    OVERWRITE,
  ],
  async run(flags, { output }) {
    const labels = requiredFlag(flags, "labels");
    const out = requiredFlag(flags, "out");
    const options = {
      ...trackingOf(flags),
      ...{ labels, out, images: textFlag(flags, "images") },
      masks: choiceFlag(flags, "masks", { choices: MASKS }),
      probability: textFlag(flags, "probability"),
      slice: countFlag(flags, "slice", { least: 1 }),
      overwrite: flags.overwrite === true,
    };
    if (options.probability !== undefined && options.fill !== "probable") {
      throw new UsageError("Cannot use --probability without --fill probable");
    }
    if (options.stabilise && options.images === undefined) {
      throw new UsageError("Cannot use --stabilise without --images");
    }
    const { trackFiles } = await import("../../jobs/track/track_files.ts");
    for await (const event of trackFiles(options)) output.event(event, formatTracking);
    const evaluate = ["evaluate", "--labels", out, "--markers", "TRUTH"] as const;
    output.say(next("score the tracks against markers with a man_track.txt", evaluate));
  },
};

/** What tracking tells, as text. */
export function formatTracking(event: TrackEvent): Shown {
  switch (event.type) {
    case "note":
      return { lines: [event.text], status: null };
    case "frame": {
      const { done, total, name, objects, put_back, dropped = 0 } = event;
      const back = put_back === 0 ? "" : `, ${put_back} put back`;
      const gone = dropped === 0 ? "" : `, ${dropped} dropped`;
      const status = `${done}/${total}  ${name}: ${
        counted(objects, "object")
      } tracked${back}${gone}`;
      return { lines: [], status };
    }
    case "done": {
      const { out, written, tracks, divisions, gaps, put_back, step, dropped } = event;
      const gone = dropped === undefined ? "" : `, ${counted(dropped, "object")} dropped`;
      const steps = step === null ? "" : `; a step is ${step.toFixed(1)} pixels`;
      return {
        lines: [
          `${counted(tracks, "track")}, ${counted(divisions, "division")}, ${
            counted(gaps, "frame")
          } missing within tracks, ${counted(put_back, "object")} put back${gone}${steps}`,
          `${counted(written, "label file")}, tables and report.html written to ${absolute(out)}`,
        ],
        status: null,
      };
    }
  }
}
