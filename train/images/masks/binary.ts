/**
 * Masks that tell foreground from background and not object from object.
 *
 * @module
 */

import { unusable } from "../faults/input_fault.ts";
import { IGNORED_LABEL, type LabelImage } from "../image.ts";
import { piecesOf } from "./pieces.ts";

/** The numbers that a mask holds, background among them, ascending; not what is to be ignored. */
export function numbersIn({ data }: LabelImage): number[] {
  const numbers = new Set<number>();
  let last = -1;
  for (const label of data) {
    // Most pixels continue the one before.
    if (label === last) continue;
    last = label;
    if (label !== IGNORED_LABEL) numbers.add(label);
  }
  return [...numbers].sort((a, b) => a - b);
}

/**
 * The number that is background in a set of binary masks: the lowest that any of them holds, mostly 0. As
 * soon as one holds 0, no more are looked at.
 *
 * @param what What they are, for the error.
 * @throws {RangeError} If all of them hold the same number and no other, which is not 0.
 * @category Masks
 */
export async function backgroundOf(
  masks: AsyncIterable<LabelImage> | Iterable<LabelImage>,
  { what }: { what: string },
): Promise<number> {
  let [lowest, highest] = [Infinity, 0];
  for await (const mask of masks) {
    const numbers = numbersIn(mask);
    if (numbers.length === 0) continue;
    lowest = Math.min(lowest, numbers[0]);
    highest = Math.max(highest, numbers.at(-1)!);
    if (lowest === 0) return 0;
  }
  if (lowest < highest) return lowest;
  if (lowest === Infinity) return 0;
  throw unusable(
    `Cannot take ${what} as binary: they hold ${lowest} and nothing else, so nothing is background; ` +
      "save background as 0",
  );
}

/**
 * The objects of a binary mask: connected pixels of all numbers but that of the background, 8 neighbours
 * each, numbered from 1 in the order of their first pixels. What is to be ignored stays so.
 *
 * @category Masks
 */
export function connectedObjects(
  mask: LabelImage,
  { background }: { background: number },
): LabelImage {
  const foreground = mask.data.map((label) =>
    label === IGNORED_LABEL ? label : label === background ? 0 : 1
  );
  const { indices } = piecesOf({ ...mask, data: foreground }, { connectivity: 8 });
  const data = foreground.map((label, at) => label === 1 ? indices[at] + 1 : label);
  return { ...mask, data };
}
