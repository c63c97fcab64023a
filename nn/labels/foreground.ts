/**
 * Foreground targets of a U-Net: every object pixel is 1, the background 0, what is to be ignored −1.
 *
 * Connected components cannot tell touching objects apart, so a parted target makes the pixels where
 * two objects touch background: the network learns to leave a gap. What is ignored is no object to
 * leave a gap to.
 *
 * @module
 */

import { IGNORED_LABEL } from "../../kernels/targets/label_grid.ts";

/**
 * The foreground of a label image.
 *
 * @param labels Object ids, shape `[h, w]`, 0 for background, {@linkcode IGNORED_LABEL} to be ignored.
 * @param options `width` of the image in pixels; `parted` makes pixels background that share a side
 *   with another object.
 * @returns 0 and 1, shape `[h, w]`, and −1 where labels are ignored.
 *
 * @example Two objects side by side
 * ```ts
 * import { foregroundTarget } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = Uint32Array.of(0, 1, 1, 2, 2);
 * assertEquals([...foregroundTarget(labels, { width: 5, parted: true })], [0, 1, 0, 0, 1]);
 * ```
 *
 * @category Labels and targets
 */
export function foregroundTarget(
  labels: Uint32Array,
  { width, parted }: { width: number; parted: boolean },
): Float32Array<ArrayBuffer> {
  const target = new Float32Array(labels.length);
  const size = labels.length;
  for (let at = 0, column = 0; at < size; at++, column++) {
    if (column === width) column = 0;
    const id = labels[at];
    if (id === 0) continue;
    if (id === IGNORED_LABEL) {
      target[at] = -1;
      continue;
    }
    const touches = parted && (
      (column > 0 && isOther(labels[at - 1], id)) ||
      (column < width - 1 && at + 1 < size && isOther(labels[at + 1], id)) ||
      (at >= width && isOther(labels[at - width], id)) ||
      (at + width < size && isOther(labels[at + width], id))
    );
    target[at] = touches ? 0 : 1;
  }
  return target;
}

/** Whether a neighbour is another object. */
function isOther(neighbour: number, id: number): boolean {
  return neighbour !== 0 && neighbour !== id && neighbour !== IGNORED_LABEL;
}
