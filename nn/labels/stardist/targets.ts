/**
 * Training targets of StarDist: per pixel the probability to be in the middle of an object, and the
 * distances along rays to the object's edge. Both are computed on the GPU from label images.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { IGNORED_LABEL } from "../../../kernels/targets/label_grid.ts";
import { objectProbability } from "../../../kernels/targets/object_probability.ts";
import { starDistances } from "../../../kernels/targets/star_distances.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";

/**
 * What a StarDist network learns to predict, on a grid of `h' = ⌊(h−1)/grid⌋+1` rows.
 *
 * @category Labels and targets
 */
export interface StarDistTargets {
  /**
   * Object probability `[n, 1, h', w']`: 0 in the background, 1 in the middle of objects, −1 where
   * the label is negative, which no loss may count.
   */
  readonly prob: Tensor<"f32">;
  /** Distances along the rays `[n, rays, h', w']`, in pixels of the label image; 0 outside. */
  readonly dist: Tensor<"f32">;
}

/**
 * Options of {@linkcode starDistTargets}.
 *
 * @category Labels and targets
 */
export interface StarDistTargetOptions {
  /** Number of rays, at least 3; StarDist's default is 32. */
  readonly rays: number;
  /** Pixels from one grid point to the next: 1, 2 or 4, as the network's output is smaller. */
  readonly grid: number;
}

/**
 * Numbers the objects of a batch 1, 2, 3, … in the order of their first pixels, so that ids can be as
 * large and as many as they like, and no two images share one.
 *
 * @param labels Ids of `n` images one after the other: 0 background, negative to be ignored, and so is
 *   {@linkcode IGNORED_LABEL} in a `Uint32Array`.
 * @param options `pixels` of one image; an id means another object in each.
 * @returns What {@linkcode starDistTargets} takes; negative ids have become {@linkcode IGNORED_LABEL}.
 * @throws {RangeError} If the labels are not whole images.
 *
 * @example Two images with two objects each
 * ```ts
 * import { numberLabels } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = Int32Array.of(90_000, 0, 7, 7, 0, -1);
 * assertEquals([...numberLabels(labels, { pixels: 3 })], [1, 0, 2, 3, 0, 2 ** 32 - 1]);
 * ```
 *
 * @category Labels and targets
 */
export function numberLabels(
  labels: Int32Array | Uint32Array,
  { pixels }: { pixels: number },
): Uint32Array<ArrayBuffer> {
  if (!Number.isInteger(pixels) || pixels < 1 || labels.length % pixels !== 0) {
    throw new RangeError(
      `Cannot number ${labels.length} labels: not whole images of ${pixels} pixels`,
    );
  }
  const numbers = new Uint32Array(labels.length);
  const known = new Map<number, number>();
  let [last, number, count] = [0, 0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (i % pixels === 0) {
      known.clear();
      [last, number] = [0, 0];
    }
    const label = labels[i];
    // Most pixels continue the one before.
    if (label !== last) {
      last = label;
      const isIgnored = label < 0 || label === IGNORED_LABEL;
      if (label > 0 && !isIgnored && !known.has(label)) known.set(label, ++count);
      number = isIgnored ? IGNORED_LABEL : known.get(label) ?? 0;
    }
    numbers[i] = number;
  }
  return numbers;
}

/**
 * StarDist's targets for a batch of label images. Nothing is waited for, and the same labels give the
 * same bits.
 *
 * @param labels Object ids `[n, 1, h, w]`, of any size: 0 background, {@linkcode IGNORED_LABEL} to be
 *   ignored. An id means another object in each image.
 * @returns Tensors of the innermost scope.
 * @throws {TypeError} If the labels do not have four axes.
 * @throws {RangeError} If they have several channels or no pixel, or rays or grid are out of range.
 *
 * @example
 * ```ts ignore
 * const numbers = device.upload<"u32">([n, 1, h, w], numberLabels(labels, { pixels: h * w }));
 * const { prob, dist } = starDistTargets(device, numbers, { rays: 32, grid: 2 });
 * ```
 *
 * @category Labels and targets
 */
export function starDistTargets(
  device: Device,
  labels: Tensor<"u32">,
  { rays, grid }: StarDistTargetOptions,
): StarDistTargets {
  return {
    prob: objectProbability(device, labels, { grid }),
    dist: starDistances(device, labels, { rays, grid }),
  };
}
