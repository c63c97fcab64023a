/**
 * Reading labelled stills to learn from.
 *
 * @module
 */

import type { MaskFacts, MaskOptions } from "../../images/masks/reading.ts";
import { channelsOf } from "../../images/image.ts";
import { channelRanges, type NormalizationSettings, normalize } from "../../images/normalize.ts";
import { packSample } from "../../images/packed/packed_sample.ts";
import { type Sample, sampleFromPlanes } from "../../images/sample.ts";
import { medianOf, pixelSizeOf } from "../../images/scale/pixel_size.ts";
import type { PlaneChoice } from "../../images/series/plane_choice.ts";
import {
  backgroundOfStills,
  eachStill,
  listStills,
  type StillFiles,
} from "../../images/series/stills.ts";
import type { Source } from "../../images/source.ts";
import { medianDiameter, type ObjectScale, objectScaleOf } from "../../models/object_scale.ts";
import { goOn, type Progress } from "../progress/progress.ts";

/**
 * How stills are read.
 *
 * @category Batches
 */
export interface SampleOptions {
  /** How masks are understood, and which plane and channels of images are read. */
  readonly reading: MaskOptions & PlaneChoice & { readonly channels: readonly string[] };
  /** How single images are normalised. */
  readonly settings: NormalizationSettings;
  /** Notes how far reading is. */
  readonly progress: Progress;
}

/**
 * Labelled stills, normalised.
 *
 * @category Batches
 */
export interface ReadSamples {
  /** Those to learn from. */
  readonly samples: Sample[];
  /** Those that the makers of the data set held back. */
  readonly test: Sample[];
  /** What was found out about their masks. */
  readonly facts: readonly MaskFacts[];
  /** What a user should know. */
  readonly notes: readonly string[];
  /** The size of their pixels in micrometres, that of the median; null where it is not known. */
  readonly pixelSize: number | null;
}

/**
 * Reads a labelled data set into memory, packed where that takes less of it: `image` and `labels` are unpacked
 * anew whenever they are asked for.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged, missing or does not fit.
 *
 * @category Batches
 */
export async function readSamples(
  source: Source,
  path: string,
  { reading: options, settings, progress }: SampleOptions,
): Promise<ReadSamples> {
  const set = await listStills(source, path);
  const notes = new Set(set.notes);
  const facts: MaskFacts[] = [];
  const sizes: number[] = [];
  goOn(progress, `reading ${path}`, set.train.length + set.test.length);
  const background = await backgroundOfStills(source, set, options);
  const read = async (files: readonly StillFiles[]) => {
    const samples: Sample[] = [];
    for await (const still of eachStill(source, files, { ...options, background })) {
      progress.done++;
      facts.push(still.facts);
      const size = pixelSizeOf(still.calibration);
      if (size !== null) sizes.push(size);
      still.notes.forEach((note) => notes.add(note));
      const image = normalize(still.image, channelRanges(still.image, settings));
      samples.push(packSample(sampleFromPlanes(channelsOf(image), still.labels)));
    }
    return samples;
  };
  const [samples, test] = [await read(set.train), await read(set.test)];
  return { samples, test, facts, notes: [...notes], pixelSize: medianOf(sizes) };
}

/** How large the objects are that are learned from; null without any. */
export function scaleOfSamples(samples: readonly Sample[]): ObjectScale | null {
  const diameters = samples.flatMap(({ width, height, labels }) =>
    (labels && medianDiameter({ width, height, data: labels })) ?? []
  );
  return objectScaleOf(diameters);
}
