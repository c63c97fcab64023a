/**
 * What is known of the frames of a video: label images of files, which are looked at before training and
 * read again when a model is measured, so that no more than one of them is held.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import type { LabelImage } from "../../images/image.ts";
import { backgroundOf, numbersIn } from "../../images/masks/binary.ts";
import {
  type MaskFacts,
  type MaskNotes,
  maskNotes,
  type MaskOptions,
  objectsInMask,
} from "../../images/masks/reading.ts";
import { matchTruth, type NamedImages } from "../../images/series/match_truth.ts";
import { type LabelSequence, openLabels } from "../../images/series/truth.ts";
import type { Source } from "../../images/source.ts";
import type { KnownLabels } from "../../learn/training_set.ts";

/** Labels of a video's frames, and what there is to say about them. */
export interface VideoTruth extends MaskNotes {
  /** The labels by frame index. */
  readonly labels: KnownLabels;
}

/** What labels must fit, and how they are read. */
interface VideoTruthOptions {
  readonly source: Source;
  /** The video. */
  readonly video: { readonly name: string; readonly width: number; readonly height: number };
  /** Its frames. */
  readonly names: NamedImages;
  /** How masks are read; markers have no such options. */
  readonly options: MaskOptions;
}

/**
 * Opens label images of a video's frames. They may be binary as masks of stills are; where they tell
 * objects apart, that is what counts.
 *
 * @throws {RangeError} If one has another size than the video: better before training than after it.
 */
export async function openVideoTruth(
  path: string,
  { source, video: { width, height, name }, names, options: { ignoreLabel, masks } }:
    VideoTruthOptions,
): Promise<VideoTruth> {
  const truth = await openLabels(source, path, { ignoreLabel });
  const { pairs, withoutLabels, met } = matchTruth(names, truth);
  const stored = async (at: number) => {
    const image = await truth.frame(at);
    if (image.width === width && image.height === height) return image;
    throw unusable(
      `Cannot use ${path}: ${truth.names[at]} is ${image.width}x${image.height}, the ` +
        `frames of ${name} are ${width}x${height}; give label images of the same frames`,
    );
  };
  const known = new Map(pairs.map((pair) => [pair.label, pair.truth]));
  const read = await objectsInTruth({ ...truth, frame: stored }, {
    at: [...known.values()],
    masks,
  });
  const beyond = withoutLabels.length;
  const notes = beyond > 0
    ? [`${path}: images of no frame of ${name} are left out: ${beyond}`]
    : [];
  // Where every frame has truth of its own number, there is nothing to say.
  const isPlain = pairs.length === names.length &&
    pairs.every((pair) => names.numbers[pair.label] === truth.numbers[pair.truth]);
  return {
    labels: {
      size: known.size,
      keys: () => known.keys(),
      get: async (frame) => {
        const at = known.get(frame);
        return at === undefined ? undefined : read.objects(await stored(at));
      },
    },
    warnings: read.warnings,
    notes: [...(isPlain ? notes : [met, ...notes]), ...read.notes],
  };
}

/** How the images of truth become objects, and what there is to say about it; each is looked at once. */
async function objectsInTruth(
  { path, frame }: LabelSequence,
  { at, masks }: { at: readonly number[]; masks: MaskOptions["masks"] },
): Promise<{ objects: (image: LabelImage) => LabelImage } & MaskNotes> {
  const all = async function* () {
    for (const i of at) yield await frame(i);
  };
  let areBinary = masks === "binary";
  for await (const image of all()) areBinary &&= numbersIn(image).length <= 2;
  // Markers are one object each.
  if (masks === undefined) return { objects: (image) => image, warnings: [], notes: [] };
  const background = areBinary ? await backgroundOf(all(), { what: path }) : 0;
  const options = { masks: areBinary ? "binary" : "instances", background } as const;
  const facts: MaskFacts[] = [];
  for await (const image of all()) facts.push(objectsInMask(image, options).facts);
  const { warnings, notes } = maskNotes(facts, { ...options, what: `truth images of ${path}` });
  const asItIs =
    `${path} tells objects apart and is taken as it is: masks is binary for stills alone`;
  const isLeft = masks === "binary" && !areBinary;
  return {
    objects: (image) => objectsInMask(image, options).labels,
    warnings,
    notes: isLeft ? [asItIs, ...notes] : notes,
  };
}
