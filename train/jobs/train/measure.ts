/**
 * What a run achieved: every model is applied to the held-back stills and to the first video, and
 * measured.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import type { Network } from "../../../nn/module.ts";
import type { Channels, LabelImage, Plane } from "../../images/image.ts";
import { type Frames, middlePlane } from "../../images/series/frames.ts";
import type { Sample } from "../../images/sample.ts";
import { type Evaluation, Evaluator, IOU_THRESHOLDS } from "../../objects/scores/evaluate.ts";
import type { Flicker } from "../../objects/scores/flicker.ts";
import { type LabelPair, tallyMatches } from "../../objects/scores/matching.ts";
import { type MatchingTally, scoresOf, sumTallies } from "../../objects/scores/matching_scores.ts";
import { ObjectSizes } from "../../objects/object_sizes.ts";
import { overlapOf } from "../../objects/overlap.ts";
import type { ObjectModel } from "../../models/model_kind.ts";
import type { ModelResults, Precision } from "../../report/results.ts";
import {
  temporalFilter,
  type TemporalFilterSettings,
} from "../../objects/sequence/temporal_filter.ts";
import { knownOf, type TrainingSet, type TrainingVideo } from "../../learn/training_set.ts";

/** What is measured, and with what. */
export interface MeasureOptions {
  /** The network with its weights. */
  readonly network: Network;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** How its answers become objects. */
  readonly decode: object;
  /** Held-back stills and videos. */
  readonly set: Pick<TrainingSet, "test" | "videos">;
  /** Numbers of the frames whose labels are kept; the liveliest of this model by default. */
  readonly shown?: readonly number[];
  /** The exposure of the video; 1 unless told. */
  readonly exposure?: number;
  /** Also measure the video without objects in a rim of so many pixels; 0 unless told. */
  readonly field?: number;
  /** Also measure what a temporal filter makes of the labels. */
  readonly filter?: TemporalFilterSettings;
  /** Sees every frame of the video with its labels, in the order of time. */
  readonly watch?: {
    add(frame: LabelImage & { time: number; image: Plane }): void | Promise<void>;
  };
}

/**
 * Measures a network.
 *
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function measureModel(
  device: Device,
  { network, objects, decode, set, shown, filter, exposure = 1, field, watch }: MeasureOptions,
): Promise<ModelResults> {
  const segmentAt = (exposure: number) => (image: Channels) =>
    findObjects(device, { network, objects, decode, image, exposure });
  const segment = segmentAt(exposure);
  const stills = await measureStills(segmentAt(1), set.test);
  const [video] = set.videos;
  const onVideo = video
    ? await measureVideo(segment, { video, shown, filter, field, watch })
    : null;
  return {
    exposure,
    video: onVideo?.evaluation ?? null,
    filtered: onVideo?.filtered ?? null,
    ...(onVideo && { sizes: onVideo.sizes }),
    stills: stills.precision,
    tuned: objects.segmentTwice
      ? {
        decode,
        fixedStills: stills.fixed,
        fixedVideo: onVideo?.fixed ?? null,
      }
      : null,
    shown: onVideo?.shown ?? new Map(),
    judged: onVideo?.judged ?? null,
  };
}

/** Finds the objects of an image. */
type Segment = (image: Channels) => Promise<FoundObjects>;

/** The objects of an image. */
interface FoundObjects {
  readonly labels: LabelImage;
  /** Those with a decoding that was not tuned; null where none ever is. */
  readonly fixed: LabelImage | null;
}

/** Measures stills; each is segmented once. */
export async function measureStills(
  segment: Segment,
  stills: readonly Sample[],
): Promise<{ precision: Precision | null; fixed: Precision | null }> {
  const [found, withFixed] = [new Precisions(), new Precisions()];
  for (const { truth, image } of stills.flatMap(labelledImage)) {
    const { labels, fixed } = await segment(image);
    found.add({ truth, prediction: labels });
    if (fixed) withFixed.add({ truth, prediction: fixed });
  }
  return { precision: found.precision, fixed: withFixed.precision };
}

/** What one model achieved on a video. */
interface VideoResults extends Pick<ModelResults, "filtered" | "shown" | "judged"> {
  readonly evaluation: Evaluation;
  readonly sizes: Pick<ObjectSizes, "median" | "objects">;
  readonly fixed: Precision | null;
}

/** Measures all frames in one pass; the liveliest ones are known after it, and segmented again. */
async function measureVideo(
  segment: Segment,
  { video, shown, filter, field, watch }:
    & { video: TrainingVideo }
    & Pick<MeasureOptions, "shown" | "filter" | "field" | "watch">,
): Promise<VideoResults> {
  const { frames } = video;
  const judgedIndex = judgedFrame(video);
  const kept = new Map<number, LabelImage>();
  let judged: VideoResults["judged"] = null;
  const [measured, onFiltered] = [new Evaluator({ field }), new Evaluator({ field })];
  const withFixed = new Precisions();
  const sizes = new ObjectSizes();
  const segmentFrames = async function* () {
    for (let number = 0; number < frames.length; number++) {
      const image = await frames.frame(number);
      const { labels, fixed } = await segment(image);
      sizes.add(labels);
      if (shown?.includes(number)) kept.set(number, labels);
      if (number === judgedIndex) judged = { index: number, labels };
      const known = await knownOf(video, number);
      if (fixed && known.truth) withFixed.add({ truth: known.truth, prediction: fixed });
      const time = frames.times?.[number] ?? number;
      measured.add({ number: time, labels, ...known });
      await watch?.add({ ...labels, time, image: middlePlane(image) });
      yield { ...labels, number: time, time, ...known };
    }
  };
  const passed = filter ? temporalFilter(segmentFrames(), filter) : segmentFrames();
  for await (const frame of passed) {
    if (filter) onFiltered.add({ ...frame, labels: frame });
  }
  const { evaluation } = measured;
  return {
    evaluation,
    sizes: { median: sizes.median, objects: sizes.objects },
    filtered: filter ? onFiltered.evaluation : null,
    fixed: withFixed.precision,
    shown: shown
      ? kept
      : await labelsOf(segment, { frames, numbers: liveliestFrames(evaluation.flicker, frames) }),
    judged,
  };
}

/** The labels of some frames, by their numbers. */
async function labelsOf(
  segment: Segment,
  { frames, numbers }: { frames: Frames; numbers: readonly number[] },
): Promise<Map<number, LabelImage>> {
  const labels = new Map<number, LabelImage>();
  for (const number of numbers) {
    labels.set(number, (await segment(await frames.frame(number))).labels);
  }
  return labels;
}

/** The objects of an image and, where its kind knows them, those that it finds untuned. */
async function findObjects(
  device: Device,
  { objects, ...options }: Pick<MeasureOptions, "network" | "objects" | "decode"> & {
    image: Channels;
    exposure: number;
  },
): Promise<FoundObjects> {
  if (!objects.segmentTwice) {
    const { labels } = await runSteps(device, objects.segment(device, options));
    return { labels, fixed: null };
  }
  const { labels, untuned } = await runSteps(device, objects.segmentTwice(device, options));
  return { labels, fixed: untuned };
}

/** The same kind of model, which counts the objects that it finds. */
export function countingObjects(objects: ObjectModel, seen: { objects: number }): ObjectModel {
  const { segment, segmentTwice } = objects;
  return {
    ...objects,
    *segment(device, options) {
      const found = yield* segment(device, options);
      seen.objects += found.count;
      return found;
    },
    ...(segmentTwice && {
      *segmentTwice(device, options) {
        const found = yield* segmentTwice(device, options);
        if (found.labels.data.some((id) => id > 0)) seen.objects++;
        return found;
      },
    }),
  };
}

function labelledImage({ channels, width, height, image, labels }: Sample) {
  if (!labels) return [];
  const truth = { width, height, data: labels };
  return [{ image: { channels, width, height, data: image }, truth }];
}

/** The frame in the middle of those with truth. */
function judgedFrame({ truth }: TrainingVideo): number | null {
  const known = [...truth.keys()].toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

/** Adds up matches image by image, so that no label image is kept. */
class Precisions {
  readonly #tallies: MatchingTally[][] = IOU_THRESHOLDS.map(() => []);

  add({ truth, prediction }: LabelPair): void {
    const overlap = overlapOf(truth, prediction);
    IOU_THRESHOLDS.forEach((threshold, i) => {
      this.#tallies[i].push(tallyMatches(overlap, { threshold }));
    });
  }

  /** Null before the first image. */
  get precision(): Precision | null {
    if (this.#tallies[0].length === 0) return null;
    const accuracies = this.#tallies.map((tallies) => scoresOf(sumTallies(tallies)).accuracy);
    return {
      ap50: accuracies[0],
      meanAp: accuracies.reduce((sum, ap) => sum + ap, 0) / accuracies.length,
      accuracies,
    };
  }
}

/**
 * Three consecutive frames between which the segmented area changes most; where no three follow each
 * other, three of them.
 */
export function liveliestFrames(
  { area_per_frame: area }: Pick<Flicker, "area_per_frame">,
  { times }: Pick<Frames, "times"> = {},
): number[] {
  const isGapless = (t: number) => !times || times[t + 1] - times[t - 1] === 2;
  const change = (t: number) => Math.abs(area[t] - area[t - 1]) + Math.abs(area[t + 1] - area[t]);
  const middles = Array.from({ length: Math.max(0, area.length - 2) }, (_, i) => i + 1);
  if (middles.length === 0) return area.map((_, i) => i);
  const gapless = middles.filter(isGapless);
  const best = (gapless.length > 0 ? gapless : middles)
    .reduce((a, b) => change(b) > change(a) ? b : a);
  return [best - 1, best, best + 1];
}
