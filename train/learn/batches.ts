/**
 * The stream of training batches: patches of stills and of pairs of frames, drawn, augmented and
 * stacked. Both streams are independent, so a control sees the very segmentation batches that the
 * consistent model sees.
 *
 * @module
 */

import { type AugmentationSettings, drawAugmentation } from "./patches/augment.ts";
import {
  type AugmentationTask,
  type Augmenter,
  augmentHere,
  patchAt,
  type SampleStack,
  stackOf,
} from "./patches/augmenter.ts";
import type { Frames } from "../images/series/frames.ts";
import { PairSampler, PatchSampler, type SamplerState } from "./patches/patches.ts";
import { Random, type RandomState } from "../images/random.ts";
import type { Sample } from "../images/sample.ts";
import type { DType, TypedArrayOf } from "../../kernels/gpu/tensor.ts";
import { foregroundEncoder, type TargetEncoder } from "../models/objective.ts";
import { type SettingGroup, share, wholeNumber, yesOrNo } from "../settings.ts";

/**
 * A batch as arrays, ready to upload.
 *
 * @category Batches
 */
export interface Batch {
  /** `[n, c, h, w]`; for pairs first all first frames, then all second, see {@linkcode stackWindows}. */
  readonly shape: readonly [number, number, number, number];
  /** Intensities. */
  readonly images: Float32Array<ArrayBuffer>;
  /** What of the stills' labels is uploaded, `[n, 1, h, w]`; null for pairs. */
  readonly targets: TypedArrayOf<DType> | null;
}

/**
 * Where a stream stands, as plain JSON.
 *
 * @category Batches
 */
export interface StreamState {
  /** The order of images and places. */
  readonly sampler: SamplerState;
  /** The augmentation's random numbers. */
  readonly augmentation: RandomState;
}

/**
 * Batches of one task, in an order that goes on where it stood.
 *
 * @category Batches
 */
export interface BatchStream {
  /**
   * The next batch. What is in it is chosen at once.
   *
   * @param augment Augments its samples; this thread unless told.
   * @throws {SyntaxError | RangeError} If an image has to be read and its file is damaged.
   */
  next(augment?: Augmenter): Batch | Promise<Batch>;
  /** Where it stands, as plain JSON. */
  readonly state: unknown;
  /** Goes on from where it stood. */
  restore(state: unknown): void;
}

/**
 * Settings of batches and of the patches in them.
 *
 * @category Batches
 */
export interface BatchSettings {
  /** Side of the training patches in pixels. */
  patch: number;
  /** Stills per segmentation batch. */
  batch: number;
  /** Share of the patches that must contain foreground. */
  foreground: number;
  /** Pairs of frames per consistency batch. */
  pairs: number;
  /** Frames between the two of a pair. */
  gap: number;
  /** Neighbouring frames that are compared at once; 2 for pairs. */
  window: number;
  /** Whether the stacks of a video are also compared with themselves in depth. */
  depthPairs: boolean;
  /** Planes between the two of a pair in depth. */
  depthGap: number;
}

/**
 * The settings of {@linkcode BatchSettings}.
 *
 * @category Batches
 */
export const batchSettings: SettingGroup<BatchSettings> = {
  title: "Batches",
  settings: {
    patch: {
      value: 128,
      rule: wholeNumber({ least: 1 }),
      sentence: "Side of the training patches in pixels",
      isCommon: true,
    },
    batch: {
      value: 4,
      rule: wholeNumber({ least: 1 }),
      sentence: "Stills in a batch of segmentation",
      isCommon: true,
    },
    foreground: {
      value: 0.9,
      rule: share,
      sentence: "Share of the patches of stills that must contain foreground",
    },
    pairs: {
      value: 2,
      rule: wholeNumber({ least: 1 }),
      sentence: "Pairs of frames in a batch of consistency",
    },
    gap: {
      value: 1,
      rule: wholeNumber({ least: 1 }),
      sentence: "Frames from the first to the second of a pair",
    },
    window: {
      value: 2,
      rule: wholeNumber({ least: 2 }),
      sentence: "Neighbouring frames that are compared at once; 2 for pairs",
    },
    depthPairs: {
      value: false,
      rule: yesOrNo,
      sentence: "Compare the stacks of a video also with themselves in depth",
    },
    depthGap: {
      value: 5,
      rule: wholeNumber({ least: 1 }),
      sentence: "Planes from the first to the second of a pair in depth",
    },
  },
};

/**
 * Settings that both streams share.
 *
 * @category Batches
 */
export interface StreamSettings {
  /** Side of the patches. */
  readonly patch: number;
  /** Stills or pairs per batch. */
  readonly count: number;
  /** Augmentation. */
  readonly augmentation: AugmentationSettings;
  /** Seed of order, places and augmentation. */
  readonly seed: number;
}

/**
 * Settings of the stream of stills.
 *
 * @category Batches
 */
export interface StillSettings {
  /** Share of the patches that must contain foreground. */
  readonly foreground: number;
  /** Makes targets from labels; the foreground unless told. */
  readonly encode?: TargetEncoder;
}

/** Stacks samples of one size into a batch; targets are made from their labels. */
export function stackSamples(
  samples: readonly Sample[],
  { encode = foregroundEncoder({ parted: false }) }: { encode?: TargetEncoder } = {},
): Batch {
  return batchOf(stackOf(samples), { encode });
}

/** A batch of samples that are stacked already. */
export function batchOf(
  { shape, images, labels }: SampleStack,
  { encode = foregroundEncoder({ parted: false }) }: { encode?: TargetEncoder } = {},
): Batch {
  const [, , height, width] = shape;
  return { shape, images, targets: labels && encode(labels, { width, height }) };
}

/** Stacks pairs (or windows) of patches: first all first frames, then all second ones, and so on. */
export function stackWindows(windows: readonly (readonly Sample[])[]): Batch {
  return stackSamples(inStackOrder(windows));
}

/** All first ones of some windows, then all second ones, and so on. */
function inStackOrder<T>(windows: readonly (readonly T[])[]): T[] {
  return windows[0].flatMap((_, frame) => windows.map((window) => window[frame]));
}

/**
 * Batches of augmented patches of labelled stills.
 *
 * @category Batches
 */
export class StillStream implements BatchStream {
  readonly #sampler: PatchSampler;
  readonly #settings: StreamSettings & StillSettings;
  #random: Random;

  /** Starts a stream over the training stills. */
  constructor(stills: readonly Sample[], settings: StreamSettings & StillSettings) {
    const { patch, seed, foreground } = settings;
    this.#sampler = new PatchSampler(stills, { size: patch, foregroundOnly: foreground, seed });
    this.#settings = settings;
    this.#random = new Random(seed, 1);
  }

  /** The next batch. */
  next(): Batch;
  /** The next batch, augmented by somebody else. */
  next(augment: Augmenter): Batch | Promise<Batch>;
  next(augment: Augmenter = augmentHere): Batch | Promise<Batch> {
    const { count, augmentation, encode } = this.#settings;
    const tasks = Array.from({ length: count }, (): AugmentationTask => {
      const sample = patchAt(this.#sampler.nextPlace());
      return { sample, draw: drawAugmentation(this.#random, augmentation) };
    });
    const stack = augment(tasks);
    if (!(stack instanceof Promise)) return batchOf(stack, { encode });
    return stack.then((made) => batchOf(made, { encode }));
  }

  /** The state, to be saved. */
  get state(): StreamState {
    return { sampler: this.#sampler.state, augmentation: this.#random.state };
  }

  /** Goes on from a saved state. */
  restore(state: unknown): void {
    const { sampler, augmentation } = state as StreamState;
    this.#sampler.restore(sampler);
    this.#random = Random.from(augmentation);
  }
}

/**
 * Batches of augmented patches of pairs (or windows) of frames; all of one get the same draw.
 *
 * @category Batches
 */
export class PairStream implements BatchStream {
  readonly #sampler: PairSampler;
  readonly #settings: StreamSettings;
  #random: Random;

  /** Starts a stream over the frames of some videos. */
  constructor(
    videos: readonly Frames[],
    settings: StreamSettings & { gap: number; window?: number },
  ) {
    const { patch, seed, gap, window } = settings;
    this.#sampler = new PairSampler(videos, { size: patch, gap, window, seed });
    this.#settings = settings;
    this.#random = new Random(seed, 2);
  }

  /** Pairs of frames; an epoch visits each once. */
  get length(): number {
    return this.#sampler.length;
  }

  /**
   * The next batch of `[window · pairs, c, h, w]`. What is in it is chosen at once; only reading frames
   * takes time.
   *
   * @param augment Augments its samples; this thread unless told.
   * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
   */
  async next(augment: Augmenter = augmentHere): Promise<Batch> {
    const { count, augmentation } = this.#settings;
    const windows = await Promise.all(Array.from({ length: count }, async () => {
      const draw = drawAugmentation(this.#random, augmentation, { pair: true });
      const samples = await this.#sampler.next();
      return samples.map((sample, frame): AugmentationTask => ({ sample, draw, frame }));
    }));
    return batchOf(await augment(inStackOrder(windows)));
  }

  /** The state, to be saved. */
  get state(): StreamState {
    return { sampler: this.#sampler.state, augmentation: this.#random.state };
  }

  /** Goes on from a saved state. */
  restore(state: unknown): void {
    const { sampler, augmentation } = state as StreamState;
    this.#sampler.restore(sampler);
    this.#random = Random.from(augmentation);
  }
}
