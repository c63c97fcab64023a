/**
 * A pixel classifier: features at several scales, and a random forest that knows some of them.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import {
  classifyPixels,
  type DecisionForest,
  NO_CLASS,
  pickFeatures,
} from "../../../kernels/features/mod.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import { featureTiles, tileFeatures } from "./feature_tiles.ts";
import { growForest, type Samples } from "./forest.ts";
import type { ChosenPixels } from "./samples.ts";

/** What a pixel is classified with. */
export interface PixelClassifier {
  /** Standard deviations of the features in pixels. */
  readonly sigmas: readonly number[];
  /** Classifies the features. */
  readonly forest: DecisionForest;
}

/** A normalised image and the pixels of it to learn from. */
export interface TrainingImage extends ChosenPixels {
  /** The image. */
  readonly image: Plane;
}

/** Options of {@linkcode learnPixels}. */
export interface LearnOptions {
  /** Standard deviations of the features in pixels. */
  readonly sigmas: readonly number[];
  /** Trees of the forest. */
  readonly trees: number;
  /** Seed of the forest. */
  readonly seed: number;
}

/**
 * Learns from pixels of images, which are asked for one by one.
 *
 * @throws {RangeError} If a sigma is out of range.
 *
 * @example
 * ```ts ignore
 * const options = { sigmas: [1, 3.5], trees: 25, seed: 1 };
 * const classifier = await learnPixels(device, [{ image, places, classes }], options);
 * const found = await classifyImage(device, image, classifier);
 * ```
 */
export async function learnPixels(
  device: Device,
  images: Iterable<TrainingImage> | AsyncIterable<TrainingImage>,
  { sigmas, trees, seed }: LearnOptions,
): Promise<PixelClassifier> {
  const samples: { features: Float32Array[]; classes: number[] } = { features: [], classes: [] };
  for await (const image of images) {
    const { features, classes } = await readSamples(device, image, { sigmas });
    samples.features.push(...features as Float32Array[]);
    samples.classes.push(...classes);
  }
  return { sigmas, forest: growForest(samples, { trees, seed }) };
}

/** The features of the chosen pixels of one image, tile by tile. */
async function readSamples(
  device: Device,
  { image, places, classes }: TrainingImage,
  { sigmas }: { sigmas: readonly number[] },
): Promise<Samples> {
  const samples: { features: Float32Array[]; classes: number[] } = { features: [], classes: [] };
  const task = device.task();
  for (const { area, kept } of featureTiles(task, image, { sigmas })) {
    const inside: number[] = [];
    places.forEach((place, i) => {
      const x = place % image.width - kept.left;
      const y = Math.floor(place / image.width) - kept.top;
      if (x < 0 || y < 0 || x >= kept.width || y >= kept.height) return;
      inside.push((y + kept.top - area.top) * area.width + x + kept.left - area.left);
      samples.classes.push(classes[i]);
    });
    if (inside.length === 0) continue;
    using _scope = task.scope();
    const features = tileFeatures(task, image, { area, sigmas });
    const picked = pickFeatures(task, features, { places: Uint32Array.from(inside) });
    const rows = await task.read(picked);
    const count = features.shape[0];
    for (let at = 0; at < rows.length; at += count) {
      samples.features.push(rows.subarray(at, at + count));
    }
  }
  return samples;
}

/**
 * The class of every pixel of a normalised image, from 0 (background, and where nothing is known).
 *
 * @param options What to classify with, and the most pixels of a tile: as many as fit unless told.
 * @returns Classes in place of ids.
 */
export async function classifyImage(
  device: Device,
  image: Plane,
  { sigmas, forest, mostPixels }: PixelClassifier & { mostPixels?: number },
): Promise<LabelImage> {
  const { width, height } = image;
  const data = new Uint32Array(width * height);
  const task = device.task();
  for (const { area, kept } of featureTiles(task, image, { sigmas, mostPixels })) {
    using _scope = task.scope();
    const features = tileFeatures(task, image, { area, sigmas });
    const classes = (await task.read(classifyPixels(task, features, { forest })))
      .map((found) => found === NO_CLASS ? 0 : found);
    for (let y = kept.top; y < kept.top + kept.height; y++) {
      const from = (y - area.top) * area.width + kept.left - area.left;
      data.set(classes.subarray(from, from + kept.width), y * width + kept.left);
    }
  }
  return { width, height, data };
}
