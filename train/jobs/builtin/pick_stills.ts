/**
 * Which stills are built in, and which part of each: by a rule, so that the same data set gives the same
 * stills.
 *
 * @module
 */

import { isObject, type LabelImage, type Plane } from "../../images/image.ts";
import { medianDiameter } from "../../models/object_scale.ts";
import { objectsOf } from "../../objects/overlap.ts";

/** A still as the choice sees it. */
export interface StillFacts {
  /** Its name. */
  readonly name: string;
  /** Number of objects. */
  readonly objects: number;
  /** The median diameter of its objects, as of circles of their areas, in pixels. */
  readonly diameter: number;
  /** The mean intensity of its objects. */
  readonly brightness: number;
}

/** A square part of an image. */
export interface Square {
  /** The first column. */
  readonly x: number;
  /** The first row. */
  readonly y: number;
  /** Its side in pixels. */
  readonly side: number;
}

/** Groups of equal numbers of stills by the size of objects, and in each by their brightness. */
const SIZES = 5;
const BRIGHTNESSES = 4;
/** Where in a group, ordered by number of objects, the stills are that are taken. */
const PLACES = [1 / 4, 3 / 4];
/** Stills that are taken where there are enough. */
export const PICKED = SIZES * BRIGHTNESSES * PLACES.length;

/** The side of what is cut out, in pixels, where an image is that large. */
export const SIDE = 160;
/** Squares begin at multiples of this, in pixels. */
const STRIDE = 16;

/** What the choice looks at; null for a still without objects. */
export function factsOf(
  name: string,
  { image, labels }: { image: Plane; labels: LabelImage },
): StillFacts | null {
  const { areas } = objectsOf(labels);
  if (areas.length === 0) return null;
  let [sum, pixels] = [0, 0];
  labels.data.forEach((id, i) => {
    if (!isObject(id)) return;
    sum += image.data[i];
    pixels++;
  });
  return {
    name,
    objects: areas.length,
    diameter: medianDiameter(labels)!,
    brightness: sum / pixels,
  };
}

/**
 * Picks stills of all kinds that there are: they are ordered by the diameter of their objects and cut into
 * five groups of equal size, each of these by brightness into four; in each of the twenty, ordered by
 * number of objects, those are taken that have a quarter of the group before and behind them. Names decide
 * between equals.
 *
 * @returns At most {@linkcode PICKED} stills, ordered by name.
 */
export function pickStills(stills: readonly StillFacts[]): StillFacts[] {
  const picked = grouped(stills, { by: "diameter", groups: SIZES })
    .flatMap((group) => grouped(group, { by: "brightness", groups: BRIGHTNESSES }))
    .flatMap((group) => {
      const ordered = sortedBy(group, "objects");
      return PLACES.map((place) => ordered[Math.floor(place * ordered.length)]);
    });
  return [...new Set(picked)].filter((still) => still !== undefined).sort(byName);
}

/** Groups of equal size, as far as that is possible. */
function grouped(
  stills: readonly StillFacts[],
  { by, groups }: { by: "diameter" | "brightness"; groups: number },
): StillFacts[][] {
  const ordered = sortedBy(stills, by);
  const end = (group: number) => Math.round(group * ordered.length / groups);
  return Array.from({ length: groups }, (_, i) => ordered.slice(end(i), end(i + 1)));
}

function sortedBy(
  stills: readonly StillFacts[],
  key: "diameter" | "brightness" | "objects",
): StillFacts[] {
  return stills.toSorted((a, b) => a[key] - b[key] || byName(a, b));
}

/** By code units, which is the same everywhere. */
function byName({ name: a }: StillFacts, { name: b }: StillFacts): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The square of an image that holds the centres of most objects; the first of equals, row by row.
 */
export function pickSquare({ width, height, data }: LabelImage): Square {
  const side = Math.min(SIDE, width, height);
  const centres = centresOf({ width, height, data });
  let best: Square & { count: number } = { x: 0, y: 0, side, count: -1 };
  for (let y = 0; y + side <= height; y += STRIDE) {
    for (let x = 0; x + side <= width; x += STRIDE) {
      const isInside = ([cx, cy]: readonly [number, number]) =>
        cx >= x && cx < x + side && cy >= y && cy < y + side;
      const count = centres.filter(isInside).length;
      if (count > best.count) best = { x, y, side, count };
    }
  }
  return { x: best.x, y: best.y, side };
}

/** The centres of mass of all objects. */
function centresOf({ width, data }: LabelImage): [x: number, y: number][] {
  const sums = new Map<number, { x: number; y: number; area: number }>();
  data.forEach((id, i) => {
    if (!isObject(id)) return;
    const { x, y, area } = sums.get(id) ?? { x: 0, y: 0, area: 0 };
    sums.set(id, { x: x + i % width, y: y + Math.floor(i / width), area: area + 1 });
  });
  return Array.from(sums.values(), ({ x, y, area }) => [x / area, y / area]);
}

/** A part of an image of numbers, row by row. */
export function cutOut(
  { width, data }: { readonly width: number; readonly data: ArrayLike<number> },
  { x, y, side }: Square,
): number[] {
  return Array.from(
    { length: side * side },
    (_, i) => data[(y + Math.floor(i / side)) * width + x + i % side],
  );
}

/** Labels renumbered from 1 in the order of their first pixels. */
export function renumbered(labels: readonly number[]): number[] {
  const numbers = new Map<number, number>();
  return labels.map((id) => {
    if (!isObject(id)) return 0;
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return numbers.get(id)!;
  });
}
