/**
 * From what masks hold to objects, and what a user should know about masks.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import type { ReadLabelsOptions } from "../formats/decode.ts";
import { foregroundOf, isObject, type LabelImage } from "../image.ts";
import { connectedObjects, numbersIn } from "./binary.ts";
import { fillHoles } from "./holes.ts";
import { type Piece, piecesOf } from "./pieces.ts";

/**
 * What the numbers of masks are: each an object of its own, or foreground and background alone.
 *
 * @category Masks
 */
export type MaskKind = "instances" | "binary";

/**
 * How masks are read.
 *
 * @category Masks
 */
export interface MaskOptions extends ReadLabelsOptions {
  /** What their numbers are; `instances` unless told. */
  readonly masks?: MaskKind;
  /** The number that is background in binary masks; 0 unless told, see `backgroundOf`. */
  readonly background?: number;
  /** Fill the holes of objects, see `fillHoles`; not unless told. */
  readonly fillHoles?: boolean;
  /** Merge all objects into one with id 1; not unless told. */
  readonly mergeInstances?: boolean;
}

/**
 * What was found out about a mask.
 *
 * @category Masks
 */
export interface MaskFacts {
  /** Why it seems to tell foreground from background and not object from object; null if it does not. */
  readonly doubt: string | null;
  /** The numbers that it holds, background among them, ascending; not what is to be ignored. */
  readonly numbers: readonly number[];
  /** The one that is background. */
  readonly background: number;
  /** Its objects. */
  readonly objects: number;
  /** Objects of fewer than {@linkcode SPECK} pixels. */
  readonly specks: number;
  /** Objects in several pieces that do not touch, not even at a corner. */
  readonly inPieces: number;
  /** Objects that had holes, filled or not, and the pixels of these. */
  readonly holes: { readonly objects: number; readonly pixels: number };
}

/**
 * The objects of a mask.
 *
 * @category Masks
 */
export interface ReadMask {
  /** One id per object, 0 for background, `IGNORED_LABEL` where nothing is known. */
  readonly labels: LabelImage;
  /** What was found out about it. */
  readonly facts: MaskFacts;
}

/** An object of fewer pixels is rather dirt. */
export const SPECK = 10;
/** A mask with more numbers tells objects apart. */
const MOST_CLASSES = 3;
/** A piece of less than this share of its object's largest is no place of its own. */
const SMALL_PIECE = 1 / 20;
/** White: the usual foreground of masks that are drawings. */
const WHITE = 255;
const ONLY_WHITE = `the single number ${WHITE}`;

/**
 * The objects of a mask.
 *
 * @param mask What the file holds; what is to be ignored is marked already.
 * @category Masks
 */
export function objectsInMask(
  mask: LabelImage,
  { masks = "instances", background = 0, fillHoles: fills = false, mergeInstances = false }:
    MaskOptions = {},
): ReadMask {
  const numbers = numbersIn(mask);
  const isBinary = masks === "binary";
  const found = isBinary ? connectedObjects(mask, { background }) : mask;
  const pieces = piecesByLabel(found);
  const filled = fillHoles(found);
  const labels = fills ? filled.labels : found;
  const sizes = [...pieces.values()].map((of) => of.reduce((sum, { size }) => sum + size, 0));
  const facts = {
    doubt: isBinary ? null : doubtOf(mask, { numbers, pieces }),
    numbers,
    background,
    objects: pieces.size,
    specks: sizes.filter((size) => size < SPECK).length,
    inPieces: [...pieces.values()].filter((of) => of.length > 1).length,
    holes: { objects: filled.objects, pixels: filled.pixels },
  };
  return { labels: mergeInstances ? foregroundOf(labels) : labels, facts };
}

/** The pieces of each object. */
function piecesByLabel(labels: LabelImage): Map<number, Piece[]> {
  return Map.groupBy(piecesOf(labels, { connectivity: 8 }).pieces, ({ label }) => label);
}

/** Why a mask seems to hold classes of pixels. */
function doubtOf(
  mask: LabelImage,
  { numbers, pieces }: {
    numbers: readonly number[];
    pieces: ReadonlyMap<number, readonly Piece[]>;
  },
): string | null {
  const ids = numbers.filter(isObject);
  if (ids.length === 0 || ids.length > MOST_CLASSES) return null;
  const places = ids.map((id) => placesOf(pieces.get(id)!));
  const all = places.reduce((sum, count) => sum + count, 0);
  if (numbers[0] !== 0) {
    const isDivided = ids.length === 1 || all > ids.length || hasEnclosed(mask);
    return isDivided ? "no 0 for background" : null;
  }
  if (ids.length > 1) {
    const isScattered = places.every((count) => count > 1) || all >= 3 * ids.length;
    return isScattered ? "few numbers, each in several places" : null;
  }
  if (all > 1) return "a single number in several places";
  return ids[0] === WHITE ? ONLY_WHITE : null;
}

/** In how many places a number is; a speck beside a large piece is none. */
function placesOf(pieces: readonly Piece[]): number {
  const largest = pieces.reduce((most, { size }) => Math.max(most, size), 0);
  return pieces.filter(({ size }) => size >= SMALL_PIECE * largest).length;
}

/** Whether a piece of a mask does not reach its border. */
function hasEnclosed(mask: LabelImage): boolean {
  const { width, height } = mask;
  const { pieces, indices } = piecesOf(mask, { connectivity: 8 });
  const atBorder = new Set<number>();
  for (let x = 0; x < width; x++) atBorder.add(indices[x]).add(indices[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) {
    atBorder.add(indices[y * width]).add(indices[(y + 1) * width - 1]);
  }
  return pieces.some((_, index) => !atBorder.has(index));
}

/** The masks of a set that seem to tell foreground from background alone. */
function doubtfulOf(all: readonly MaskFacts[]): readonly MaskFacts[] {
  // An object may have the number 255 by chance, but not be the only one in all of them.
  const areWhite = all.every(({ objects, doubt }) => objects === 0 || doubt !== null);
  const doubtful = all.filter(({ doubt }) => doubt !== null && (doubt !== ONLY_WHITE || areWhite));
  // Where most of those with these numbers are doubtful, the others of them are, too.
  const numbers = new Set(doubtful.flatMap((facts) => facts.numbers));
  const alike = all.filter((facts) =>
    facts.objects > 0 && facts.numbers.every((number) => numbers.has(number))
  );
  return 2 * doubtful.length > alike.length ? alike : doubtful;
}

/**
 * What a user should know about a set of masks: sentences without a final period.
 *
 * @category Masks
 */
export interface MaskNotes {
  /** What is probably wrong, and what to do. */
  readonly warnings: readonly string[];
  /** What was done. */
  readonly notes: readonly string[];
}

/**
 * What a user should know about a set of masks.
 *
 * @param all The facts of each.
 * @param options How they were read, and what to call them: `masks`, `truth images`.
 * @category Masks
 */
export function maskNotes(
  all: readonly MaskFacts[],
  { what, ...options }: MaskOptions & { what: string },
): MaskNotes {
  if (all.length === 0) return { warnings: [], notes: [] };
  const { warnings, notes } = kindNotes(all, { ...options, what });
  const holes = {
    objects: sumOf(all, (facts) => facts.holes.objects),
    pixels: sumOf(all, (facts) => facts.holes.pixels),
  };
  // Where nobody is asked whether to fill them, as in truth, they are what they are.
  if (holes.objects === 0 || options.fillHoles === undefined) return { warnings, notes };
  const said =
    `Holes in ${holes.objects} of ${counted(sumOf(all, ({ objects }) => objects), "object")} in ` +
    `${what}, ${counted(holes.pixels, "pixel")}: `;
  const done = options.fillHoles
    ? "filled; --no-fill-holes leaves them"
    : "background; --fill-holes fills them";
  return { warnings, notes: [...notes, said + done] };
}

/** What there is to say about what the numbers of masks mean. */
function kindNotes(
  all: readonly MaskFacts[],
  { what, masks = "instances", mergeInstances = false }: MaskOptions & { what: string },
): MaskNotes {
  if (masks === "binary") return binaryNotes(all, what);
  if (mergeInstances) return { warnings: [], notes: [] };
  const doubtful = doubtfulOf(all);
  const sure = all.filter((facts) => !doubtful.includes(facts));
  const inPieces = sumOf(sure, (facts) => facts.inPieces);
  const why = [...new Set(doubtful.flatMap(({ doubt }) => doubt ?? []))].join("; ");
  return {
    warnings: doubtful.length === 0 ? [] : [
      `${doubtful.length} of ${all.length} ${what} ${
        wordFor(doubtful.length, "seems", "seem")
      } to tell foreground from background and not ` +
      `object from object (${why}), so each number counts as one object; if they do, use ` +
      "--masks binary: connected pixels become objects, and the lowest number background",
    ],
    notes: inPieces === 0 ? [] : [
      `Several pieces under one number: ${inPieces} of ${sumOf(sure, ({ objects }) => objects)} ` +
      `objects in ${what}; each counts as one object, so give each piece a number of its own if it ` +
      "is one",
    ],
  };
}

function binaryNotes(all: readonly MaskFacts[], what: string): MaskNotes {
  const [{ background }] = all;
  const many = all.filter(({ numbers }) => numbers.length > 2).length;
  const specks = sumOf(all, (facts) => facts.specks);
  return {
    warnings: many === 0 ? [] : [
      `${many} of ${all.length} ${what} ${
        wordFor(many, "holds", "hold")
      } more than two numbers: all but ${background} are ` +
      "foreground; if each number is an object, leave --masks binary out",
    ],
    notes: [
      `${
        sumOf(all, ({ objects }) => objects)
      } objects in ${all.length} ${what} are connected pixels` +
      (background === 0 ? "" : ` of other numbers than ${background}, the lowest`) +
      (specks === 0
        ? ""
        : `; ${specks} of them ${wordFor(specks, "has", "have")} fewer than ${SPECK} pixels`),
    ],
  };
}

function sumOf(all: readonly MaskFacts[], count: (facts: MaskFacts) => number): number {
  return all.reduce((sum, facts) => sum + count(facts), 0);
}
