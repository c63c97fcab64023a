/**
 * How large objects are that a model learned from, kept with its weights: it finds objects of other sizes
 * badly or in pieces.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import type { ObjectSizes } from "../objects/object_sizes.ts";
import { objectsOf } from "../objects/overlap.ts";

/**
 * Diameters of objects, as of circles of their areas, in pixels.
 *
 * @category Models
 */
export interface ObjectScale {
  /** Of the median image. */
  readonly median: number;
  /** A tenth of the images have smaller ones. */
  readonly low: number;
  /** A tenth of the images have larger ones. */
  readonly high: number;
}

/** By this factor objects may be smaller or larger than those of nine in ten images. */
const BEYOND = 1.5;

/** The median diameter of an image's objects; null without objects. */
export function medianDiameter(labels: LabelImage): number | null {
  const areas = objectsOf(labels).areas.toSorted();
  if (areas.length === 0) return null;
  const middle = (areas.length - 1) / 2;
  const area = (areas[Math.floor(middle)] + areas[Math.ceil(middle)]) / 2;
  return 2 * Math.sqrt(area / Math.PI);
}

/** The scale of images by the median diameter of the objects of each; null without any. */
export function objectScaleOf(diameters: readonly number[]): ObjectScale | null {
  if (diameters.length === 0) return null;
  const sorted = diameters.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

/** A scale as metadata of a file of weights; nothing where it is not known. */
export function encodeObjectScale(scale: ObjectScale | null): Record<string, string> {
  if (scale === null) return {};
  const rounded = Object.entries(scale)
    .map(([name, diameter]) => [name, Number(diameter.toFixed(2))]);
  return { objects: JSON.stringify(Object.fromEntries(rounded)) };
}

/**
 * The scale from the metadata of a file of weights; null where it is not told, as in those of earlier
 * versions.
 *
 * @throws {RangeError | SyntaxError} If it makes no sense.
 */
export function readObjectScale(
  { objects }: Readonly<Record<string, string>>,
): ObjectScale | null {
  if (objects === undefined) return null;
  const { median, low, high } = JSON.parse(objects);
  if (low > 0 && low <= median && median <= high && high < Infinity) return { median, low, high };
  throw new RangeError(`Objects are ${low} to ${high} pixels in diameter, ${median} in the median`);
}

/** The factor by which images should be scaled for a model; null where their objects are as it knows them. */
export function factorFor(diameter: number, { low, median, high }: ObjectScale): number | null {
  return diameter < low / BEYOND || diameter > high * BEYOND ? median / diameter : null;
}

/** Fewer objects may be of any size. */
const FEWEST = 10;

/**
 * What to say of objects of another size than those that a model learned from; null where they are alike,
 * where there are only a few, or where nobody knows what was learned.
 *
 * @param options.where What they were found in.
 */
export function scaleText(
  { median, objects }: Pick<ObjectSizes, "median" | "objects">,
  { scale, where }: { scale: ObjectScale | null; where: string },
): string | null {
  const factor = scale === null || median === null ? null : factorFor(median, scale);
  if (factor === null || objects < FEWEST) return null;
  const [found, low, high] = [median!, scale!.low, scale!.high].map((pixels) => pixels.toFixed(1));
  return `The objects found in ${where} are ${found} pixels in diameter in the median, and the model learned ` +
    `from ones of ${low} to ${high}: it may find pieces of them, or several as one; scale the images by ` +
    `${
      factor.toPrecision(2)
    }, as --rescale does, or train on stills of the same magnification, and compare`;
}
