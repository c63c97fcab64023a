/**
 * Reads what a run trains on and is measured on, or makes the synthetic set.
 *
 * @module
 */

import { frameNumbers } from "../../images/names.ts";
import { shiftTable, stabilised } from "../../images/registration/stabilised_video.ts";
import { PlaneCache } from "../../images/plane_cache.ts";
import { type Frames, heldFrames, normalizedFrames } from "../../images/series/frames.ts";
import { IGNORED_LABEL, isObject } from "../../images/image.ts";
import {
  type IntensitySettings,
  normalizeFrames,
  stillNormalization,
  videoNormalization,
} from "../../images/normalization_settings.ts";
import { type MaskFacts, maskNotes, type MaskOptions } from "../../images/masks/reading.ts";
import { normalizeAll } from "../../images/normalize.ts";
import { bytesOfSample } from "../../images/packed/packed_sample.ts";
import { type Sample, sampleFromPlanes } from "../../images/sample.ts";
import {
  formatFactor,
  rescaledVideo,
  scaleFactor,
  type ScaleOptions,
} from "../../images/scale/rescaled_video.ts";
import { resizeTruth, scaledSize } from "../../images/scale/resize.ts";
import { differInScale, formatPixelSize, pixelSizeOf } from "../../images/scale/pixel_size.ts";
import { syntheticStills, syntheticVideo } from "../../synthetic/mod.ts";
import { frameTimes } from "../../images/series/frame_times.ts";
import type { NamedImages } from "../../images/series/match_truth.ts";
import { openChannels } from "../../images/series/several_channels.ts";
import type { Video } from "../../images/series/video.ts";
import {
  openStackMovie,
  readStackStills,
  readVolumes,
  type StackOptions,
  type StackSettings,
} from "./stack_set.ts";
import type { FindFocus } from "../../images/series/stack_video.ts";
import type { Source } from "../../images/source.ts";
import { BUILTIN, builtinStills } from "../../models/builtin/mod.ts";
import { readSamples as readStillSamples } from "../../learn/runs/read_samples.ts";
import {
  type KnownLabels,
  type SplitSettings,
  splitStills,
  type TrainingSet,
  type TrainingVideo,
} from "../../learn/training_set.ts";
import { groupNotes } from "../../images/formats/notes.ts";
import { disk } from "../disk/files.ts";
import { openVideoTruth, type VideoTruth } from "./video_truth.ts";
import { maskOptions, planeChoice } from "./data_settings.ts";
import { type InputEvent, inputOf, type RangeEvent } from "../progress/inputs.ts";
import { begin, goOn, type Progress } from "../progress/progress.ts";

const SYNTHETIC_SEED = 1;
const NO_OBJECT =
  "No still to learn from has an object in its mask: the network learns to find none";

/** The settings that decide on the data of a run. */
export type TrainingSetSettings = StackSettings & IntensitySettings & SplitSettings;

/** The data of a run, and what it was taken for. */
export interface LoadedSet extends TrainingSet {
  /** How videos were understood. */
  readonly taken: readonly (InputEvent | RangeEvent)[];
  /** How far the frames of videos have moved, as a table; null where they were not registered. */
  readonly shifts: string | null;
}

/** How data is read, apart from the settings. */
interface ReadOptions {
  /** Inputs are z-stacks, and this finds their planes in focus. */
  readonly findFocus?: FindFocus;
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
  /** Notes how far reading is. */
  readonly progress?: Progress;
}

/** How data is read, with nothing left open. */
type Reading = ReadOptions & Required<Pick<ReadOptions, "source" | "progress">> & {
  /** Keeps frames of all videos that were read lately. */
  readonly cache: PlaneCache;
};

/** The most bytes of frames that are kept in memory. */
const CACHE_BYTES = 2 ** 30;

/**
 * Reads and splits the data that a configuration names, or makes the synthetic set.
 *
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged, missing or does not fit.
 */
export async function loadTrainingSet(
  config: TrainingSetSettings,
  { findFocus, source = disk, progress = begin("reading the data") }: ReadOptions = {},
): Promise<LoadedSet> {
  const options = { findFocus, source, progress, cache: new PlaneCache(CACHE_BYTES) };
  const isSynthetic = config.stills === "";
  const stills = isSynthetic ? syntheticSamples(config) : await readSamples(config, options);
  const videos = isSynthetic && config.video.length === 0
    ? [await syntheticTrainingVideo(config)]
    : await readVideos(config, { ...options, pixelSize: stills.pixelSize ?? null });
  for (const [at, read] of config.stabilise ? videos.entries() : []) {
    goOn(progress, `registering ${read.video.name}`, read.video.frames.length);
    videos[at] = { ...read, ...await stabilised(read, { patch: config.patch, progress }) };
  }
  const split = splitStills(stills.samples, { config, heldBack: stills.test });
  const masks = maskNotes(stills.facts, { ...maskOptions(config), what: "masks" });
  const set = {
    ...split,
    videos: videos.map(({ video }) => video),
    volumes: [
      ...await readVolumes(config, { source, settings: videoNormalization(config) }),
      ...videos.flatMap(({ volumes = [] }) => volumes),
    ],
    pixelSize: stills.pixelSize,
    warnings: [...masks.warnings, ...videos.flatMap(({ warnings }) => warnings)],
    notes: [
      ...masks.notes,
      ...groupNotes([...stills.notes, ...videos.flatMap(({ notes }) => notes)]),
      ...ignoredNotes([...stills.samples, ...stills.test], config),
      ...videos.flatMap((video) => scaleNote(video, stills.pixelSize) ?? []),
      ...(hasObject(split.train) ? [] : [NO_OBJECT]),
    ],
  };
  const taken = videos.flatMap(({ taken }) => taken);
  return { ...set, heldBytes: heldBytes(set), taken, shifts: shiftTable(videos) };
}

/** The most bytes of pixels that a set holds: stills, and of frames what the caches keep. */
function heldBytes(
  { train, validation, test, videos, volumes }: Omit<TrainingSet, "heldBytes">,
): number {
  const stills = [...new Set([...train, ...validation, ...test])];
  const ofFrames = (frames: readonly Frames[]) =>
    frames.reduce(
      (sum, { length, width, height, channels, pixelBytes = 4 }) =>
        sum + length * width * height * channels * pixelBytes,
      0,
    );
  return stills.reduce((sum, still) => sum + bytesOfSample(still), 0) +
    Math.min(CACHE_BYTES, ofFrames([...videos.map(({ frames }) => frames), ...volumes]));
}

function hasObject(stills: readonly Sample[]): boolean {
  return stills.some(({ labels }) => labels?.some(isObject) ?? false);
}

/** How much of the masks is ignored. */
function ignoredNotes(
  stills: readonly Sample[],
  { stills: path, ignoreLabel }: TrainingSetSettings,
): string[] {
  if (ignoreLabel === 0 || path === "") return [];
  let [ignored, all] = [0, 0];
  for (const { labels = new Uint32Array() } of stills) {
    ignored += labels.reduce((sum, id) => sum + (id === IGNORED_LABEL ? 1 : 0), 0);
    all += labels.length;
  }
  return ignored === 0
    ? [`No mask of a still holds ${ignoreLabel}, so ignoreLabel leaves nothing out`]
    : [
      `${
        (100 * ignored / all).toFixed(1)
      } % of the pixels of all masks hold ${ignoreLabel}: ignored`,
    ];
}

/** What to say of a video whose magnification differs clearly from that of the stills. */
function scaleNote(
  { video: { name }, pixelSize }: ReadVideo,
  ofStills: number | null | undefined,
): string | null {
  if (!pixelSize || !ofStills || !differInScale(pixelSize, ofStills)) return null;
  return `${name}: its pixels are ${formatPixelSize(pixelSize)}, those of the stills ` +
    `${
      formatPixelSize(ofStills)
    }: objects have other sizes in it; --rescale auto brings it to their scale`;
}

interface ReadStills {
  /** The size of their pixels in micrometres, that of the median; null where it is not known. */
  readonly pixelSize?: number | null;
  readonly samples: Sample[];
  readonly test: Sample[];
  /** What was found out about their masks; none where they are made up. */
  readonly facts: readonly MaskFacts[];
  readonly notes: readonly string[];
}

function syntheticSamples(config: IntensitySettings): ReadStills {
  const stills = syntheticStills({ seed: SYNTHETIC_SEED, count: 48, size: 128 });
  const planes = normalizeAll(stills.map(({ image }) => image), stillNormalization(config));
  const samples = planes.map((plane, i) => sampleFromPlanes([plane], stills[i].labels));
  return { samples, test: [], facts: [], notes: [] };
}

async function readSamples(
  config: TrainingSetSettings,
  { findFocus, source, progress }: Reading,
): Promise<ReadStills> {
  if (findFocus) {
    const options = { config, source, findFocus, settings: stillNormalization(config) };
    return { ...await readStackStills(options), test: [] };
  }
  // `./builtin` is a folder of that name.
  const from = config.stills === BUILTIN ? await builtinStills() : source;
  return await readStillSamples(from, config.stills, {
    reading: { ...maskOptions(config), ...planeChoice(config), channels: config.channels },
    settings: stillNormalization(config),
    progress,
  });
}

interface ReadVideo {
  readonly video: TrainingVideo;
  /** The size of its pixels in micrometres; null or left out where it is not known. */
  readonly pixelSize?: number | null;
  readonly volumes?: readonly Frames[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly taken: readonly (InputEvent | RangeEvent)[];
  /** How far its frames have moved, as lines of a table; left out where that was not asked for. */
  readonly shifts?: readonly string[];
}

async function syntheticTrainingVideo(config: IntensitySettings): Promise<ReadVideo> {
  const { frames, truth } = syntheticVideo({ seed: SYNTHETIC_SEED, frames: 24, size: 192 });
  const video = {
    name: "synthetic video",
    frames: heldFrames(await normalizeFrames(frames, videoNormalization(config))),
    truth: new Map(truth.entries()),
    markers: new Map(),
  };
  return { video, warnings: [], notes: [], taken: [] };
}

async function readVideos(
  config: TrainingSetSettings,
  { findFocus, ...options }: Reading & Pick<ScaleOptions, "pixelSize">,
): Promise<ReadVideo[]> {
  const { source, progress } = options;
  const videos: ReadVideo[] = [];
  for (const path of config.video) {
    goOn(progress, `reading ${path}`);
    const { described, frames: plain, ...more } = findFocus
      ? await readStackVideo(path, {
        ...{ config, source, findFocus },
        settings: videoNormalization(config),
      })
      : await readFrames(path, { ...options, config });
    const names = frameNames(described);
    const { times, notes } = config.neighbours === "numbers" ? gapsIn(names) : NO_GAPS;
    const isFirst = videos.length === 0;
    const read = (labels: string, options: MaskOptions) =>
      isFirst && labels !== ""
        ? openVideoTruth(labels, { source, video: described, names, options })
        : NO_TRUTH;
    const truth = await read(config.truth, maskOptions(config));
    const markers = await read(config.markers, {});
    const frames = { ...plain, times };
    const inScale = (labels: KnownLabels) => labelsInScale(labels, { described, frames });
    const own = pixelSizeOf(described.calibration);
    videos.push({
      video: {
        ...{ name: described.name, frames },
        ...{ truth: inScale(truth.labels), markers: inScale(markers.labels) },
      },
      ...more,
      pixelSize: own && own * described.width / frames.width,
      warnings: truth.warnings,
      notes: [...more.notes, ...notes, ...truth.notes, ...markers.notes],
    });
  }
  return videos;
}

/** Labels in the size of the frames, which may be another one than that of the video's files. */
function labelsInScale(
  labels: KnownLabels,
  { described, frames: { width, height } }: Pick<OpenedVideo, "described" | "frames">,
): KnownLabels {
  if (described.width === width && described.height === height) return labels;
  return {
    size: labels.size,
    keys: () => labels.keys(),
    get: async (frame) => {
      const known = await labels.get(frame);
      return known && resizeTruth(known, { width, height });
    },
  };
}

const NO_GAPS = { times: undefined, notes: [] };
const NO_TRUTH: VideoTruth = { labels: new Map(), warnings: [], notes: [] };

function frameNames({ name, sourceNames, stems }: OpenedVideo["described"]): NamedImages {
  const stack = sourceNames.length > 1 && new Set(sourceNames).size === 1;
  const numbers = stack ? [...sourceNames.keys()] : frameNumbers(stems);
  return { path: name, stack, length: sourceNames.length, names: sourceNames, stems, numbers };
}

/** When frames were taken, where some are missing, and what to say about it. */
function gapsIn(
  { path, numbers }: NamedImages,
): Pick<Frames, "times"> & { notes: readonly string[] } {
  const { times, notes } = frameTimes({ name: path, numbers });
  const hasGap = times.some((time, i) => i > 0 && time !== times[i - 1] + 1);
  return { times: hasGap ? times : undefined, notes };
}

/** Frames of a video, and what its labels must fit. */
interface OpenedVideo extends Omit<ReadVideo, "video" | "warnings"> {
  readonly described: Pick<
    Video,
    "name" | "sourceNames" | "stems" | "width" | "height" | "calibration" | "measures"
  >;
  readonly frames: Frames;
}

async function readStackVideo(path: string, options: StackOptions): Promise<OpenedVideo> {
  const { video, ...movie } = await openStackMovie(path, options);
  return { described: video, taken: [inputOf(video)], ...movie };
}

async function readFrames(
  path: string,
  { config, source, progress, cache, pixelSize }:
    & Omit<Reading, "findFocus">
    & Pick<ScaleOptions, "pixelSize">
    & { config: TrainingSetSettings },
): Promise<OpenedVideo> {
  const described = await openChannels(source, path, {
    ...planeChoice(config),
    channels: config.channels,
    minFrames: config.gap * (config.window - 1) + 1,
  });
  const settings = videoNormalization(config);
  goOn(progress, `reading the range of ${path}`, described.length);
  const counted = <P>(read: (i: number) => Promise<P>) => async (i: number) => {
    const image = await read(i);
    // Intensities that are no whole numbers are read twice.
    progress.done = progress.done % described.length + 1;
    return image;
  };
  const leavesOut = config.rangeFrames === "steady";
  const factor = scaleFactor(described, { rescale: config.rescale, pixelSize });
  const seen = rescaledVideo(described, factor);
  const size = scaledSize(described, factor);
  const { frames, range, notes } = await normalizedFrames({
    ...{ ...seen, ...size, frame: counted(seen.frame) },
    channelFrames: seen.channelFrames?.map(counted),
  }, { settings, cache, leavesOut });
  const scaled = factor === 1 ? [] : [
    `${path}: seen ${
      formatFactor(factor)
    }, with ${size.width}x${size.height} pixels, and so is its truth`,
  ];
  const ranges: RangeEvent[] = range ? [{ type: "range", path, ...range }] : [];
  return {
    ...{ described, notes: [...described.notes, ...scaled, ...notes] },
    frames: factor === 1 ? { ...frames, pixelBytes: pixelBytesOf(described) } : frames,
    taken: [inputOf(described), ...ranges],
  };
}

/** Bytes of a pixel of kept frames: as many as in their file, if it has whole numbers of up to 16 bits. */
function pixelBytesOf({ measures }: Pick<Video, "measures">): number {
  const isPacked = measures !== undefined && measures.bits <= 16 &&
    measures.sampleFormat !== "float";
  return isPacked ? Math.ceil(measures.bits / 8) : 4;
}
