/**
 * How large objects are, whatever their number: networks find objects of the size that they learned, so
 * stills and videos of different magnifications are noticed by it.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import { objectsOf } from "./overlap.ts";
import { diameterOf } from "./sequence/seen_object.ts";

/** Classes of diameters in a factor of e: a class is 2 % wide. */
const CLASSES = 50;

/** Diameters of objects as of discs of their areas, counted in classes, so that none need be held. */
export class ObjectSizes {
  readonly #counts = new Map<number, number>();
  #objects = 0;

  /** How many objects were counted. */
  get objects(): number {
    return this.#objects;
  }

  /** Counts the objects of a label image. */
  add(labels: LabelImage): void {
    for (const area of objectsOf(labels).areas) {
      const at = Math.round(CLASSES * Math.log(diameterOf(area)));
      this.#counts.set(at, (this.#counts.get(at) ?? 0) + 1);
      this.#objects++;
    }
  }

  /** The median diameter in pixels, to 1 %; null without objects. */
  get median(): number | null {
    let left = this.#objects / 2;
    for (const [at, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.exp(at / CLASSES);
    }
    return null;
  }
}
