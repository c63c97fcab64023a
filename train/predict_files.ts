/**
 * Applies a model to image files: one label TIFF per input image, a stack for a stack.
 *
 * A single image is normalised by itself; the frames of a video (a folder, or a stack with several
 * frames) as the model was told to normalise videos.
 *
 * @module
 */

import { openDevice } from "../kernels/open_device.ts";
import type { Device } from "../kernels/device.ts";
import { encodeFloatTiff, encodeLabelTiff } from "./data/encode.ts";
import { frameNumber, imageStem, isFolder, makeFolder, writeFileAtomic } from "./data/files.ts";
import type { LabelImage, Plane } from "./data/image.ts";
import {
  type IntensityRange,
  intensityRange,
  type NormalizationSettings,
  normalize,
  videoIntensityRange,
} from "./data/normalize.ts";
import { openVideo, type Video } from "./data/video.ts";
import { type Model, readModel } from "./model_file.ts";
import { postprocess, type PostprocessSettings } from "./postprocess.ts";
import { predictProbability } from "./probability.ts";

/** What to predict, with what, and where to. */
export interface PredictFilesOptions {
  /** A run folder or a weights file. */
  readonly model: string;
  /** Image files, stacks and folders of frames. */
  readonly inputs: readonly string[];
  /** Output folder. */
  readonly out: string;
  /** Also write probability maps, into the subfolder `probability`. */
  readonly probability?: boolean;
  /** Average over the eight orientations. */
  readonly tta?: boolean;
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /** Name results as the Cell Tracking Challenge does: mask000.tif, … */
  readonly ctc?: boolean;
  /** Which pixels share their percentiles, instead of what the model says. */
  readonly normalize?: NormalizationSettings["mode"];
  /** Post-processing settings that differ from the model's. */
  readonly postprocess?: Partial<PostprocessSettings>;
  /** Largest side of a tile in pixels. */
  readonly tile?: number;
  /** Most GPU memory to use, in MiB. */
  readonly memory?: number;
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
  /** Label files written, or completed by their probability maps. */
  readonly written: number;
  /** Label files that existed and were kept, with their probability maps if asked for. */
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

/** One output file and the frames that go into it. */
interface Job {
  readonly video: Video;
  readonly frames: readonly number[];
  readonly name: string;
}

/**
 * Predicts, and tells what happens as it happens.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged or does not fit.
 * @throws {Error} If two inputs would be written to one file, or onto an input.
 */
export async function* predictFiles(options: PredictFilesOptions): AsyncGenerator<PredictEvent> {
  const { inputs, out, memory = 4096, overwrite = false } = options;
  const videos = await Promise.all(inputs.map((path) => openVideo(path)));
  for (const text of new Set(videos.flatMap(({ notes }) => notes))) yield { type: "note", text };
  const jobs = (await Promise.all(videos.map((video) => jobsOf(video, options)))).flat();
  await checkOutputs(jobs, options);
  using device = await openDevice({ memoryLimit: memory * 1024 ** 2 });
  const model = await readModel(device, options.model);
  await makeFolder(options.probability ? probabilityFolder(out) : out);
  const total = jobs.reduce((sum, { frames }) => sum + frames.length, 0);
  const ranges = new Map<Video, Promise<IntensityRange> | null>();
  let [done, written, kept] = [0, 0, 0];
  for (const job of jobs) {
    const files = overwrite ? filesOf(job, options) : await absent(filesOf(job, options));
    if (files.length === 0) {
      kept++;
      done += job.frames.length;
      continue;
    }
    if (!ranges.has(job.video)) ranges.set(job.video, commonRange(job.video, { model, options }));
    const range = await ranges.get(job.video)!;
    const segmented = segmentFrames(device, { job, model, range, options });
    const labels: LabelImage[] = [];
    const probabilities: Plane[] = [];
    let before = performance.now();
    for await (const frame of segmented) {
      labels.push(frame.labels);
      if (options.probability) probabilities.push(frame.prob);
      const now = performance.now();
      const objects = frame.labels.data.reduce((most, id) => Math.max(most, id), 0);
      const seconds = (now - before) / 1000;
      before = now;
      yield { type: "frame", name: frame.name, done: ++done, total, objects, seconds };
    }
    for (const { path, isMap } of files) {
      await writeFileAtomic(path, isMap ? encodeFloatTiff(probabilities) : encodeLabelTiff(labels));
    }
    written++;
  }
  yield { type: "done", out, written, kept };
}

/** A stack becomes one file, a folder one file per frame; `--ctc` is always one file per frame. */
async function jobsOf(video: Video, { ctc = false }: PredictFilesOptions): Promise<Job[]> {
  const isSequence = await isFolder(video.path);
  const indices = Array.from({ length: video.length }, (_, i) => i);
  if (ctc) {
    const numbers = isSequence || video.length === 1 ? ascendingNumbers(video.sourceNames) : null;
    return indices.map((i) => {
      const name = `mask${String(numbers?.[i] ?? i).padStart(3, "0")}.tif`;
      return { video, frames: [i], name };
    });
  }
  if (!isSequence) {
    return [{ video, frames: indices, name: `${imageStem(video.sourceNames[0])}.tif` }];
  }
  return indices.map((i) => ({
    video,
    frames: [i],
    name: `${imageStem(video.sourceNames[i])}.tif`,
  }));
}

/** The numbers in frames' names where they ascend, else null. */
function ascendingNumbers(names: readonly string[]): (number | null)[] | null {
  const numbers = names.map(frameNumber);
  const ascend = numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
  return ascend ? numbers : null;
}

async function checkOutputs(
  jobs: readonly Job[],
  { out, probability = false }: PredictFilesOptions,
): Promise<void> {
  const sources = new Map<string, string>();
  for (const { name, video } of jobs) {
    const other = sources.get(name);
    if (other !== undefined) {
      throw new Error(
        `Cannot predict ${video.path}: ${name} would be written twice, also for ${other}; predict ` +
          "them into different folders with --out",
      );
    }
    sources.set(name, video.path);
  }
  const folders = probability ? [out, probabilityFolder(out)] : [out];
  const targets = await Promise.all(
    folders.map((path) => Deno.realPath(path).catch(() => null)),
  );
  for (const video of new Set(jobs.map(({ video }) => video))) {
    const isSequence = await isFolder(video.path);
    const folder = await Deno.realPath(
      isSequence ? video.path : video.path.replace(/[^/\\]*$/, "") || ".",
    );
    if (targets.includes(folder)) {
      throw new Error(
        `Cannot predict ${video.path} into ${out}: results would be mixed with or replace the ` +
          "images; give another --out",
      );
    }
  }
}

interface OutputFile {
  readonly path: string;
  /** Whether it holds probabilities instead of labels. */
  readonly isMap: boolean;
}

/** What a job writes; the labels last, so that with them everything is there. */
function filesOf({ name }: Job, { out, probability = false }: PredictFilesOptions): OutputFile[] {
  return [
    ...(probability ? [{ path: `${probabilityFolder(out)}/${name}`, isMap: true }] : []),
    { path: `${out}/${name}`, isMap: false },
  ];
}

function probabilityFolder(out: string): string {
  return `${out}/probability`;
}

async function absent(files: readonly OutputFile[]): Promise<OutputFile[]> {
  const found = await Promise.all(
    files.map(({ path }) => Deno.stat(path).then(() => true, () => false)),
  );
  return files.filter((_, i) => !found[i]);
}

function settingsFor(
  video: Video,
  { model, options }: { model: Model; options: PredictFilesOptions },
): NormalizationSettings {
  const settings = video.length > 1 ? model.video : model.stills;
  return options.normalize ? { ...settings, mode: options.normalize } : settings;
}

/** The intensities that all frames of a video share, or null where each has its own. */
function commonRange(
  video: Video,
  context: { model: Model; options: PredictFilesOptions },
): Promise<IntensityRange> | null {
  const settings = settingsFor(video, context);
  if (settings.mode !== "video") return null;
  const frames = async function* () {
    for (let i = 0; i < video.length; i++) yield await video.frame(i);
  };
  return videoIntensityRange(frames, settings);
}

/** Segments the frames of one job; the next frame is read while the GPU works on this one. */
async function* segmentFrames(
  device: Device,
  { job: { video, frames }, model, range, options }: {
    job: Job;
    model: Model;
    range: IntensityRange | null;
    options: PredictFilesOptions;
  },
): AsyncGenerator<{ name: string; labels: LabelImage; prob: Plane }> {
  const settings = settingsFor(video, { model, options });
  const { network } = model;
  const { tta, tile } = options;
  let reading = video.frame(frames[0]);
  for (const [position, i] of frames.entries()) {
    const plane = await reading;
    const following = frames[position + 1];
    const image = normalize(plane, range ?? intensityRange([plane], settings));
    const predicting = predictProbability(device, { network, image, tta, tile });
    if (following !== undefined) {
      reading = video.frame(following);
      // Its failure is reported when it is its turn, not while another frame is being predicted.
      reading.catch(() => {});
    }
    const prob = await predicting;
    const labels = await postprocess(device, prob, {
      ...model.postprocess,
      ...options.postprocess,
    });
    yield { name: video.sourceNames[i], labels, prob };
  }
}
