/**
 * Applies a model to image files: one label TIFF per input image, a stack for a stack.
 *
 * A model that takes z-stacks finds their focus planes first, or takes them from a table. A single
 * image is normalised by itself; the frames of a video (a folder, or a stack with several
 * frames) as the model was told to normalise videos.
 *
 * @module
 */

import { openDevice } from "../../../kernels/open_device.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import type { Steps } from "../../../kernels/masks/mod.ts";
import { disk } from "../disk/files.ts";
import { makeFolder } from "../disk/folders.ts";
import type { Channels, Plane } from "../../images/image.ts";
import {
  type IntensityRange,
  intensityRange,
  type NormalizationSettings,
  normalize,
  videoIntensityRange,
} from "../../images/normalize.ts";
import { groupNotes } from "../../images/formats/notes.ts";
import { dirname, join } from "../../images/paths.ts";
import type { PlaneChoice, StackPlane } from "../../images/series/plane_choice.ts";
import { openVideo, type Video } from "../../images/series/video.ts";
import type { Source } from "../../images/source.ts";
import { changeDecode } from "../../models/decode_changes.ts";
import { defaultKinds, objectModelOf } from "../../models/list.ts";
import { buildModel, type Model, type ModelFile, readingOf } from "../../models/model_file.ts";
import type { DecodeChanges, ModelKind } from "../../models/model_kind.ts";
import { tracedOutlines } from "../../objects/outline.ts";
import { FOCUS, openFocus } from "../disk/focus_source.ts";
import { readKernelFile } from "../disk/kernel_file.ts";
import { runOf } from "../disk/model_files.ts";
import type { FrameNeed, FrameResult, OutputFormat } from "../../objects/formats/output_format.ts";
import { JobOutput } from "../outputs/job_output.ts";
import { filesToWrite, foldersOf, type PlannedJob, planOutputs } from "../outputs/output_plan.ts";
import { predictionJobs } from "./output_names.ts";
import { openStackVideo } from "../../images/series/stack_video.ts";
import { ALL_ORIENTATIONS, viewsOf } from "../../models/views.ts";
import { exposureFor, isUnusual } from "../../models/exposure.ts";
import { inTurns, underwayOf } from "../../models/turns.ts";

/** What to predict, with what, and where to; and what differs from the model's own settings. */
export interface PredictOptions extends DecodeChanges, PlaneChoice {
  /** A run folder or a weights file. */
  readonly model: string;
  /** Image files, stacks and folders of frames. */
  readonly inputs: readonly string[];
  /** Output folder. */
  readonly out: string;
  /** What is written besides the labels, as `outputFormats` lists it: outlines, probability maps, … */
  readonly outputs?: readonly OutputFormat[];
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /** Name results as the Cell Tracking Challenge does: mask000.tif, … */
  readonly ctc?: boolean;
  /** Which pixels share their percentiles, instead of what the model says. */
  readonly normalize?: NormalizationSettings["mode"];
  /**
   * For models that take z-stacks: a table of focus planes or a focus model; unless told, the one that
   * is beside the model's weights.
   */
  readonly focus?: string;
  /** The gain on the normalised frames of videos, or `auto`; what the model says unless told. */
  readonly exposure?: "auto" | number;
  /** Whether the answers to all eight orientations are averaged. */
  readonly tta?: boolean;
  /** How many views, turned and exposed otherwise, are averaged; 1 unless told. */
  readonly views?: number;
  /** Largest side of a tile in pixels. */
  readonly tile?: number;
  /** Most GPU memory to use, in MiB. */
  readonly memory?: number;
  /** File of kernel choices that `tune` wrote; the built-in rules unless told. */
  readonly kernels?: string;
  /** Kinds of models that there are; all of Kymo's unless told. */
  readonly models?: readonly ModelKind[];
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/** A frame has been segmented. */
export interface FramePredicted {
  /** What kind of event this is. */
  readonly type: "frame";
  /** The input's file name. */
  readonly name: string;
  /** Frames done, this one included. */
  readonly done: number;
  /** Frames of all inputs. */
  readonly total: number;
  /** Objects found. */
  readonly objects: number;
  /** Seconds since the frame before. */
  readonly seconds: number;
}

/** Everything is written. */
export interface PredictionDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Label files written, or completed by their probability maps and outlines. */
  readonly written: number;
  /** Label files that existed and were kept, with their maps and outlines if asked for. */
  readonly kept: number;
}

/** Something a user should know. */
export interface PredictNote {
  /** What kind of event this is. */
  readonly type: "note";
  /** One sentence. */
  readonly text: string;
}

/** What prediction tells while it runs. */
export type PredictEvent = FramePredicted | PredictionDone | PredictNote;

/**
 * Predicts with a model that finds objects, and tells what happens as it happens.
 *
 * Frames of all inputs run through one pipeline, a few at a time: while the GPU computes one, the
 * next is read and those before are encoded and written. A frame is told of when it is in its file,
 * or on its way into that of its stack.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged or does not fit, or a setting is
 *   not for the model's kind of network.
 * @throws {Error} If two inputs would be written to one file, or onto an input.
 */
export async function* predictObjects(
  options: PredictOptions,
  file: ModelFile,
): AsyncGenerator<PredictEvent> {
  const { out, memory = 4096, kernels } = options;
  using device = await openDevice({
    memoryLimit: memory * 1024 ** 2,
    kernels: kernels === undefined ? {} : await readKernelFile(kernels),
  });
  const videos = await openInputs(device, { options, planes: readingOf(file).planes });
  for (const text of groupNotes(videos.flatMap(({ notes }) => notes))) yield { type: "note", text };
  const jobs = await planFiles(videos, options);
  const model = changedModel(buildModel(device, file), options);
  using folders = new DisposableStack();
  for (const folder of foldersOf(jobs)) folders.use(await makeFolder(folder));
  const total = jobs.reduce((sum, { frames }) => sum + frames.length, 0);
  const count = { written: 0, kept: 0 };
  const notes: PredictNote[] = [];
  const frames = readFrames(device, { jobs, model, options, count, notes });
  const largest = Math.max(...videos.map(({ width, height }) => width * height));
  const segmented = inTurns(
    device,
    frames,
    (frame) => segment(device, { frame, model, options }),
    { most: underwayOf(largest) },
  );
  let before = performance.now();
  let output: JobOutput | null = null;
  try {
    for await (const { frame: { name, done, ...frame }, objects, ...result } of segmented) {
      yield* notes.splice(0);
      output = frame.output;
      if (await output.add(result)) count.written++;
      const now = performance.now();
      const seconds = (now - before) / 1000;
      before = now;
      yield { type: "frame", name, done, total, objects, seconds };
    }
  } finally {
    await output?.[Symbol.asyncDispose]();
  }
  yield { type: "done", out, ...count };
}

/** Images as the model takes them: single planes, or the planes around focus of z-stacks. */
async function openInputs(
  device: Device,
  { options: { inputs, model, focus, channel, slice, source = disk }, planes }: {
    options: PredictOptions;
    planes: number | null;
  },
): Promise<Video[]> {
  if (planes === null) {
    if (focus === undefined) {
      const open = (path: string) => openVideo(source, path, { channel, slice });
      return eachOnce(await Promise.all(inputs.map(open)));
    }
    throw new TypeError(
      `Cannot use --focus with ${model}: its images are single planes; leave the flag out`,
    );
  }
  if (slice !== undefined) {
    throw new TypeError(
      `Cannot use --slice with ${model}: its images are the planes around focus; leave the flag out`,
    );
  }
  const findFocus = await openFocus(device, focus ?? `${runOf(model)}/${FOCUS}`);
  const videos: Video[] = [];
  for (const path of inputs) {
    videos.push(await openStackVideo(source, path, { planes, findFocus, channel }));
  }
  return videos;
}

/** Videos without those that are a data set of several files which another of its files has opened. */
function eachOnce(videos: readonly Video[]): Video[] {
  const known = new Set<string>();
  return videos.filter(({ path, files }) => {
    if (known.has(path)) return false;
    files?.forEach((name) => known.add(join(dirname(path), name)));
    return true;
  });
}

/** What is written of which frames. */
async function planFiles(
  videos: readonly Video[],
  { out, outputs, ctc }: PredictOptions,
): Promise<PlannedJob<Video>[]> {
  for (const video of videos) outputs?.forEach((format) => format.check?.(video));
  return await planOutputs(predictionJobs(videos, { ctc }), {
    out,
    outputs,
    inputs: videos.map(({ path }) => path),
    sayTwice: (name, { first, second }) =>
      `Cannot predict ${second.source.path}: ${name} would be written twice, also for ` +
      `${first.source.path}; predict them into different folders with --out`,
    sayAmong: (input) =>
      `Cannot predict ${input} into ${out}: results would be mixed with or replace the images; ` +
      "give another --out",
  });
}

/** A model that decodes as a user wants. */
function changedModel(model: Model, options: PredictOptions): Model {
  const { model: file, models = defaultKinds.models } = options;
  return { ...model, decode: changeDecode(options, { ...model, file, models }) };
}

/** A frame on its way into the network. */
interface Frame {
  /** The input's file name. */
  readonly name: string;
  /** Frames of all inputs up to this one. */
  readonly done: number;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** Where in its stack it is. */
  readonly plane?: StackPlane;
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** Where its labels go. */
  readonly output: JobOutput;
}

/** The frames whose results are not there yet, read one by one. */
async function* readFrames(
  device: Device,
  { jobs, model, options, count, notes }: {
    jobs: readonly PlannedJob<Video>[];
    model: Model;
    options: PredictOptions;
    count: { kept: number };
    /** Gets what a user should know, as soon as it is known. */
    notes: PredictNote[];
  },
): AsyncGenerator<Frame> {
  let done = 0;
  let ranged: Video | null = null;
  let range: IntensityRange | null = null;
  let exposure = 1;
  for (const { source: video, frames, files: planned } of jobs) {
    const files = await filesToWrite(planned, options);
    if (files.length === 0) {
      count.kept++;
      done += frames.length;
      continue;
    }
    const settings = settingsFor(video, { model, options });
    if (ranged !== video) {
      [ranged, range] = [video, await commonRange(video, settings)];
      exposure = await exposureOf(device, { video, range, settings, model, options });
      notes.push(...exposureNotes(video, exposure));
    }
    const output = new JobOutput(files, { frames: frames.length, of: video });
    for (const i of frames) {
      const own = range ?? intensityRange([await referenceOf(video, i)], settings);
      const image = normalize(await video.frame(i), own);
      const plane = video.planes?.[i];
      yield { name: video.sourceNames[i], done: ++done, image, plane, exposure, output };
    }
  }
}

/** The exposure of a video; a single image has the one that was asked for by number, if any. */
async function exposureOf(
  device: Device,
  { video, range, settings, model, options }: {
    video: Video;
    range: IntensityRange | null;
    settings: NormalizationSettings;
    model: Model;
    options: PredictOptions;
  },
): Promise<number> {
  const { exposure = model.exposure } = options;
  const { network, kind, decode, contrast } = model;
  if (exposure === "auto" && contrast === null) {
    throw new TypeError(
      `Cannot use --exposure auto with ${options.model}: its weights do not say how bright the objects ` +
        "of its stills were; give a number, or train it again",
    );
  }
  if (exposure === "auto" && video.length === 1) return 1;
  const frame = async (i: number) => {
    const own = range ?? intensityRange([await referenceOf(video, i)], settings);
    const image = normalize(await video.frame(i), own);
    return "channels" in image ? image : { ...image, channels: 1 };
  };
  const objects = objectModelOf(kind);
  const frames = { length: video.length, frame };
  return await exposureFor(device, { network, objects, decode, contrast, exposure, frames });
}

function exposureNotes({ name }: Video, exposure: number): PredictNote[] {
  if (exposure === 1) return [];
  const advice = isUnusual(exposure)
    ? "; that is far from 1: look at the result, and set --exposure where it is wrong"
    : "";
  return [{ type: "note", text: `${name} is seen at exposure ${exposure.toFixed(2)}${advice}` }];
}

function settingsFor(
  video: Video,
  { model, options }: { model: Model; options: PredictOptions },
): NormalizationSettings {
  const settings = video.length > 1 ? model.video : model.stills;
  return options.normalize ? { ...settings, mode: options.normalize } : settings;
}

/** The intensities that all frames of a video share, or null where each has its own. */
async function commonRange(
  video: Video,
  settings: NormalizationSettings,
): Promise<IntensityRange | null> {
  if (settings.mode !== "video") return null;
  return await videoIntensityRange(async function* () {
    for (let i = 0; i < video.length; i++) yield await referenceOf(video, i);
  }, settings);
}

/** What decides how a frame is normalised. */
async function referenceOf(video: Video, i: number): Promise<Plane> {
  return await (video.reference ?? video.frame)(i);
}

/** What is known of a frame in the end. */
interface Segmented extends FrameResult {
  readonly frame: Frame;
  readonly objects: number;
}

/** Queues the network for a frame, and takes its answer to objects when asked to go on. */
function* segment(
  device: Device,
  { frame, model: { network, kind, decode }, options }: {
    frame: Frame;
    model: Model;
    options: PredictOptions;
  },
): Steps<Segmented> {
  const { tta, tile, outputs = [] } = options;
  const views = tta ? ALL_ORIENTATIONS : viewsOf(options.views ?? 1);
  const { image, plane, exposure } = frame;
  const isNeeded = (need: FrameNeed) => outputs.some(({ needs }) => needs.includes(need));
  const wantsMap = isNeeded("map");
  const settings = { network, image, decode, exposure, views, tile, wantsMap };
  const { labels, count, outlines, map } = yield* objectModelOf(kind).segment(device, settings);
  const result = { frame, labels, objects: count, map, ...(plane && { plane }) };
  if (!isNeeded("outlines")) return result;
  return { ...result, outlines: outlines ? outlines() : tracedOutlines(labels) };
}
