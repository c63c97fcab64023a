/**
 * Variants: several kernels that compute the same result.
 *
 * @module
 */

import type { Device } from "./device.ts";
import type { Tensor } from "./tensor.ts";

/** One of several ways to compute the same result. */
export interface Variant<Problem> {
  /** Its name, as in pins, benchmarks and records. */
  readonly name: string;
  /** Whether it can compute this problem on this device. */
  supports(device: Device, problem: Problem): boolean;
  /** Computes it. */
  run(device: Device, problem: Problem): Tensor<"f32">;
}

/** What is to be computed, with what, and what goes first where nothing is pinned. */
export interface VariantRequest<Problem> {
  /** Which pass of which operation, as in pins. */
  readonly pass: string;
  /** The sizes of the problem, as in pins. */
  readonly size: string;
  /** The problem. */
  readonly problem: Problem;
  /** All kernels that there are. */
  readonly variants: readonly Variant<Problem>[];
  /** Names from best to worst. */
  readonly preferred: readonly string[];
}

/**
 * Computes a problem with the variant that the device's choices name.
 *
 * @throws {RangeError} If no variant can.
 */
export function runVariant<Problem>(
  device: Device,
  { pass, size, problem, variants, preferred }: VariantRequest<Problem>,
): Tensor<"f32"> {
  const isPossible = (variant: Variant<Problem>) => variant.supports(device, problem);
  return device.choices
    .choose({ pass, size, kernels: variants, preferred, isPossible })
    .run(device, problem);
}
