/**
 * Variants: several kernels that compute the same result.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * One of several ways to compute the same result.
 *
 * @category Tuning
 */
export interface Variant<Problem> {
  /** Its name, as in pins, benchmarks and records. */
  readonly name: string;
  /** Whether it can compute this problem on this device. */
  supports(device: Device, problem: Problem): boolean;
  /** Computes it. */
  run(device: Device, problem: Problem): Tensor<"f32">;
}

/**
 * All variants of one pass of an operation, and what there is to know about choosing among them.
 *
 * @category Tuning
 */
export interface VariantFamily<Problem> {
  /** Which pass of which operation, as in pins. */
  readonly pass: string;
  /** All kernels that there are, the plainest first. */
  readonly variants: readonly Variant<Problem>[];
  /** The sizes of a problem, as in pins. */
  sizeOf(problem: Problem): string;
  /** Names from best to worst, for where nothing is pinned. */
  preferred(device: Device, problem: Problem): readonly string[];
  /** A problem of a size, with tensors that `make` gives; null if the text is no size. */
  problemOf(size: string, make: (shape: Shape) => Tensor<"f32">): Problem | null;
}

/**
 * A family whatever its problems: what a walk over all of them sees.
 *
 * @category Tuning
 */
export type AnyFamily = VariantFamily<unknown>;

/**
 * Computes a problem with the variant that the device's choices name.
 *
 * @throws {RangeError} If no variant can.
 */
export function runVariant<Problem>(
  device: Device,
  family: VariantFamily<Problem>,
  problem: Problem,
): Tensor<"f32"> {
  return device.choices.choose({
    pass: family.pass,
    size: family.sizeOf(problem),
    kernels: family.variants,
    preferred: family.preferred(device, problem),
    isPossible: (variant) => variant.supports(device, problem),
  }).run(device, problem);
}
