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
  const differs = (at: number, id: number) =>
    labels[at] > 0 && labels[at] !== id && labels[at] !== IGNORED_LABEL;
  labels.forEach((id, at) => {
    if (id === 0) return;
    if (id === IGNORED_LABEL) {
      target[at] = -1;
      return;
    }
    const column = at % width;
    const touches = parted && (
      (column > 0 && differs(at - 1, id)) ||
      (column < width - 1 && differs(at + 1, id)) ||
      differs(at - width, id) ||
      differs(at + width, id)
    );
    target[at] = touches ? 0 : 1;
  });
  return target;
}
