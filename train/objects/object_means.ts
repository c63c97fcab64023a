/**
 * The mean of a value over each object of a label image.
 *
 * @module
 */

import { isObject, type LabelImage } from "../images/image.ts";

/**
 * The mean of values within each object, by its id, in the order in which objects first appear.
 *
 * @param values As many as the label image has pixels.
 */
export function objectMeans({ data }: LabelImage, values: ArrayLike<number>): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < data.length; i++) {
    const id = data[i];
    if (!isObject(id)) continue;
    let known = sums.get(id);
    if (!known) sums.set(id, known = { sum: 0, count: 0 });
    known.sum += values[i];
    known.count++;
  }
  return new Map([...sums].map(([id, { sum, count }]) => [id, sum / count]));
}
