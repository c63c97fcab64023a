/**
 * The Adam optimiser over named parameters. Training in alternation uses one per loss, each with its
 * own moments on the same weights.
 *
 * @module
 */

import { type AdamSettings, adamStep, adamStepSizes } from "../../kernels/parts/training/adam.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import type { Gradients } from "../gradients.ts";
import type { Parameters } from "../module.ts";
import { type Optimiser, requireGradients } from "./optimiser.ts";
import { type Group, groupParameters, updatesOf, zerosFor } from "./side_by_side.ts";

/**
 * The settings of Kingma and Ba 2015, which are PyTorch's defaults.
 *
 * @category Optimisers
 */
export const DEFAULT_ADAM: AdamSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * AdamW: Adam with decoupled weight decay, as much of it as PyTorch has unless told.
 *
 * @category Optimisers
 */
export const DEFAULT_ADAMW: AdamSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
};

/**
 * Adam's two moments for a set of parameters, and how many steps it has made.
 *
 * @category Optimisers
 */
export class Adam implements Optimiser {
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #settings: AdamSettings;
  readonly #groups: readonly { group: Group; first: Tensor<"f32">[]; second: Tensor<"f32">[] }[];
  readonly #step: Tensor<"f32">;
  #count = 0;

  /** Starts with zero moments. */
  constructor(
    device: Device,
    { parameters, settings = DEFAULT_ADAM }: { parameters: Parameters; settings?: AdamSettings },
  ) {
    this.#device = device;
    this.#parameters = parameters;
    this.#settings = settings;
    this.#step = device.empty([4]);
    this.#groups = groupParameters(parameters).map((group) => ({
      group,
      first: zerosFor(device, group),
      second: zerosFor(device, group),
    }));
  }

  /** Steps made so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Makes a step: {@linkcode Adam.advance} and {@linkcode Adam.update} in one.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  step(gradients: Gradients, learningRate: number): void {
    requireGradients(this.#parameters, gradients);
    if (this.#device.isPlanning) return;
    this.advance(learningRate);
    this.update(gradients);
  }

  /** Counts a step and puts its size where {@linkcode Adam.update} reads it. */
  advance(learningRate: number): void {
    this.#count++;
    const sizes = adamStepSizes({ learningRate, t: this.#count, settings: this.#settings });
    this.#device.write(this.#step, sizes);
  }

  /**
   * Updates every parameter in place by the size of the last {@linkcode Adam.advance}. This part of a
   * step can be captured.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  update(gradients: Gradients): void {
    requireGradients(this.#parameters, gradients);
    for (const { group, first, second } of this.#groups) {
      for (const update of updatesOf(group, { gradients, remembered: [first, second] })) {
        const { weight, gradient, remembered: [first, second] } = update;
        const [step, settings] = [this.#step, this.#settings];
        adamStep(this.#device, { weight, gradient, first, second, step, settings });
      }
    }
  }

  /** The moments by name (`NAME.first`, `NAME.second`), for saving. */
  get tensors(): ReadonlyMap<string, Tensor<"f32">> {
    const named = new Map(
      this.#groups.flatMap(({ group: { names }, first, second }) =>
        names.map((name, i) => [name, [first[i], second[i]]] as const)
      ),
    );
    return new Map(
      [...this.#parameters.keys()].flatMap((name) => {
        const [first, second] = named.get(name)!;
        return [[`${name}.first`, first], [`${name}.second`, second]];
      }),
    );
  }

  /** Goes on from saved moments, whose values have been written to {@linkcode Adam.tensors}. */
  restoreCount(count: number): void {
    this.#count = count;
  }
}
