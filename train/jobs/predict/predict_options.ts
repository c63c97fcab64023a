/**
 * What prediction is asked for, and what it tells while it runs.
 *
 * @module
 */

import type { NormalizationSettings } from "../../images/normalize.ts";
import { channelList, type PlaneChoice } from "../../images/series/plane_choice.ts";
import type { Source } from "../../images/source.ts";
import type { DecodeChanges, ModelKind } from "../../models/model_kind.ts";
import type { OutputFormat } from "../../objects/formats/output_format.ts";
import { InvalidArgumentError } from "../../invalid_argument.ts";
import type { InputEvent, RangeEvent } from "../progress/inputs.ts";
import type { ProgressEvent } from "../progress/progress.ts";
import type { FrameRange } from "./frame_range.ts";

/**
 * What to predict, with what, and where to; and what differs from the model's own settings.
 *
 * @category Jobs
 */
export interface PredictOptions extends DecodeChanges, PlaneChoice {
  /** A run folder, a weights file, or `builtin`. */
  readonly model: string;
  /**
   * The channels that are those of the model's images, by number from 1 or by name, instead of those that it
   * learned from; only for models that take several.
   */
  readonly channels?: readonly (number | string)[];
  /** Image files, stacks and folders of frames. */
  readonly inputs: readonly string[];
  /** Which resolution is read of images that have several, from 0, the finest; that unless told. */
  readonly level?: number;
  /** Output folder. */
  readonly out: string;
  /** What is written besides the labels, as `outputFormats` lists it: outlines, probability maps, … */
  readonly outputs?: readonly OutputFormat[];
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /**
   * The frames to predict of each video, all unless told. Ranges and exposure are those of the whole
   * video, so that parts equal the whole.
   */
  readonly frames?: FrameRange;
  /** A file of `findRanges`, whose ranges and exposures are taken instead of finding them. */
  readonly ranges?: string;
  /** Name results as the Cell Tracking Challenge does: mask000.tif, … */
  readonly ctc?: boolean;
  /**
   * What a folder of images is: the frames of a `video`, or `stills`, each by itself. Unless told it is a
   * video where the names are numbered one after the other, or `normalize` is `video`.
   */
  readonly as?: "video" | "stills";
  /**
   * Leave out files that cannot be read, and fail after all others are done; otherwise nothing is done
   * where one cannot be opened.
   */
  readonly skipDamaged?: boolean;
  /** Which pixels share their percentiles, instead of what the model says. */
  readonly normalize?: NormalizationSettings["mode"];
  /**
   * For models that take z-stacks: a table of focus planes or a focus model; unless told, the one that
   * is beside the model's weights.
   */
  readonly focus?: string;
  /**
   * By how much images are enlarged before they are segmented, labels being brought back; `auto` goes by the
   * size of pixels. As they are unless told.
   */
  readonly rescale?: "auto" | number;
  /** The gain on the normalised frames of videos, or `auto`; what the model says unless told. */
  readonly exposure?: "auto" | number;
  /**
   * Register the frames of videos by phase correlation, and let the network see each of them on the same grid
   * of pixels; labels stay in the geometry of their images.
   */
  readonly stabilise?: boolean;
  /**
   * With `stabilise`, also move frames by what is left besides whole pixels, interpolating between pixels, and
   * objects back by as much.
   */
  readonly subpixel?: boolean;
  /** Whether the answers to all eight orientations are averaged. */
  readonly tta?: boolean;
  /** How many views, turned and exposed otherwise, are averaged; 1 unless told. */
  readonly views?: number;
  /** Largest side of a tile in pixels. */
  readonly tile?: number;
  /**
   * Predicts single images in blocks of about so many rows, with as little memory; unless told, those of more
   * than 2^26 pixels, in blocks of some 2^24 pixels.
   */
  readonly blockRows?: number;
  /**
   * How what goes from layer to layer of the network is stored: `f16` takes half of the memory and is less
   * exact; `f32` unless told.
   */
  readonly precision?: "f32" | "f16";
  /** Most GPU memory to use, in MiB. */
  readonly memory?: number;
  /** File of kernel choices that `tune` wrote; the built-in rules unless told. */
  readonly kernels?: string;
  /** Kinds of models that there are; all of Kymo's unless told. */
  readonly models?: readonly ModelKind[];
  /**
   * Threads besides this one that read, find objects and compress: 0 for none. Unless told, a few where a
   * GPU computes and there are processors enough, and none else. Results are the same.
   */
  readonly workers?: number;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/**
 * Refuses options of which one says nothing with, or without, another.
 *
 * @throws {InvalidArgumentError} If there are such.
 */
export function checkTogether({ subpixel, stabilise, tta, views }: PredictOptions): void {
  if (subpixel && !stabilise) {
    throw new InvalidArgumentError("Cannot use --subpixel without --stabilise");
  }
  if (tta && views !== undefined) throw new InvalidArgumentError("Cannot use --views with --tta");
}

/**
 * A frame has been segmented.
 *
 * @category Jobs
 */
export interface FramePredicted {
  /** What kind of event this is. */
  readonly type: "frame";
  /** The input's file name. */
  readonly name: string;
  /** The path of that file. */
  readonly path: string;
  /** Frames done, this one included. */
  readonly done: number;
  /** Frames of all inputs. */
  readonly total: number;
  /** Objects found. */
  readonly objects: number;
  /** Seconds since the frame before. */
  readonly seconds: number;
}

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface PredictionDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Label files written, or completed by their probability maps and outlines. */
  readonly written: number;
  /** Label files that existed and were kept, with their maps and outlines if asked for. */
  readonly kept: number;
  /** The table of planes in focus, where that is what was written. */
  readonly table?: string;
}

/**
 * Something a user should know.
 *
 * @category Jobs
 */
export interface PredictNote {
  /** What kind of event this is. */
  readonly type: "note";
  /** One sentence. */
  readonly text: string;
}

/**
 * What prediction tells while it runs.
 *
 * @category Jobs
 */
export type PredictEvent =
  | FramePredicted
  | PredictionDone
  | PredictNote
  | ProgressEvent
  | InputEvent
  | RangeEvent;

/**
 * Channels as they are written on the command line: `1,3` or `DAPI,GFP`.
 *
 * @param options.called What errors call them, such as `--channels`; `channels` unless told.
 * @throws {RangeError} If one is named twice or has no name.
 */
export function parseChannels(text: string, { called = "channels" } = {}): string[] {
  return channelList(text.split(","), { called });
}
