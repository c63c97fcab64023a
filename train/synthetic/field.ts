/**
 * A field of nuclei: some alone, some in touching clusters.
 *
 * @module
 */

import type { Random } from "../images/random.ts";
import { type Nucleus, type NucleusStyle, randomNucleus, reach } from "./nucleus.ts";

/** Where nuclei are placed, and how many. */
export interface FieldSettings {
  /** Width of the field in pixels, from `-margin` to `width + margin`. */
  readonly width: number;
  /** Height of the field in pixels. */
  readonly height: number;
  /** How far nuclei may lie outside the image, in pixels. */
  readonly margin: number;
  /** Share of the area that nuclei cover. */
  readonly density: number;
  /** Share of nuclei that are put beside another one. */
  readonly clustering: number;
}

/** Places nuclei of a style, with ids 1, 2, 3 …; neighbours touch or overlap slightly. */
export function placeNuclei(
  random: Random,
  style: NucleusStyle,
  { width, height, margin, density, clustering }: FieldSettings,
): Nucleus[] {
  const area = (width + 2 * margin) * (height + 2 * margin);
  const wanted = Math.max(1, Math.round(density * area / (Math.PI * style.radius ** 2)));
  const nuclei: Nucleus[] = [];
  for (let attempt = 0; attempt < 20 * wanted && nuclei.length < wanted; attempt++) {
    const drawn = randomNucleus(random, style, {
      id: nuclei.length + 1,
      x: random.uniform(-margin, width + margin),
      y: random.uniform(-margin, height + margin),
    });
    const isNeighbour = random.chance(clustering) && nuclei.length > 0;
    const nucleus = isNeighbour
      ? beside(random, nuclei[random.integer(nuclei.length)], drawn)
      : drawn;
    const isInField = nucleus.x >= -margin && nucleus.x < width + margin &&
      nucleus.y >= -margin && nucleus.y < height + margin;
    if (isInField && nuclei.every((other) => gapBetween(nucleus, other) > -0.06)) {
      nuclei.push(nucleus);
    }
  }
  return nuclei;
}

/**
 * The free distance between two nuclei along the line of their centres, as a share of the distance
 * at which they touch; negative where they overlap.
 */
export function gapBetween(a: Nucleus, b: Nucleus): number {
  const direction = Math.atan2(b.y - a.y, b.x - a.x);
  const contact = reach(a, direction) + reach(b, direction + Math.PI);
  return Math.hypot(b.x - a.x, b.y - a.y) / contact - 1;
}

/** The nucleus moved to the side of another, so that they touch or nearly do. */
function beside(random: Random, other: Nucleus, nucleus: Nucleus): Nucleus {
  const direction = random.uniform(0, 2 * Math.PI);
  const contact = reach(other, direction) + reach(nucleus, direction + Math.PI);
  const distance = contact * random.uniform(0.97, 1.2);
  return {
    ...nucleus,
    x: other.x + distance * Math.cos(direction),
    y: other.y + distance * Math.sin(direction),
  };
}
