/**
 * Which scribbled pixels a classifier learns from: equally many of every class.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import type { Random } from "../../images/random.ts";
import type { ImageSet, ScribbleSet } from "../../images/series/scribbles.ts";

/** Scribbled pixels by class: `pixels[0]` are background. */
export interface ScribbleCount {
  /** Pixels of each class, from 0. */
  readonly pixels: readonly number[];
  /** Images with at least one scribbled pixel. */
  readonly images: readonly number[];
}

/** What ids in scribbles stand for. */
export interface ScribbleRule {
  /** Whether every id over 1 is the same class; otherwise each is a class of its own. */
  readonly merge: boolean;
}

/** The most classes that a classifier can tell apart. */
const MOST_CLASSES = 64;

/** The class of a scribbled id: 0 for background (1), then 1, 2, … */
function classOf(id: number, { merge }: ScribbleRule): number {
  return merge ? Math.min(id, 2) - 1 : id - 1;
}

/**
 * Counts the scribbled pixels of all images and checks that there is something to learn.
 *
 * @throws {RangeError} If nothing is scribbled, background or all other classes are missing, there are
 *   too many classes, or the sizes of an image and its scribbles differ.
 */
export async function countScribbles(
  scribbles: ScribbleSet,
  images: ImageSet,
  rule: ScribbleRule,
): Promise<ScribbleCount> {
  const pixels: number[] = Array(MOST_CLASSES).fill(0);
  const scribbled: number[] = [];
  for (const i of scribbles.images) {
    const drawn = await scribbles.scribbles(i);
    const ids = drawn.data.filter((id) => id !== 0);
    if (ids.length === 0) continue;
    checkSizes(await images.image(i), drawn, { scribbles, name: images.names[i] });
    scribbled.push(i);
    for (const id of ids) {
      const at = classOf(id, rule);
      if (at >= MOST_CLASSES) {
        throw unusable(
          `Cannot learn from ${scribbles.path}: there is the id ${id} on ${images.names[i]}, at ` +
            `most ${MOST_CLASSES} are classes; number them 1 (background), 2, 3, … or use --merge ` +
            "to make all ids over 1 one class",
        );
      }
      pixels[at]++;
    }
  }
  checkClasses(pixels, scribbles);
  return {
    pixels: pixels.slice(0, 1 + pixels.findLastIndex((count) => count > 0)),
    images: scribbled,
  };
}

function checkSizes(
  image: Plane,
  drawn: LabelImage,
  { scribbles, name }: { scribbles: ScribbleSet; name: string },
): void {
  if (image.width === drawn.width && image.height === drawn.height) return;
  throw unusable(
    `Cannot use the scribbles of ${name} in ${scribbles.path}: they are ` +
      `${drawn.width}x${drawn.height}, the image ${image.width}x${image.height}; draw them on an ` +
      "image of the same size",
  );
}

function checkClasses([background, ...others]: readonly number[], { path }: ScribbleSet): void {
  const foreground = others.reduce((sum, count) => sum + count, 0);
  if (background > 0 && foreground > 0) return;
  const found = background + foreground === 0
    ? "nothing is drawn in them (all pixels are 0)"
    : foreground === 0
    ? "there is only background (1)"
    : "there is no background (1)";
  throw unusable(
    `Cannot learn from the scribbles in ${path}: ${found}; draw some background with 1 and some of ` +
      "each class with 2, 3, …",
  );
}

/** Pixels of one image to learn from. */
export interface ChosenPixels {
  /** Places, counted row by row from 0, in ascending order. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** The class of each. */
  readonly classes: readonly number[];
}

/**
 * Draws the pixels to learn from, image by image: of each class at most `most` divided by the number
 * of classes, each pixel of a class with the same chance.
 */
export class PixelDraw {
  readonly #random: Random;
  readonly #rule: ScribbleRule;
  /** Pixels of each class that are still to come. */
  readonly #left: number[];
  /** Pixels of each class that are still to be drawn. */
  readonly #wanted: number[];

  /** Starts from the counts of all images; `most` is the most pixels of all classes together. */
  constructor(
    { pixels }: ScribbleCount,
    { most, random, ...rule }: ScribbleRule & { most: number; random: Random },
  ) {
    const present = pixels.filter((count) => count > 0).length;
    const share = Math.max(1, Math.floor(most / present));
    this.#left = [...pixels];
    this.#wanted = pixels.map((count) => Math.min(count, share));
    this.#random = random;
    this.#rule = rule;
  }

  /** The pixels of the next image. */
  next({ data }: LabelImage): ChosenPixels {
    const places: number[] = [];
    const classes: number[] = [];
    for (const [place, id] of data.entries()) {
      if (id === 0) continue;
      const at = classOf(id, this.#rule);
      if (this.#random.integer(this.#left[at]--) >= this.#wanted[at]) continue;
      this.#wanted[at]--;
      places.push(place);
      classes.push(at);
    }
    return { places: Uint32Array.from(places), classes };
  }
}
