/**
 * What a run trains on and is measured on: stills split into three parts, and videos, normalised.
 *
 * @module
 */

import type { TrainConfig } from "./config.ts";
import { type Frames, heldFrames } from "../../images/series/frames.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import {
  type IntensityRange,
  type NormalizationSettings,
  normalize,
  normalizeAll,
  videoIntensityRange,
} from "../../images/normalize.ts";
import { Random } from "../../images/random.ts";
import { type Sample, sampleFromPlanes } from "../../images/sample.ts";
import { listStills, readStill, type StillFiles } from "../../images/series/stills.ts";
import { syntheticStills, syntheticVideo } from "../../synthetic/mod.ts";
import { matchTruth, openLabels } from "../../images/series/truth.ts";
import { openVideo, type Video } from "../../images/series/video.ts";
import { openStackMovie, readStackStills, readVolumes, type StackOptions } from "./stack_set.ts";
import type { FindFocus } from "../../images/series/stack_video.ts";
import { disk } from "../disk/files.ts";

// Runs of different seeds must be measured on the same images.
const SPLIT_SEED = 42;
const SYNTHETIC_SEED = 1;

/** A video held in memory, with what is known about it for the final table only. */
export interface TrainingVideo {
  /** Its name. */
  readonly name: string;
  /** Normalised frames. */
  readonly frames: Frames;
  /** True labels by frame index, where known. Never seen by training. */
  readonly truth: ReadonlyMap<number, LabelImage>;
  /** Markers by frame index, where known. */
  readonly markers: ReadonlyMap<number, LabelImage>;
}

/** The data of a run. */
export interface TrainingSet {
  /** Stills to learn from. */
  readonly train: readonly Sample[];
  /** Stills that choose the best weights. */
  readonly validation: readonly Sample[];
  /** Stills that only the final table sees; the validation stills where there are no others. */
  readonly test: readonly Sample[];
  /** Unlabelled videos. */
  readonly videos: readonly TrainingVideo[];
  /** Unlabelled volumes: their planes in order of depth. */
  readonly volumes: readonly Frames[];
  /** What a user should know about how it was read. */
  readonly notes: readonly string[];
}

/** How stills are normalised: each by its own percentiles. */
export function stillNormalization({ low, high }: TrainConfig): NormalizationSettings {
  return { mode: "image", low, high };
}

/** How videos are normalised. */
export function videoNormalization(config: TrainConfig): NormalizationSettings {
  return { mode: config.videoNormalization, low: config.low, high: config.high };
}

/** Normalises frames that are in memory by the rule of their video. */
export async function normalizeFrames(
  frames: readonly Plane[],
  settings: NormalizationSettings,
): Promise<Plane[]> {
  if (settings.mode !== "video") return normalizeAll(frames, settings);
  const range: IntensityRange = await videoIntensityRange(() => frames, settings);
  return frames.map((frame) => normalize(frame, range));
}

const NO_OBJECT =
  "No still to learn from has an object in its mask: the network learns to find none";

/**
 * Reads and splits the data that a configuration names, or makes the synthetic set.
 *
 * @param options `findFocus`: inputs are z-stacks, and this finds their planes in focus.
 * @throws {SyntaxError | RangeError | TypeError} If a file is damaged, missing or does not fit.
 */
export async function loadTrainingSet(
  config: TrainConfig,
  { findFocus }: { findFocus?: FindFocus } = {},
): Promise<TrainingSet> {
  const isSynthetic = config.stills === "";
  const stills = isSynthetic ? syntheticSamples(config) : await readSamples(config, findFocus);
  const videos = isSynthetic && config.video.length === 0
    ? [await syntheticTrainingVideo(config)]
    : await readVideos(config, findFocus);
  const split = splitStills(stills.samples, { config, heldBack: stills.test });
  return {
    ...split,
    videos: videos.map(({ video }) => video),
    volumes: [
      ...await readVolumes(config, videoNormalization(config)),
      ...videos.flatMap(({ volumes = [] }) => volumes),
    ],
    notes: [
      ...new Set([...stills.notes, ...videos.flatMap(({ notes }) => notes)]),
      ...(hasObject(split.train) ? [] : [NO_OBJECT]),
    ],
  };
}

function hasObject(stills: readonly Sample[]): boolean {
  return stills.some(({ labels }) => labels?.some((id) => id > 0) ?? false);
}

/**
 * Splits stills by one fixed permutation, whatever the run's seed; a part with a share above 0 gets
 * at least one.
 *
 * @throws {RangeError} If none are left to learn from.
 */
export function splitStills(
  samples: readonly Sample[],
  { config, heldBack }: { config: TrainConfig; heldBack: readonly Sample[] },
): Pick<TrainingSet, "train" | "validation" | "test"> {
  const order = [...new Random(SPLIT_SEED).permutation(samples.length)];
  const share = (part: number) => part === 0 ? 0 : Math.max(1, Math.round(part * samples.length));
  const take = (count: number) => order.splice(0, count).map((i) => samples[i]);
  const test = heldBack.length > 0 ? heldBack : take(share(config.test));
  const validation = take(share(config.validation));
  const train = order.map((i) => samples[i]);
  if (train.length === 0) {
    throw new RangeError(
      `Cannot train: ${samples.length} stills leave none to learn from; give more, or lower ` +
        "validation and test",
    );
  }
  return { train, validation, test: test.length > 0 ? test : validation };
}

interface ReadStills {
  readonly samples: Sample[];
  readonly test: Sample[];
  readonly notes: readonly string[];
}

function syntheticSamples(config: TrainConfig): ReadStills {
  const stills = syntheticStills({ seed: SYNTHETIC_SEED, count: 48, size: 128 });
  const planes = normalizeAll(stills.map(({ image }) => image), stillNormalization(config));
  const samples = planes.map((plane, i) => sampleFromPlanes([plane], stills[i].labels));
  return { samples, test: [], notes: [] };
}

async function readSamples(config: TrainConfig, findFocus?: FindFocus): Promise<ReadStills> {
  if (findFocus) {
    const options = { config, findFocus, settings: stillNormalization(config) };
    return { ...await readStackStills(options), test: [] };
  }
  const set = await listStills(disk, config.stills);
  const notes = new Set(set.notes);
  const read = async (files: readonly StillFiles[]) => {
    const samples: Sample[] = [];
    for (const file of files) {
      const still = await readStill(disk, file, { mergeInstances: config.mergeInstances });
      still.notes.forEach((note) => notes.add(note));
      const [plane] = normalizeAll([still.image], stillNormalization(config));
      samples.push(sampleFromPlanes([plane], still.labels));
    }
    return samples;
  };
  return { samples: await read(set.train), test: await read(set.test), notes: [...notes] };
}

interface ReadVideo {
  readonly video: TrainingVideo;
  readonly volumes?: readonly Frames[];
  readonly notes: readonly string[];
}

async function syntheticTrainingVideo(config: TrainConfig): Promise<ReadVideo> {
  const { frames, truth } = syntheticVideo({ seed: SYNTHETIC_SEED, frames: 24, size: 192 });
  const video = {
    name: "synthetic video",
    frames: heldFrames(await normalizeFrames(frames, videoNormalization(config))),
    truth: new Map(truth.entries()),
    markers: new Map<number, LabelImage>(),
  };
  return { video, notes: [] };
}

async function readVideos(config: TrainConfig, findFocus?: FindFocus): Promise<ReadVideo[]> {
  const videos: ReadVideo[] = [];
  for (const path of config.video) {
    const { described, frames, ...more } = findFocus
      ? await readStackVideo(path, { config, findFocus, settings: videoNormalization(config) })
      : await readFrames(path, config);
    const isFirst = videos.length === 0;
    const read = (labels: string) =>
      isFirst && labels !== "" ? readTruth(labels, described) : new Map();
    const truth = await read(config.truth);
    const markers = await read(config.markers);
    videos.push({ video: { name: described.name, frames, truth, markers }, ...more });
  }
  return videos;
}

/** Frames of a video, and what its labels must fit. */
interface OpenedVideo extends Omit<ReadVideo, "video"> {
  readonly described: Pick<Video, "name" | "sourceNames" | "stems" | "width" | "height">;
  readonly frames: Frames;
}

async function readStackVideo(path: string, options: StackOptions): Promise<OpenedVideo> {
  const { video, ...movie } = await openStackMovie(path, options);
  return { described: video, notes: video.notes, ...movie };
}

async function readFrames(path: string, config: TrainConfig): Promise<OpenedVideo> {
  const described = await openVideo(disk, path, {
    minFrames: config.gap * (config.window - 1) + 1,
  });
  const planes: Plane[] = [];
  for (let i = 0; i < described.length; i++) planes.push(await described.frame(i));
  const frames = heldFrames(await normalizeFrames(planes, videoNormalization(config)));
  return { described, frames, notes: described.notes };
}

/**
 * Label images of a video's frames, by frame index.
 *
 * @throws {RangeError} If one has another size than the video: better before training than after it.
 */
async function readTruth(
  path: string,
  { sourceNames, stems, width, height, name }: OpenedVideo["described"],
): Promise<Map<number, LabelImage>> {
  const truth = await openLabels(disk, path);
  const frames = {
    ...truth,
    length: sourceNames.length,
    names: sourceNames,
    stems,
    numbers: sourceNames.map((name, i) => frameNumberOf(name, { i, sourceNames })),
    stack: new Set(sourceNames).size === 1,
  };
  const labels = new Map<number, LabelImage>();
  for (const pair of matchTruth(frames, truth).pairs) {
    const image = await truth.frame(pair.truth);
    if (image.width !== width || image.height !== height) {
      throw new RangeError(
        `Cannot use ${path}: ${truth.names[pair.truth]} is ${image.width}x${image.height}, the ` +
          `frames of ${name} are ${width}x${height}; give label images of the same frames`,
      );
    }
    labels.set(pair.label, image);
  }
  return labels;
}

/** The frame number in a name, or the index where all frames come from one stack. */
function frameNumberOf(
  name: string,
  { i, sourceNames }: { i: number; sourceNames: readonly string[] },
): number {
  if (new Set(sourceNames).size === 1) return i;
  const digits = name.match(/\d+(?=\D*$)/);
  return digits ? Number(digits[0]) : i;
}
