/**
 * What a user should know of a movie before trusting what was found in it: each a sentence with a remedy.
 *
 * @module
 */

import { wordFor } from "../../counted.ts";
import { formatRanges } from "../../images/names.ts";
import type { MovieFacts } from "../../images/quality/movie_facts.ts";
import { factorFor, type ObjectScale } from "../../models/object_scale.ts";
import type { Judgement } from "./judge.ts";

/** What is known of a movie. */
export interface WarningParts {
  /** What its frames are like. */
  readonly movie: MovieFacts;
  /** What the unadapted model finds. */
  readonly found: Judgement;
  /** How large the objects are that the model learned from; null where nobody knows. */
  readonly scale: ObjectScale | null;
  /** By how much frames were enlarged before they were seen; 1 unless told. */
  readonly rescale?: number;
  /** The number by which a user knows each frame. */
  readonly numbers: readonly number[];
}

/** Less contrast than this many standard deviations of the noise is dim. */
const DIM = 10;
/** What is left of the contrast in the end where bleaching should be told of. */
const FADED = 0.6;
/** Where fewer objects than this are found again in the next frame, they have moved too far or blink. */
const MOVED = 0.5;
/** From this agreement of views on a model is sure of what it sees. */
const SURE = 0.7;
/** Drift of more than so many object diameters is told of. */
const DRIFT = 1;

/** Sentences on a movie, the gravest first; of one that is label-free nothing else is said. */
export function warningsOn(
  { movie, found, scale, rescale = 1, numbers }: WarningParts,
): string[] {
  if (movie.isLabelFree) return [LABEL_FREE];
  const named = (frames: readonly number[]) => {
    const list = formatRanges(frames.map((i) => numbers[i]));
    return `${wordFor(frames.length, "Frame")} ${list}`;
  };
  const { contrastToNoise, fading, jumps, blurred, clipped } = movie;
  const warnings: string[] = [];
  if (found.objects < 1) {
    warnings.push(
      "Hardly any object is found; look whether the movie shows nuclei that are bright on a dark ground, in " +
        "the right channel, and at a size that the model knows",
    );
  }
  const { diameter } = found;
  const factor = diameter !== null && scale !== null ? factorFor(diameter, scale) : null;
  if (diameter !== null && scale !== null && factor !== null) {
    warnings.push(
      `Objects are ${diameter.toFixed(0)} pixels in diameter, and the model learned from ones of ` +
        `${scale.low.toFixed(0)} to ${
          scale.high.toFixed(0)
        }: it may find pieces of them, or several as one; ` +
        `try --rescale ${
          Number((factor * rescale).toPrecision(2))
        } with another --out, and compare`,
    );
  }
  if (contrastToNoise !== null && contrastToNoise < DIM) {
    warnings.push(
      `The movie is underexposed: its contrast is ${
        contrastToNoise.toFixed(1)
      } times the noise; expose ` +
        "longer, bin pixels, or look at the result with care",
    );
  }
  if (clipped.length > 0) {
    warnings.push(
      `${
        named(clipped)
      }: overexposed, many pixels have the highest intensity there; nuclei that touch run ` +
        "into one; record with less light or gain",
    );
  }
  if (blurred.length > 0) {
    warnings.push(
      `${
        named(blurred)
      }: out of focus beside the others; outlines are too large there and objects may be ` +
        "missing; leave these frames out, or mind them in counts",
    );
  }
  if (jumps.length > 0) {
    warnings.push(
      `${
        named(jumps)
      }: the movie jumps there; a track that goes over it means nothing; cut the movie at the ` +
        "jump and run each part by itself",
    );
  }
  if (fading < FADED) {
    warnings.push(
      `The movie bleaches: in the end ${
        Math.round(100 * fading)
      } % of its contrast are left, and dim nuclei ` +
        "may be lost; segment it with predict --normalize frame and compare",
    );
  }
  if (found.objects >= 1 && found.persistence < MOVED && found.agreement > SURE) {
    warnings.push(
      `Objects move far between frames: ${
        Math.round(100 * found.persistence)
      } % overlap with themselves in ` +
        "the next one; neighbouring frames can then say little about each other; record more often",
    );
  }
  return warnings;
}

const LABEL_FREE =
  "The movie looks label-free (phase contrast, DIC or bright field): its frames are darker than their ground " +
  "as much as brighter, unless nuclei fill most of them. The built-in model knows fluorescent nuclei, bright " +
  "on a dark ground, alone: what it finds in anything else means nothing, and it is not adapted to this; " +
  "train on labelled stills of this kind (train --stills) and give that model with --model";

/** What the movie is like in one or two sentences, to be said in any case. */
export function describeMovie({ movie, found }: WarningParts): string[] {
  const { drift, fading, contrastToNoise } = movie;
  const far = Math.hypot(drift.x, drift.y);
  const isDrifting = found.diameter !== null && far > DRIFT * found.diameter;
  const size = found.diameter === null
    ? "No objects to tell the size of"
    : `Objects of ${found.diameter.toFixed(0)} pixels in diameter, ${
      found.objects.toFixed(0)
    } in a frame`;
  const noise = contrastToNoise === null
    ? "no noise"
    : `a contrast of ${contrastToNoise.toFixed(0)} times the noise`;
  const change = fading < 0.9
    ? `fading to ${Math.round(100 * fading)} %`
    : fading > 1.1
    ? `growing to ${Math.round(100 * fading)} %`
    : "steady";
  const move = isDrifting
    ? `, drifting by ${Math.abs(drift.x)} pixels along x and ${Math.abs(drift.y)} along y`
    : "";
  return [`${size}; ${noise}, ${change}${move}`];
}

/** Frames in which hardly anything is found although there are objects in those around them. */
export function emptyFrames(objects: readonly number[]): number[] {
  return objects.flatMap((count, i) => {
    const around = [i - 2, i - 1, i + 1, i + 2].flatMap((j) => objects[j] ?? []);
    const usual = around.toSorted((a, b) => a - b)[Math.floor((around.length - 1) / 2)] ?? 0;
    return usual >= 3 && count < EMPTY * usual ? [i] : [];
  });
}

/** Fewer objects than this share of those in frames around it make a frame empty. */
const EMPTY = 0.3;

/** What to say about empty frames; nothing where there are none. */
export function emptyWarning(
  objects: readonly number[],
  numbers: readonly number[],
): string[] {
  const empty = emptyFrames(objects);
  if (empty.length === 0) return [];
  const list = formatRanges(empty.map((i) => numbers[i]));
  return [
    `Hardly any object in ${
      wordFor(empty.length, "frame")
    } ${list}, but many in those around: look ` +
    "whether light, focus or field were lost there, and leave these frames out",
  ];
}
