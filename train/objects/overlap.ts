/**
 * Which objects of two label images share pixels, and how many: the sparse overlap table that every
 * measure here is computed from.
 *
 * Pixels that one image ignores (`IGNORED_LABEL`) are treated as the void pixels of panoptic quality
 * (Kirillov et al. 2019, "Panoptic segmentation"): they are taken away from the other image's objects
 * before anything is compared, and an object of which they were more than half is neither right nor
 * wrong, unless what is left of it matches.
 *
 * @module
 */

import { IGNORED_LABEL, isObject, type LabelImage } from "../images/image.ts";

/**
 * What the shared pixels of a true (first) and a predicted (second) object are divided by: the
 * union, the true object's area, or the predicted one's.
 *
 * @category Objects
 */
export type Criterion = "iou" | "iot" | "iop";

/**
 * The objects of one label image, in ascending order of their ids.
 *
 * @category Objects
 */
export interface Objects {
  /** The ids, ascending, without the background 0. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** The area of each object in pixels, in the order of `ids`. */
  readonly areas: Float64Array<ArrayBuffer>;
}

/**
 * Two objects that share at least one pixel.
 *
 * @category Objects
 */
export interface OverlapPair {
  /** Index of the object in the first image's {@linkcode Objects}. */
  readonly first: number;
  /** Index of the object in the second image's {@linkcode Objects}. */
  readonly second: number;
  /** Number of shared pixels, at least 1. */
  readonly area: number;
}

/**
 * The overlap of two label images. An object's area counts all its pixels, also those on background, but not
 * those that the other image ignores.
 *
 * @category Objects
 */
export interface Overlap {
  /** The objects of the first image; one may have lost all its pixels. */
  readonly first: Objects;
  /** The objects of the second image; one may have lost all its pixels. */
  readonly second: Objects;
  /** Indices of objects more than half of which the other image ignores, in either image. */
  readonly ignored: { readonly first: ReadonlySet<number>; readonly second: ReadonlySet<number> };
  /** Every pair of objects that share a pixel, sorted by `first`, then by `second`. */
  readonly pairs: readonly OverlapPair[];
}

/**
 * Throws unless two label images have the same size.
 *
 * @param images The two images, by the names they should have in the message.
 * @param task What was tried, for the message: `Cannot ${task}: …`.
 * @throws {RangeError} If the sizes differ; the message gives both as height x width.
 * @category Objects
 */
export function assertSameShape(images: Record<string, LabelImage>, task: string): void {
  const [[nameA, a], [nameB, b]] = Object.entries(images);
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `Cannot ${task}: ${nameA} is ${a.height}x${a.width}, ${nameB} is ${b.height}x${b.width} ` +
      `(height x width)`,
  );
}

/**
 * Lists the objects of a label image with their areas.
 *
 * @param labels A label image; ids need not be contiguous.
 * @returns Its objects.
 * @category Objects
 */
export function objectsOf(labels: LabelImage): Objects {
  const { data } = labels;
  const areas = new Map<number, number>();
  for (let start = 0, end = 0; start < data.length; start = end) {
    const id = data[start];
    while (end < data.length && data[end] === id) end++;
    if (isObject(id)) areas.set(id, (areas.get(id) ?? 0) + end - start);
  }
  const ids = Uint32Array.from(areas.keys()).sort();
  return { ids, areas: Float64Array.from(ids, (id) => areas.get(id)!) };
}

/**
 * Computes the overlap of two label images, where neither is to be ignored. Both are walked in runs of equal ids, so the time
 * hardly depends on the number of objects.
 *
 * @param first A label image.
 * @param second A label image of the same size.
 * @returns The objects of both and the pairs that share pixels.
 * @throws {RangeError} If the sizes differ.
 * @category Objects
 */
export function overlapOf(first: LabelImage, second: LabelImage): Overlap {
  assertSameShape({ "the first": first, "the second": second }, "overlap two label images");
  const firstObjects = objectsOf(first);
  const secondObjects = objectsOf(second);
  const firstIndex = indexById(firstObjects);
  const secondIndex = indexById(secondObjects);

  const a = first.data;
  const b = second.data;
  const columns = secondObjects.ids.length;
  const areas = new Map<number, number>();
  const [firstLoss, secondLoss] = [firstObjects, secondObjects]
    .map(({ ids }) => new Float64Array(ids.length));
  for (let start = 0, end = 0; start < a.length; start = end) {
    const idA = a[start];
    const idB = b[start];
    while (end < a.length && a[end] === idA && b[end] === idB) end++;
    if (idA === 0 || idB === 0) continue;
    if (idA === IGNORED_LABEL || idB === IGNORED_LABEL) {
      if (isObject(idA)) firstLoss[firstIndex.get(idA)!] += end - start;
      if (isObject(idB)) secondLoss[secondIndex.get(idB)!] += end - start;
      continue;
    }
    const key = firstIndex.get(idA)! * columns + secondIndex.get(idB)!;
    areas.set(key, (areas.get(key) ?? 0) + end - start);
  }

  const pairs = Array.from(Float64Array.from(areas.keys()).sort(), (key) => ({
    first: Math.floor(key / columns),
    second: key % columns,
    area: areas.get(key)!,
  }));
  return {
    first: without(firstObjects, firstLoss),
    second: without(secondObjects, secondLoss),
    ignored: {
      first: mostlyLost(firstObjects, firstLoss),
      second: mostlyLost(secondObjects, secondLoss),
    },
    pairs,
  };
}

/**
 * How many objects of one image count: all but those more than half of which the other image ignores,
 * unless they have a match.
 *
 * @param overlap The overlap of the two images.
 * @param side Whose objects.
 * @param isMatched Whether the object of an id has a match.
 */
export function countedObjects(
  overlap: Overlap,
  side: "first" | "second",
  isMatched: (id: number) => boolean,
): number {
  const { ids } = overlap[side];
  return ids.length - [...overlap.ignored[side]].filter((i) => !isMatched(ids[i])).length;
}

function without({ ids, areas }: Objects, loss: Float64Array): Objects {
  return { ids, areas: areas.map((area, i) => area - loss[i]) };
}

function mostlyLost({ areas }: Objects, loss: Float64Array): Set<number> {
  return new Set([...areas.keys()].filter((i) => 2 * loss[i] > areas[i]));
}

/**
 * The score of a pair: its shared pixels over the union, the first or the second object's area.
 *
 * @param overlap The overlap the pair belongs to.
 * @param pair One of its pairs.
 * @param options The criterion; intersection over union if left out.
 * @returns A number in (0, 1].
 * @category Objects
 */
export function pairScore(
  overlap: Overlap,
  pair: OverlapPair,
  { criterion = "iou" }: { criterion?: Criterion } = {},
): number {
  const first = overlap.first.areas[pair.first];
  const second = overlap.second.areas[pair.second];
  switch (criterion) {
    case "iou":
      return pair.area / (first + second - pair.area);
    case "iot":
      return pair.area / first;
    case "iop":
      return pair.area / second;
  }
}

function indexById(objects: Objects): Map<number, number> {
  const index = new Map<number, number>();
  objects.ids.forEach((id, i) => index.set(id, i));
  return index;
}
