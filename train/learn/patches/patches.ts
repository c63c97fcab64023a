/**
 * Random patches of labelled stills and of pairs of video frames.
 *
 * As in StarDist, images are visited in rolling random permutations, and most patches are drawn only
 * where they contain foreground. A sampler's state is plain JSON, so that a resumed run sees the same
 * patches as an uninterrupted one.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { ForegroundPositions } from "./foreground_positions.ts";
import { Random, type RandomState } from "../../images/random.ts";
import type { Frames } from "../../images/series/frames.ts";
import { frameSample } from "../../images/packed/packed_frame.ts";
import { hasLabels, isPacked, PackedNumbers } from "../../images/packed/packed_sample.ts";
import { reflectIndex, type Sample } from "../../images/sample.ts";

/**
 * What patches to draw.
 *
 * @category Batches
 */
export interface PatchSettings {
  /** Width and height of a patch in pixels. */
  readonly size: number;
  /** Probability that a patch must contain foreground, where the image has any; 0.9 by default. */
  readonly foregroundOnly?: number;
}

/**
 * A place in the random order of the images, and the state of the random numbers; plain JSON.
 *
 * @category Batches
 */
export interface SamplerState {
  /** The permutation that is being walked through. */
  readonly order: readonly number[];
  /** How many of its entries are used up. */
  readonly position: number;
  /** The random generator. */
  readonly random: RandomState;
}

/**
 * Cuts a square patch out of a sample. What lies beyond the right and lower border is mirrored, so
 * the patch may be larger than the sample; mirrored objects keep their ids.
 *
 * @param place The upper left corner, inside the sample, and the size of the patch in pixels.
 */
export function cropSample(
  sample: Sample,
  { x, y, size }: { x: number; y: number; size: number },
): Sample {
  const { channels, width, height } = sample;
  const image = new Float32Array(channels * size * size);
  if (x + size <= width && y + size <= height) {
    const held = isPacked(sample) ? sample.packed : sample;
    const labels = held.labels && new Uint32Array(size * size);
    for (let i = 0; i < size; i++) {
      const from = (y + i) * width + x;
      for (let c = 0; c < channels; c++) {
        const place = { to: (c * size + i) * size, from: c * height * width + from, count: size };
        copyNumbers(held.image, image, place);
      }
      if (labels) copyNumbers(held.labels!, labels, { to: i * size, from, count: size });
    }
    return { channels, width: size, height: size, image, labels };
  }
  const whole = { image: sample.image, labels: sample.labels };
  const labels = whole.labels && new Uint32Array(size * size);
  const columns = Array.from({ length: size }, (_, j) => reflectIndex(x + j, width));
  for (let i = 0; i < size; i++) {
    const row = reflectIndex(y + i, height);
    for (let c = 0; c < channels; c++) {
      const from = (c * height + row) * width;
      const to = (c * size + i) * size;
      for (let j = 0; j < size; j++) image[to + j] = whole.image[from + columns[j]];
    }
    if (!labels) continue;
    for (let j = 0; j < size; j++) labels[i * size + j] = whole.labels![row * width + columns[j]];
  }
  return { channels, width: size, height: size, image, labels };
}

/** Copies numbers, as they are or packed. */
function copyNumbers<T extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  held: T | PackedNumbers<T>,
  into: T,
  place: { to: number; from: number; count: number },
): void {
  if (held instanceof PackedNumbers) held.copy(into, place);
  else into.set(held.subarray(place.from, place.from + place.count), place.to);
}

/**
 * A square patch of a sample, not yet cut.
 *
 * @category Batches
 */
export interface PatchPlace {
  /** The sample. */
  readonly sample: Sample;
  /** Column of the upper left corner. */
  readonly x: number;
  /** Row of the upper left corner. */
  readonly y: number;
  /** Width and height in pixels. */
  readonly size: number;
}

/**
 * Draws a patch of one sample: anywhere it fits, or with the probability `foregroundOnly` only where
 * it contains a pixel of an object. Samples smaller than the patch are mirrored at their end.
 *
 * @param positions The patches with foreground, if they are known already.
 * @throws {RangeError} When the size is not a positive whole number.
 */
export function samplePatch(
  random: Random,
  sample: Sample,
  options: PatchSettings & { positions?: ForegroundPositions },
): Sample {
  return cropSample(sample, placeOfPatch(random, sample, options));
}

/** Where {@linkcode samplePatch} cuts. */
function placeOfPatch(
  random: Random,
  sample: Sample,
  options: PatchSettings & { positions?: ForegroundPositions },
): PatchPlace {
  const { size, foregroundOnly = 0.9 } = options;
  checkSize(size);
  if (random.chance(foregroundOnly) && hasLabels(sample)) {
    const positions = options.positions ?? new ForegroundPositions(sample, size);
    if (positions.count > 0) {
      return { sample, ...positions.at(random.integer(positions.count)), size };
    }
  }
  return { sample, ...anyPosition(random, sample, size), size };
}

/**
 * Draws patches of labelled stills for ever.
 *
 * @category Batches
 */
export class PatchSampler {
  #stills: readonly Sample[];
  #settings: PatchSettings;
  #random: Random;
  #turns: Turns;
  #positions: (ForegroundPositions | undefined)[] = [];

  /**
   * Starts a sampler.
   *
   * @param stills Labelled samples; at least one.
   * @param options The patches to draw, and the seed of the order and places.
   * @throws {RangeError} When there are no stills or the size is not a positive whole number.
   */
  constructor(stills: readonly Sample[], options: PatchSettings & { seed: number }) {
    if (stills.length === 0) throw new RangeError("Cannot draw patches: there are no stills");
    checkSize(options.size);
    this.#stills = stills;
    this.#settings = options;
    this.#random = new Random(options.seed);
    this.#turns = new Turns(stills.length);
  }

  /** The next patch. */
  next(): Sample {
    const place = this.nextPlace();
    return cropSample(place.sample, place);
  }

  /** The same, to be cut by somebody else. */
  nextPlace(): PatchPlace {
    const index = this.#turns.next(this.#random);
    const sample = this.#stills[index];
    const { size, foregroundOnly } = this.#settings;
    const positions = this.#positions[index] ??= new ForegroundPositions(sample, size);
    return placeOfPatch(this.#random, sample, { size, foregroundOnly, positions });
  }

  /** The state, to be saved. */
  get state(): SamplerState {
    return { ...this.#turns.state, random: this.#random.state };
  }

  /**
   * Continues from a saved state.
   *
   * @throws {RangeError} When the state was saved with another number of stills.
   */
  restore(state: SamplerState): void {
    this.#turns = new Turns(this.#stills.length, state);
    this.#random = Random.from(state.random);
  }
}

/**
 * Draws patches at one place of the frames of times t and t + gap (and t + 2·gap, …) of one or several
 * videos for ever.
 *
 * @category Batches
 */
export class PairSampler {
  #windows: { readonly video: Frames; readonly indices: readonly number[] }[] = [];
  #size: number;
  #random: Random;
  #turns: Turns;

  /**
   * Starts a sampler.
   *
   * @param videos The frames of each video in their order.
   * @param options Size of the patches in pixels, how many frames are drawn (2 by default, a pair) and
   *   how far they are apart (1 by default), and the seed of the order and places.
   * @throws {RangeError} When no video has enough frames, or `gap` is not a positive whole number.
   */
  constructor(
    videos: readonly Frames[],
    { size, gap = 1, window = 2, seed }: {
      size: number;
      gap?: number;
      window?: number;
      seed: number;
    },
  ) {
    checkSize(size);
    if (!(Number.isInteger(gap) && gap > 0)) {
      throw new RangeError(
        `Cannot draw pairs: gap ${gap} is not a positive whole number of frames`,
      );
    }
    this.#windows = videos.flatMap((video) =>
      windowsOf(video, { gap, window }).map((indices) => ({ video, indices }))
    );
    if (this.#windows.length === 0) {
      const [what, least] = [
        window === 2 ? "pairs" : `windows of ${window}`,
        gap * (window - 1) + 1,
      ];
      throw new RangeError(
        `Cannot draw ${what} of frames ${gap} apart: no video has ${least} frames in a row`,
      );
    }
    this.#size = size;
    this.#random = new Random(seed);
    this.#turns = new Turns(this.#windows.length);
  }

  /**
   * The next patches, at one place of all frames. The choice is made at once; only reading takes time.
   *
   * @throws {SyntaxError | RangeError} When a frame has to be read and its file is damaged.
   */
  async next(): Promise<Sample[]> {
    const { video, indices } = this.#windows[this.#turns.next(this.#random)];
    const place = { ...anyPosition(this.#random, video, this.#size), size: this.#size };
    const frames = await Promise.all(indices.map((i) => video.frame(i)));
    return frames.map((frame) => cropSample(frameSample(frame), place));
  }

  /** Number of pairs (or windows) of frames; one epoch visits each once. */
  get length(): number {
    return this.#windows.length;
  }

  /** The state, to be saved. */
  get state(): SamplerState {
    return { ...this.#turns.state, random: this.#random.state };
  }

  /**
   * Continues from a saved state.
   *
   * @throws {RangeError} When the state was saved with another number of pairs.
   */
  restore(state: SamplerState): void {
    this.#turns = new Turns(this.#windows.length, state);
    this.#random = Random.from(state.random);
  }
}

/** How many pairs (or windows of more frames) a video has. */
export function windowCount(
  video: Pick<Frames, "length" | "times">,
  options: { gap: number; window?: number },
): number {
  return windowsOf(video, options).length;
}

/** The frames of each pair or window: those whose times are `gap` apart, so none that leaves one out. */
function windowsOf(
  { length, times }: Pick<Frames, "length" | "times">,
  { gap, window = 2 }: { gap: number; window?: number },
): number[][] {
  const timeOf = (i: number) => times?.[i] ?? i;
  const places = new Map(Array.from({ length }, (_, i) => [timeOf(i), i]));
  return Array.from({ length }, (_, i) => {
    const others = Array.from({ length: window }, (_, k) => places.get(timeOf(i) + k * gap));
    return others.filter((other) => other !== undefined);
  }).filter((indices) => indices.length === window);
}

/** Visits 0 … count − 1 in rolling random permutations. */
class Turns {
  #count: number;
  #order: readonly number[];
  #position: number;

  constructor(count: number, state: Omit<SamplerState, "random"> = { order: [], position: 0 }) {
    if (state.order.length !== 0 && state.order.length !== count) {
      throw new RangeError(
        `Cannot continue a sampler: it was saved with ${
          counted(state.order.length, "image or pair", "images or pairs")
        }, ` +
          `now there ${wordFor(count, "is", "are")} ${count}`,
      );
    }
    this.#count = count;
    this.#order = state.order;
    this.#position = state.position;
  }

  next(random: Random): number {
    if (this.#position === this.#order.length) {
      this.#order = [...random.permutation(this.#count)];
      this.#position = 0;
    }
    return this.#order[this.#position++];
  }

  get state(): Omit<SamplerState, "random"> {
    return { order: this.#order, position: this.#position };
  }
}

/** The upper left corner of a patch anywhere it fits. */
function anyPosition(
  random: Random,
  { width, height }: { width: number; height: number },
  size: number,
) {
  const x = random.integer(Math.max(1, width - size + 1));
  const y = random.integer(Math.max(1, height - size + 1));
  return { x, y };
}

function checkSize(size: number): void {
  if (!(Number.isInteger(size) && size > 0)) {
    throw new RangeError(`Cannot draw patches: size ${size} is not a positive whole number`);
  }
}
