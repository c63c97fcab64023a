/**
 * What optimisers have in common, and what is done to gradients before they are given one: they are
 * clipped, or added up over several batches.
 *
 * @module
 */

import { clampInPlace, jointNorm, shortenInPlace } from "../../kernels/parts/training/clip.ts";
import { addScaled } from "../../kernels/parts/training/add_scaled.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import type { Gradients, Variable } from "../gradients.ts";
import type { Parameters } from "../module.ts";

/**
 * Changes parameters step by step, and can be saved between two steps.
 *
 * @category Optimisers
 */
export interface Optimiser {
  /** Steps made so far. */
  readonly count: number;
  /** What it remembers from step to step, by name, for saving. */
  readonly tensors: ReadonlyMap<string, Tensor<"f32">>;
  /**
   * Makes a step.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  step(gradients: Gradients, learningRate: number): void;
  /** The part of a step that runs on the CPU: counts it, and puts its size where the other part reads it. */
  advance(learningRate: number): void;
  /** The part of a step that runs on the GPU, which can be captured. */
  update(gradients: Gradients): void;
  /** Goes on after so many steps; what was saved of `tensors` has been written to them. */
  restoreCount(count: number): void;
}

/**
 * Refuses gradients that lack one of a parameter.
 *
 * @throws {TypeError} If one is missing, with the parameter's name.
 */
export function requireGradients(parameters: Parameters, gradients: Gradients): void {
  for (const [name, parameter] of parameters) {
    if (gradients.has(parameter)) continue;
    throw new TypeError(`Cannot update ${name}: the loss does not depend on it`);
  }
}

/** Checks a limit of gradients. */
function requireLimit(limit: number): void {
  if (limit > 0 && Number.isFinite(limit)) return;
  throw new RangeError(`Cannot clip gradients at ${limit}: expected a number > 0`);
}

/** The tensors of gradients, each once: variables may share one, as those of a sum do. */
function tensorsOf(gradients: Gradients): Set<Tensor<"f32">> {
  return new Set(gradients.values());
}

/**
 * Brings every number of gradients into −limit … limit, in place. NaN stays NaN.
 *
 * @throws {RangeError} If the limit is not a number above 0.
 * @category Optimisers
 */
export function clipByValue(
  device: Device,
  gradients: Gradients,
  { limit }: { limit: number },
): void {
  requireLimit(limit);
  for (const tensor of tensorsOf(gradients)) clampInPlace(device, tensor, { limit });
}

/**
 * Shortens gradients in place so that their joint Euclidean length is at most `limit` (Pascanu et al.
 * 2013), without reading them: shorter ones stay as they are. With NaN among them all become NaN, so that
 * a broken step shows; infinite ones become NaN and the others 0, as in PyTorch.
 *
 * @returns Their length before, `[1]`, a tensor of the innermost scope.
 * @throws {RangeError} If the limit is not a number above 0.
 *
 * @example
 * ```ts ignore
 * const gradients = tape.backward(loss);
 * clipByNorm(device, gradients, { limit: 1 });
 * optimiser.step(gradients, 1e-3);
 * ```
 *
 * @category Optimisers
 */
export function clipByNorm(
  device: Device,
  gradients: Gradients,
  { limit }: { limit: number },
): Tensor<"f32"> {
  requireLimit(limit);
  const norm = jointNorm(device, [...gradients.values()]);
  for (const tensor of tensorsOf(gradients)) shortenInPlace(device, tensor, { norm, limit });
  return norm;
}

/**
 * Gradients added up over several batches, for a step as of one large batch. Its sums belong to the scope
 * that is open when it is made.
 *
 * @example Four batches for one step
 * ```ts ignore
 * const sums = new GradientAccumulator(device, { parameters: network.parameters });
 * for (const batch of batches) {
 *   using _scope = device.scope();
 *   const tape = new Tape(device);
 *   sums.add(tape.backward(lossOf(tape, batch)), { share: 1 / batches.length });
 * }
 * optimiser.step(sums.gradients, 1e-3);
 * sums.clear();
 * ```
 *
 * @category Optimisers
 */
export class GradientAccumulator {
  /** The sums so far, zero at first. */
  readonly gradients: Gradients;
  readonly #device: Device;
  readonly #parameters: Parameters;

  /** Starts with zeros. */
  constructor(device: Device, { parameters }: { parameters: Parameters }) {
    this.#device = device;
    this.#parameters = parameters;
    this.gradients = new Map(
      [...parameters.values()].map((
        parameter,
      ): [Variable, Tensor<"f32">] => [parameter, device.empty(parameter.value.shape)]),
    );
    this.clear();
  }

  /**
   * Adds the gradients of a batch. What the batch's loss does not depend on stays as it is.
   *
   * @param options.share What they are multiplied by; 1 unless told.
   */
  add(gradients: Gradients, { share = 1 }: { share?: number } = {}): void {
    for (const parameter of this.#parameters.values()) {
      const gradient = gradients.get(parameter);
      if (!gradient) continue;
      addScaled(this.#device, {
        to: this.gradients.get(parameter)!,
        from: gradient,
        factor: share,
      });
    }
  }

  /** Sets all sums to zero. */
  clear(): void {
    for (const sum of this.gradients.values()) this.#device.clear(sum);
  }
}
