/**
 * `predict`: label images of images and videos.
 *
 * @module
 */

import type { FrameRange } from "../../jobs/predict/frame_range.ts";
import type { PredictOptions } from "../../jobs/predict/predict_options.ts";
import type { DecodeChanges, ModelKind } from "../../models/model_kind.ts";
import type { OutputFormat } from "../../objects/formats/output_format.ts";
import type { Command, Output } from "../command.ts";
import { type Flag, MEMORY, OVERWRITE, PLANE_CHOICE } from "../flag.ts";
import {
  autoFlag,
  choiceFlag,
  countFlag,
  type Flags,
  shareFlag,
  textFlag,
} from "../flag_values.ts";
import { next } from "../session/next.ts";
import { placeOf } from "../session/surroundings.ts";
import { IncompleteError, usage, UsageError } from "../usage_error.ts";
import { PredictProgress } from "./progress/predict_progress.ts";
import { formatTracking, TRACKING, trackingOf } from "./track.ts";

/** From what, with what and where to. */
export const PLACES: readonly Flag[] = [
  {
    name: "model",
    kind: "value",
    placeholder: "RUN",
    sentence: "The run folder of a network, or its weights file",
    default: "builtin",
  },
  {
    name: "out",
    kind: "value",
    placeholder: "DIR",
    sentence: "Where the results go",
    default: "predicted",
  },
];
/** A part of a video, for one of several processes. */
const PART: readonly Flag[] = [
  {
    name: "frames",
    kind: "value",
    placeholder: "A:B",
    sentence: "Predict only frames from A up to but without B, from 0, as with all others",
  },
  {
    name: "ranges",
    kind: "value",
    placeholder: "FILE.json",
    sentence: "Take ranges of intensities and exposures from a file that the command ranges wrote",
  },
];
/** How; formats of results have flags of their own. */
export const WISHES: readonly Flag[] = [
  {
    name: "ctc",
    kind: "switch",
    sentence: "Name results as the Cell Tracking Challenge does: mask000.tif, …",
  },
  OVERWRITE,
  ...PLANE_CHOICE,
  {
    name: "channels",
    kind: "value",
    placeholder: "N|NAME,…",
    sentence:
      "For models of several channels: those to take, instead of those that the model learned from",
  },
  {
    name: "level",
    kind: "value",
    placeholder: "N",
    sentence: "Resolution of OME-Zarr images that have several, from 0, the finest",
    default: "0",
  },
  {
    name: "rescale",
    kind: "value",
    placeholder: "auto|F",
    sentence:
      "Enlarge images F times before they are segmented, and bring labels back; auto goes by the size of " +
      "pixels, as files and the model know it",
  },
  {
    name: "as",
    kind: "value",
    placeholder: "video|stills",
    sentence:
      "What a folder of images is: a video, or stills, each by itself; a video where they are " +
      "numbered one after the other unless told",
  },
  {
    name: "skip-damaged",
    kind: "switch",
    sentence: "Leave out files that cannot be read, and fail when all others are done",
  },
  {
    name: "normalize",
    kind: "value",
    placeholder: "image|video|frame",
    sentence: "Which pixels share their percentiles, instead of what the model says",
  },
  {
    name: "focus",
    kind: "value",
    placeholder: "TABLE.csv|RUN",
    sentence:
      "For z-stacks: a table of planes in focus or a model that finds them, instead of the one beside the weights",
  },
  {
    name: "threshold",
    kind: "value",
    placeholder: "otsu|P",
    sentence:
      "Probability from which a pixel is foreground or proposes an object; otsu is for U-Nets alone",
  },
  {
    name: "nms",
    kind: "value",
    placeholder: "SHARE",
    sentence: "StarDist only: how much two objects may overlap, as a share of the smaller one",
  },
  {
    name: "opening",
    kind: "value",
    placeholder: "N",
    sentence: "U-Net only: erosions of the foreground, followed by as many dilations",
  },
  {
    name: "min-size",
    kind: "value",
    placeholder: "PIXELS",
    sentence: "U-Net only: the fewest pixels of an object",
  },
  {
    name: "tta",
    kind: "switch",
    sentence: "Average the answers to eight orientations",
  },
  {
    name: "exposure",
    kind: "value",
    placeholder: "auto|G",
    sentence:
      "Gain on the normalised frames of a video, or auto for as bright as the stills were, " +
      "instead of what the model says",
  },
  {
    name: "views",
    kind: "value",
    placeholder: "N",
    sentence: "Average the answers to so many views, turned and exposed otherwise, up to 8",
    default: "1",
  },
  {
    name: "tile",
    kind: "value",
    placeholder: "PIXELS",
    sentence: "The largest side of a tile; what fits into memory unless told",
  },
  {
    name: "block-rows",
    kind: "value",
    placeholder: "N",
    sentence: "Predict single images in blocks of N rows; unless told, from 67 million pixels on",
  },
  {
    name: "precision",
    kind: "value",
    placeholder: "f32|f16",
    sentence:
      "How what goes from layer to layer is stored; f16 takes half of the GPU's memory and is less exact",
    default: "f32",
  },
  MEMORY,
  {
    name: "kernels",
    kind: "value",
    placeholder: "FILE.json",
    sentence: "A file of kernel choices that tune wrote, instead of the built-in rules",
  },
];

/** Registers frames before the network sees them; with --track tracking does so, too. */
const STABILISE: Flag = {
  name: "stabilise",
  kind: "switch",
  sentence:
    "Register the frames of a video by phase correlation, so that the network sees what stands still " +
    "alike in all of them; labels stay where their images are; with --track the common drift comes " +
    "from there, too, and shifts.csv is written",
};

/** Lets frames that are registered be interpolated. */
const SUBPIXEL: Flag = {
  name: "subpixel",
  kind: "switch",
  sentence:
    "With --stabilise, also move frames by parts of a pixel before the network sees them, and objects " +
    "back: outlines are steadier, and on images with little noise less exact",
};

/** Tracks what was found; the flags of tracking follow. */
export const TRACK: Flag = {
  name: "track",
  kind: "switch",
  sentence: "Track what is found in videos: labels whose numbers stay, tracks.csv and objects.csv",
  title: "Tracking (with --track)",
};

/** What the command chooses from; all of Kymo's unless told. */
export interface PredictChoices {
  /** Formats of results, each with its flag. */
  readonly outputs?: readonly OutputFormat[];
  /** Kinds of models. */
  readonly models?: readonly ModelKind[];
}

/** The command `predict`, with formats of results and kinds of models of one's own if there are any. */
export function predictCommandWith(choices: PredictChoices = {}): Command {
  return {
    name: "predict",
    isJob: true,
    summary: "Segments images or videos with a trained network",
    usesGpu: true,
    goingOn: "call it again to go on: what is complete is kept",
    usage: "[--model RUN] [--out DIR] [flags] INPUT...",
    async flags() {
      const formats = (await formatsOf(choices)).flatMap(({ flag, sentence }): Flag[] =>
        flag === null ? [] : [{ name: flag, kind: "switch", sentence }]
      );
      return [
        ...PLACES,
        ...formats,
        ...PART,
        ...WISHES,
        STABILISE,
        SUBPIXEL,
        TRACK,
        ...TRACKING.filter(({ name }) => name !== STABILISE.name)
          .map((flag) => ({ ...flag, title: TRACK.title })),
      ];
    },
    takesInputs: true,
    async run(flags, { output }) {
      const options = await predictOptions(flags, choices);
      if (typeof flags.frames === "string") output.mark({ shard: flags.frames });
      if (flags.track === true) return await runTracks(flags, { options, output });
      const { predict } = await import("../../jobs/predict/predict.ts");
      const progress = new PredictProgress();
      let table: string | undefined;
      for await (const event of predict(options)) {
        if (event.type === "done") table = event.table;
        output.event(event, (shown) => progress.show(shown));
      }
      const evaluate = ["evaluate", "--labels", options.out, "--truth", "TRUTH"] as const;
      if (table === undefined) return output.say(next("measure the labels", evaluate));
      output.say(next("train on the planes around focus", [
        ...["train", "--stills", "STILLS", "--video", options.inputs[0]] as const,
        ...["--planes", "N", "--focus", table],
      ]));
    },
  };
}

/** Predicts and tracks. */
async function runTracks(
  flags: Flags,
  { options, output }: { options: PredictOptions; output: Output },
): Promise<void> {
  if (options.as === "stills") throw new UsageError("Cannot use --track with --as stills");
  if (options.frames !== undefined) {
    throw new UsageError("Cannot use --frames with --track: merge --track tracks what parts hold");
  }
  const tracking = trackingOf(flags);
  const { predictTracks } = await import("../../jobs/predict_tracks.ts");
  const progress = new PredictProgress();
  for await (const event of predictTracks(options, tracking)) {
    output.event(event, (shown) => {
      if (shown.type === "tracked") return formatTracking({ ...shown, type: "frame" });
      if (shown.type === "tracks") return formatTracking({ ...shown, type: "done" });
      return progress.show(shown);
    });
  }
  const evaluate = ["evaluate", "--labels", options.out, "--markers", "TRUTH"] as const;
  output.say(next("score the tracks against markers with a man_track.txt", evaluate));
}

/** The command `predict`. */
export const predictCommand: Command = predictCommandWith();

async function formatsOf({ outputs }: PredictChoices): Promise<readonly OutputFormat[]> {
  return outputs ?? (await import("../../objects/formats/list.ts")).outputFormats;
}

/**
 * Reads the flags.
 *
 * @param flags Parsed flags by name, inputs under `_`.
 * @param choices What there is to choose from.
 * @throws {UsageError} If one makes no sense, or none of the models could do all that is asked for.
 */
export async function predictOptions(
  flags: Flags,
  choices: PredictChoices = {},
): Promise<PredictOptions> {
  const { models } = choices;
  const tracked = ["max-gap", "fill", "reach"].find((name) => flags[name] !== undefined) ??
    ["drop-unsupported", "movie", "animation"].find((name) => flags[name] === true);
  if (tracked !== undefined && flags.track !== true) {
    throw new UsageError(`Cannot use --${tracked} without --track`);
  }
  const inputs = (flags._ as readonly unknown[]).map(String);
  if (inputs.length === 0) throw new IncompleteError("Cannot predict: no INPUT given");
  const changes: DecodeChanges = {
    threshold: thresholdFlag(flags),
    nms: shareFlag(flags, "nms"),
    opening: countFlag(flags, "opening"),
    minSize: countFlag(flags, "min-size"),
  };
  const { checkDecodeChanges } = await import("../../models/decode_changes.ts");
  usage(() => checkDecodeChanges(changes, { models }));
  const { MOST_VIEWS } = await import("../../models/views.ts");
  const formats = await formatsOf(choices);
  return {
    ...changes,
    model: textFlag(flags, "model") ?? "builtin",
    inputs,
    out: textFlag(flags, "out") ?? await placeOf("predicted"),
    models,
    outputs: formats.filter(({ flag }) => flag !== null && flags[flag] === true),
    tta: flags.tta === true,
    views: countFlag(flags, "views", { least: 1, most: MOST_VIEWS }),
    exposure: autoFlag(flags, "exposure"),
    as: choiceFlag(flags, "as", { choices: ["video", "stills"] }),
    skipDamaged: flags["skip-damaged"] === true,
    channel: textFlag(flags, "channel"),
    channels: await channelsFlag(flags),
    slice: countFlag(flags, "slice", { least: 1 }),
    level: countFlag(flags, "level"),
    rescale: autoFlag(flags, "rescale"),
    stabilise: flags.stabilise === true,
    subpixel: flags.subpixel === true,
    frames: await framesFlag(flags),
    ranges: textFlag(flags, "ranges"),
    ctc: flags.ctc === true,
    overwrite: flags.overwrite === true,
    normalize: choiceFlag(flags, "normalize", { choices: ["image", "video", "frame"] }),
    focus: textFlag(flags, "focus"),
    tile: countFlag(flags, "tile", { least: 1 }),
    blockRows: countFlag(flags, "block-rows", { least: 1 }),
    precision: choiceFlag(flags, "precision", { choices: ["f32", "f16"] }),
    memory: countFlag(flags, "memory", { least: 1 }),
    kernels: textFlag(flags, "kernels"),
  };
}

async function framesFlag(flags: Flags): Promise<FrameRange | undefined> {
  const text = textFlag(flags, "frames");
  if (text === undefined) return undefined;
  const { parseFrameRange } = await import("../../jobs/predict/frame_range.ts");
  return usage(() => parseFrameRange(text, { called: "--frames" }));
}

async function channelsFlag(flags: Flags): Promise<readonly string[] | undefined> {
  const text = textFlag(flags, "channels");
  if (text === undefined) return undefined;
  const { parseChannels } = await import("../../jobs/predict/predict_options.ts");
  return usage(() => parseChannels(text, { called: "--channels" }));
}

function thresholdFlag(flags: Flags): "otsu" | number | undefined {
  const value = textFlag(flags, "threshold");
  if (value === undefined || value === "otsu") return value;
  const number = Number(value);
  if (value.trim() !== "" && number >= 0 && number <= 1) return number;
  throw new UsageError(`Cannot use --threshold ${value}: expected otsu or a number from 0 to 1`);
}
