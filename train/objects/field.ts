/**
 * The field of interest: objects at the edge of a frame are cut, and truth often leaves them out.
 *
 * @module
 */

import { isObject, type LabelImage } from "../images/image.ts";
import { refuseValue } from "../settings.ts";

/**
 * The objects of a label image that have a pixel inside the field; the others are removed. The field is
 * the frame without a rim, as in the Cell Tracking Challenge. What is ignored stays so.
 *
 * @param border Width of the rim in pixels; with 0 all objects stay.
 * @throws {RangeError} If it is no whole number from 0.
 *
 * @example
 * ```ts
 * import { inField } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { width: 5, height: 1, data: Uint32Array.of(1, 2, 2, 0, 3) };
 * assertEquals([...inField(labels, 0).data], [1, 2, 2, 0, 3]);
 * const tall = { width: 3, height: 3, data: Uint32Array.of(1, 0, 2, 0, 2, 2, 0, 0, 0) };
 * assertEquals([...inField(tall, 1).data], [0, 0, 2, 0, 2, 2, 0, 0, 0]);
 * ```
 *
 * @category Objects
 */
export function inField<T extends LabelImage>(labels: T, border: number): T {
  if (!(Number.isInteger(border) && border >= 0)) {
    refuseValue("field", { value: border, expected: "a whole number ≥ 0", task: "evaluate" });
  }
  if (border === 0) return labels;
  const { width, height, data } = labels;
  const inside = new Set<number>();
  for (let y = border; y < height - border; y++) {
    for (let x = border; x < width - border; x++) inside.add(data[y * width + x]);
  }
  return { ...labels, data: data.map((id) => inside.has(id) || !isObject(id) ? id : 0) };
}

/**
 * Checks that frames have a field of interest.
 *
 * @param border Width of the rim in pixels.
 * @throws {RangeError} If nothing of the frames is inside, with their size and the task.
 */
export function checkField(
  border: number,
  { width, height, task }: { width: number; height: number; task: string },
): void {
  if (2 * border < Math.min(width, height)) return;
  const expected = `less than half of a side of the frames, ${width}x${height}`;
  refuseValue("field", { value: border, expected, task });
}
