/**
 * Stochastic gradient descent over named parameters, with momentum, Nesterov's or none.
 *
 * @module
 */

import { type SgdSettings, sgdStep } from "../../kernels/parts/training/sgd.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import type { Gradients } from "../gradients.ts";
import type { Parameters } from "../module.ts";
import { type Optimiser, requireGradients } from "./optimiser.ts";
import { type Group, groupParameters, updatesOf, zerosFor } from "./side_by_side.ts";

/**
 * The velocities of a set of parameters, and how many steps have been made.
 *
 * @category Optimisers
 */
export class Sgd implements Optimiser {
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #settings: SgdSettings;
  readonly #groups: readonly { group: Group; velocities: Tensor<"f32">[] | null }[];
  readonly #rate: Tensor<"f32">;
  #count = 0;

  /**
   * Starts at rest; without momentum unless told.
   *
   * @throws {RangeError} If momentum is not from 0 to 1, or there is Nesterov's without any.
   */
  constructor(
    device: Device,
    { parameters, settings = { momentum: 0 } }: { parameters: Parameters; settings?: SgdSettings },
  ) {
    const { momentum, nesterov = false } = settings;
    if (!(momentum >= 0 && momentum < 1) || (nesterov && momentum === 0)) {
      throw new RangeError(
        `Cannot descend with momentum ${momentum}: expected a number from 0 to 1` +
          `${nesterov ? ", above 0 for Nesterov's" : ""}`,
      );
    }
    this.#device = device;
    this.#parameters = parameters;
    this.#settings = settings;
    this.#rate = device.empty([1]);
    this.#groups = groupParameters(parameters).map((group) => ({
      group,
      velocities: momentum > 0 ? zerosFor(device, group) : null,
    }));
  }

  /** Steps made so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Makes a step: {@linkcode Sgd.advance} and {@linkcode Sgd.update} in one.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  step(gradients: Gradients, learningRate: number): void {
    requireGradients(this.#parameters, gradients);
    if (this.#device.isPlanning) return;
    this.advance(learningRate);
    this.update(gradients);
  }

  /** Counts a step and puts its learning rate where {@linkcode Sgd.update} reads it. */
  advance(learningRate: number): void {
    this.#count++;
    this.#device.write(this.#rate, Float32Array.of(learningRate));
  }

  /**
   * Updates every parameter in place at the rate of the last {@linkcode Sgd.advance}. This part of a step
   * can be captured.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  update(gradients: Gradients): void {
    requireGradients(this.#parameters, gradients);
    for (const { group, velocities } of this.#groups) {
      const remembered = velocities ? [velocities] : [];
      for (const update of updatesOf(group, { gradients, remembered })) {
        const { weight, gradient, remembered: [velocity = null] } = update;
        const [rate, settings] = [this.#rate, this.#settings];
        sgdStep(this.#device, { weight, gradient, velocity, rate, settings });
      }
    }
  }

  /** The velocities by name (`NAME.velocity`), for saving; none without momentum. */
  get tensors(): ReadonlyMap<string, Tensor<"f32">> {
    return new Map(
      this.#groups.flatMap(({ group: { names }, velocities }) =>
        (velocities ?? []).map((tensor, i) => [`${names[i]}.velocity`, tensor])
      ),
    );
  }

  /** Goes on from saved velocities, whose values have been written to {@linkcode Sgd.tensors}. */
  restoreCount(count: number): void {
    this.#count = count;
  }
}
