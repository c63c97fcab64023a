/**
 * From the numbers in label images to objects: what is given for labels may be an image, or a mask that tells
 * foreground from background alone.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import { isObject, type LabelImage } from "../../images/image.ts";
import { backgroundOf } from "../../images/masks/binary.ts";
import { intensitiesDoubt } from "../../images/masks/intensities.ts";
import { type MaskKind, maskNotes, objectsInMask } from "../../images/masks/reading.ts";
import type { LabelSequence } from "../../images/series/truth.ts";

/** Label images whose numbers are objects, and what a user should know about them. */
export interface ReadLabels {
  readonly labels: LabelSequence;
  readonly notes: readonly string[];
}

/**
 * Label images as objects. Unless a user says what their numbers are, the first one that holds any is
 * looked at.
 *
 * @throws {RangeError} If it looks like an image instead of labels.
 */
export async function objectsOf(
  labels: LabelSequence,
  masks: MaskKind | undefined,
): Promise<ReadLabels> {
  if (masks === "instances") return { labels, notes: [] };
  if (masks === "binary") {
    const background = await backgroundOf(allOf(labels), { what: labels.path });
    const frame = async (i: number) =>
      objectsInMask(await labels.frame(i), { masks, background }).labels;
    return { labels: { ...labels, frame }, notes: [] };
  }
  for (let i = 0; i < labels.length; i++) {
    const image = await labels.frame(i);
    if (!image.data.some(isObject)) continue;
    const doubt = intensitiesDoubt(image);
    if (doubt !== null) {
      throw unusable(
        `Cannot track ${labels.path}: ${
          labels.names[i]
        } looks like an image, not like labels (${doubt}); ` +
          "give label images with --labels and the images themselves with --images, or, if each of these " +
          "numbers is an object, --masks instances",
      );
    }
    const { facts } = objectsInMask(image);
    return { labels, notes: maskNotes([facts], { what: "label images looked at" }).warnings };
  }
  return { labels, notes: [] };
}

async function* allOf(labels: LabelSequence): AsyncGenerator<LabelImage> {
  for (let i = 0; i < labels.length; i++) yield await labels.frame(i);
}
