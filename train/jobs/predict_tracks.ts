/**
 * Predicts videos and tracks what is in them. Labels as the model gives them go into a folder `untracked`
 * within the output folder, where a later call goes on; the output folder itself gets labels whose numbers
 * are tracks, and the tables.
 *
 * @module
 */

import { basename, imageStem, join } from "../images/names.ts";
import { disk } from "./disk/files.ts";
import { readModelFile } from "./disk/model_files.ts";
import { doubtfulTiff } from "../objects/formats/doubtful_tiff.ts";
import { probabilityTiff } from "../objects/formats/probability_tiff.ts";
import { trackFiles } from "./track/track_files.ts";
import type {
  FrameTracked,
  TrackFilesOptions,
  TrackingDone,
  TrackNote,
} from "./track/track_options.ts";
import { predict } from "./predict/predict.ts";
import type { FocusFound } from "./predict/predict_focus.ts";
import {
  checkTogether,
  type PredictEvent,
  type PredictOptions,
} from "./predict/predict_options.ts";

/** The folder of labels before they are tracked. */
export const UNTRACKED = "untracked";

/** A frame of a prediction has been tracked. */
export interface PredictionTracked extends Omit<FrameTracked, "type"> {
  /** What kind of event this is. */
  readonly type: "tracked";
}

/** The tracks of an input are written. */
export interface PredictionTracks extends Omit<TrackingDone, "type"> {
  /** What kind of event this is. */
  readonly type: "tracks";
}

/** What prediction with tracking tells. */
export type PredictTracksEvent = PredictEvent | FocusFound | PredictionTracked | PredictionTracks;

/** How tracks are made. */
export type TrackingOptions = Pick<
  TrackFilesOptions,
  | "maxGap"
  | "divisions"
  | "reach"
  | "fill"
  | "dropUnsupported"
  | "ctc"
  | "movie"
  | "animation"
  | "stabilise"
>;

/**
 * Predicts each input as a video, and tracks it. Several inputs get a folder each, of their names.
 *
 * @throws As {@linkcode predict} and `trackFiles`.
 * @throws {Error} If two inputs have one name.
 */
export async function* predictTracks(
  options: PredictOptions,
  tracking: TrackingOptions,
): AsyncGenerator<PredictTracksEvent> {
  checkTogether(options);
  const { inputs, source = disk } = options;
  const names = inputs.map((input) => imageStem(basename(input), source.formats));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (inputs.length > 1 && twice !== undefined) {
    throw new Error(
      `Cannot predict: two inputs are called ${twice}; predict them into different folders with --out`,
    );
  }
  for (const [i, input] of inputs.entries()) {
    const out = inputs.length === 1 ? options.out : join(options.out, names[i]);
    yield* predictOne({ ...options, inputs: [input], out }, tracking);
  }
}

async function* predictOne(
  options: PredictOptions,
  tracking: TrackingOptions,
): AsyncGenerator<PredictTracksEvent> {
  const { outputs = [], inputs: [images] } = options;
  // What shows objects that were missed: what the model proposed and did not keep, or else its maps.
  const { kind } = await readModelFile(options.model, { models: options.models });
  const shown = kind.objects?.hasDoubts ? doubtfulTiff : probabilityTiff;
  const needsShown = tracking.fill === "probable" && !outputs.includes(shown);
  yield* predict({
    ...options,
    ...{ out: join(options.out, UNTRACKED), as: "video", ctc: false },
    outputs: needsShown ? [...outputs, shown] : outputs,
  });
  yield* trackUntracked({ ...options, images, tracking });
}

/** Labels in the folder `untracked` of an output folder, and what else belongs to their tracks. */
export interface UntrackedLabels
  extends Pick<PredictOptions, "out" | "source" | "slice" | "overwrite"> {
  /** The images that the labels are of. */
  readonly images: string;
  /** What the labels are called after, where that is not the images. */
  readonly name?: string;
  /** How tracks are made. */
  readonly tracking: TrackingOptions;
}

/**
 * Tracks labels that are not tracked yet, into the folder above theirs.
 *
 * @throws As `trackFiles`.
 */
export async function* trackUntracked(
  { images, name = images, tracking, ...options }: UntrackedLabels,
): AsyncGenerator<PredictionTracked | PredictionTracks | TrackNote> {
  const { out, source = disk } = options;
  const untracked = join(out, UNTRACKED);
  // A stack gave one file, a folder one for each frame.
  const stack = await source.isFolder(images)
    ? null
    : join(untracked, `${imageStem(name, source.formats)}.tif`);
  const isStack = stack !== null && await source.isFolder(stack).then(() => true, () => false);
  const labels = isStack ? stack : untracked;
  const events = trackFiles({ ...tracking, ...options, labels, images, isAmongOthers: true });
  for await (const event of events) {
    if (event.type === "frame") yield { ...event, type: "tracked" };
    else if (event.type === "done") yield { ...event, type: "tracks" };
    else yield event;
  }
}
