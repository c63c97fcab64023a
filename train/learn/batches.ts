/**
 * The stream of training batches: patches of stills and of pairs of frames, drawn, augmented and
 * stacked. Both streams are independent, so a control sees the very segmentation batches that the
 * consistent model sees.
 *
 * @module
 */

import { applyAugmentation, type AugmentationSettings, drawAugmentation } from "./augment.ts";
import type { Frames } from "../images/series/frames.ts";
import { PairSampler, PatchSampler, type SamplerState } from "./patches.ts";
import { Random, type RandomState } from "../images/random.ts";
import type { Sample } from "../images/sample.ts";
import type { DType, TypedArrayOf } from "../../kernels/gpu/tensor.ts";
import { foregroundEncoder, type TargetEncoder } from "../models/objective.ts";

/** A batch as arrays, ready to upload. */
export interface Batch {
  /** `[n, c, h, w]`; for pairs first all first frames, then all second, see {@linkcode stackWindows}. */
  readonly shape: readonly [number, number, number, number];
  /** Intensities. */
  readonly images: Float32Array<ArrayBuffer>;
  /** What of the stills' labels is uploaded, `[n, 1, h, w]`; null for pairs. */
  readonly targets: TypedArrayOf<DType> | null;
}

/** Where a stream stands, as plain JSON. */
export interface StreamState {
  /** The order of images and places. */
  readonly sampler: SamplerState;
  /** The augmentation's random numbers. */
  readonly augmentation: RandomState;
}

/** Where the streams of a stage stand, as plain JSON. */
export interface StreamStates {
  /** Where the stream of stills stands. */
  readonly stills: StreamState;
  /** Where the stream of pairs stands; null without a video. */
  readonly pairs: StreamState | null;
  /** Where the stream of pairs in depth stands; left out without any. */
  readonly depth?: StreamState;
}

/** Settings that both streams share. */
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

/** Settings of the stream of stills. */
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
  const [{ channels, height, width, labels }] = samples;
  const images = new Float32Array(samples.length * channels * height * width);
  samples.forEach(({ image }, i) => images.set(image, i * image.length));
  const shape = [samples.length, channels, height, width] as const;
  if (!labels) return { shape, images, targets: null };
  const ids = new Uint32Array(samples.length * height * width);
  samples.forEach((sample, i) => ids.set(sample.labels!, i * height * width));
  return { shape, images, targets: encode(ids, { width, height }) };
}

/** Stacks pairs (or windows) of patches: first all first frames, then all second ones, and so on. */
export function stackWindows(windows: readonly (readonly Sample[])[]): Batch {
  return stackSamples(windows[0].flatMap((_, frame) => windows.map((patches) => patches[frame])));
}

/** Batches of augmented patches of labelled stills. */
export class StillStream {
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
  next(): Batch {
    const { count, augmentation, encode } = this.#settings;
    const samples = Array.from({ length: count }, () => {
      const patch = this.#sampler.next();
      return applyAugmentation(drawAugmentation(this.#random, augmentation), patch);
    });
    return stackSamples(samples, { encode });
  }

  /** The state, to be saved. */
  get state(): StreamState {
    return { sampler: this.#sampler.state, augmentation: this.#random.state };
  }

  /** Goes on from a saved state. */
  restore({ sampler, augmentation }: StreamState): void {
    this.#sampler.restore(sampler);
    this.#random = Random.from(augmentation);
  }
}

/** Batches of augmented patches of pairs (or windows) of frames; all of one get the same draw. */
export class PairStream {
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
   * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
   */
  async next(): Promise<Batch> {
    const { count, augmentation } = this.#settings;
    const pairs = await Promise.all(Array.from({ length: count }, async () => {
      const draw = drawAugmentation(this.#random, augmentation, { pair: true });
      const pair = await this.#sampler.next();
      return pair.map((sample, frame) => applyAugmentation(draw, sample, { frame }));
    }));
    return stackWindows(pairs);
  }

  /** The state, to be saved. */
  get state(): StreamState {
    return { sampler: this.#sampler.state, augmentation: this.#random.state };
  }

  /** Goes on from a saved state. */
  restore({ sampler, augmentation }: StreamState): void {
    this.#sampler.restore(sampler);
    this.#random = Random.from(augmentation);
  }
}
