/**
 * Where samples are augmented: here, or by somebody who has time, as a worker has. The result is the same
 * to the bit, as all that is random has been drawn before.
 *
 * @module
 */

import { fromShared, type SharedSample, sharedSample } from "../../images/packed/packed_sample.ts";
import type { Sample } from "../../images/sample.ts";
import { applyAugmentation, type AugmentationDraw } from "./augment.ts";
import { cropSample, type PatchPlace } from "./patches.ts";

/**
 * A patch that is cut by whoever augments it.
 *
 * @category Batches
 */
export interface SharedPatch extends Omit<PatchPlace, "sample"> {
  /** What it is cut out of. */
  readonly still: SharedSample;
}

/** A patch as a task takes it: cut here only where whoever augments it cannot do so. */
export function patchAt(place: PatchPlace): Sample | SharedPatch {
  const still = sharedSample(place.sample);
  const { x, y, size } = place;
  return still ? { still, x, y, size } : cropSample(place.sample, place);
}

/**
 * A sample and what is done to it.
 *
 * @category Batches
 */
export interface AugmentationTask {
  /** The sample; whoever augments may change it, but not what it is to be cut out of. */
  readonly sample: Sample | SharedPatch;
  /** What was drawn. */
  readonly draw: AugmentationDraw;
  /** The number of its noise among samples that share a draw; 0 unless told. */
  readonly frame?: number;
}

/**
 * Samples of one size, one after the other.
 *
 * @category Batches
 */
export interface SampleStack {
  /** `[n, c, h, w]`. */
  readonly shape: readonly [number, number, number, number];
  /** Intensities. */
  readonly images: Float32Array<ArrayBuffer>;
  /** Ids of objects, `[n, h, w]`; null where the first sample has none. */
  readonly labels: Uint32Array<ArrayBuffer> | null;
}

/**
 * Applies draws to samples and stacks them, in their order: whoever has the time also copies.
 *
 * @category Batches
 */
export type Augmenter = (
  tasks: readonly AugmentationTask[],
) => SampleStack | Promise<SampleStack>;

/**
 * Augments on this thread.
 *
 * @category Batches
 */
export function augmentHere(tasks: readonly AugmentationTask[]): SampleStack {
  return stackOf(tasks.map(({ sample, draw, frame }) => {
    const patch = "still" in sample ? cropSample(fromShared(sample.still), sample) : sample;
    return applyAugmentation(draw, patch, { frame });
  }));
}

/** Stacks samples of one size. */
export function stackOf(samples: readonly Sample[]): SampleStack {
  const [{ channels, height, width, labels }] = samples;
  const images = new Float32Array(samples.length * channels * height * width);
  samples.forEach(({ image }, i) => images.set(image, i * image.length));
  const shape = [samples.length, channels, height, width] as const;
  if (!labels) return { shape, images, labels: null };
  const ids = new Uint32Array(samples.length * height * width);
  samples.forEach((sample, i) => ids.set(sample.labels!, i * height * width));
  return { shape, images, labels: ids };
}
