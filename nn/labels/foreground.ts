/**
 * Foreground targets of a U-Net: every object pixel is 1, the background 0.
 *
 * Connected components cannot tell touching objects apart, so a parted target makes the pixels where
 * two objects touch background: the network learns to leave a gap.
 *
 * @module
 */

/**
 * The foreground of a label image.
 *
 * @param labels Object ids, shape `[h, w]`, 0 for background.
 * @param options `width` of the image in pixels; `parted` makes pixels background that share a side
 *   with another object.
 * @returns 0 and 1, shape `[h, w]`.
 *
 * @example Two objects side by side
 * ```ts
 * import { foregroundTarget } from "@kymo/kymo/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = Uint32Array.of(0, 1, 1, 2, 2);
 * assertEquals([...foregroundTarget(labels, { width: 5, parted: true })], [0, 1, 0, 0, 1]);
 * ```
 */
export function foregroundTarget(
  labels: Uint32Array,
  { width, parted }: { width: number; parted: boolean },
): Float32Array<ArrayBuffer> {
  const target = new Float32Array(labels.length);
  const differs = (at: number, id: number) => labels[at] > 0 && labels[at] !== id;
  labels.forEach((id, at) => {
    if (id === 0) return;
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
