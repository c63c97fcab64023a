/**
 * Dropout as a layer: it drops while training, and lets all through when predicting.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { dropout, type DropoutParams } from "../../kernels/ops/dropout.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import type { Tape } from "../autodiff.ts";
import { Variable } from "../gradients.ts";

/**
 * Drops elements by chance, others in each training step. The same seed and the same count give the same
 * bits; give each layer a seed of its own.
 *
 * @example
 * ```ts ignore
 * const drop = new Dropout(device, { rate: 0.5, seed: 1 });
 * for (const batch of batches) {
 *   const y = drop.forward(tape, x);
 *   drop.advance();
 * }
 * ```
 *
 * @category Networks
 */
export class Dropout {
  readonly #device: Device;
  readonly #params: DropoutParams;
  readonly #step: Tensor<"f32">;
  #count = 0;

  /**
   * Starts at step 0. Its tensor belongs to the scope that is open now.
   *
   * @throws {RangeError} If the rate is not from 0 to below 1, or the seed no whole number.
   */
  constructor(device: Device, params: DropoutParams) {
    dropout.shape([[1], [1]], params);
    this.#device = device;
    this.#params = params;
    this.#step = device.upload([1], new Float32Array(1));
  }

  /** Steps so far: what is saved, with the seed. */
  get count(): number {
    return this.#count;
  }

  /** x with elements dropped on a tape that trains, else x itself. */
  forward(tape: Tape, x: Variable): Variable {
    if (!tape.isTraining) return x;
    return tape.apply(dropout, [x, new Variable(this.#step)], this.#params);
  }

  /** Goes on to the next step; before each replay where a step is captured. */
  advance(): void {
    this.restoreCount(this.#count + 1);
  }

  /** Goes on after so many steps. */
  restoreCount(count: number): void {
    this.#count = count;
    this.#device.write(this.#step, Float32Array.of(count % 2 ** 24));
  }
}
