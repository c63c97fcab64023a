/**
 * The Adam optimiser over named parameters. Training in alternation uses one per loss, each with its
 * own moments on the same weights.
 *
 * @module
 */

import { type AdamSettings, adamStep, adamStepSizes } from "../kernels/adam.ts";
import type { Device } from "../kernels/device.ts";
import type { Tensor } from "../kernels/tensor.ts";
import type { Gradients } from "./autodiff.ts";
import type { Parameters } from "./module.ts";

/** The settings of Kingma and Ba 2015, which are PyTorch's defaults. */
export const DEFAULT_ADAM: AdamSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Adam's two moments for a set of parameters, and how many steps it has made. */
export class Adam {
  readonly #device: Device;
  readonly #parameters: Parameters;
  readonly #settings: AdamSettings;
  readonly #moments = new Map<string, { first: Tensor<"f32">; second: Tensor<"f32"> }>();
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
    this.#step = device.empty([3]);
    for (const [name, { value }] of parameters) {
      const [first, second] = [device.empty(value.shape), device.empty(value.shape)];
      device.clear(first);
      device.clear(second);
      this.#moments.set(name, { first, second });
    }
  }

  /** Steps made so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Updates every parameter in place.
   *
   * @throws {TypeError} If a parameter has no gradient; nothing has changed then.
   */
  step(gradients: Gradients, learningRate: number): void {
    const updates = [...this.#parameters].map(([name, parameter]) => {
      const gradient = gradients.get(parameter);
      if (!gradient) throw new TypeError(`Cannot update ${name}: the loss does not depend on it`);
      return { weight: parameter.value, gradient, ...this.#moments.get(name)! };
    });
    if (this.#device.isPlanning) return;
    this.#count++;
    const sizes = adamStepSizes({ learningRate, t: this.#count, settings: this.#settings });
    this.#device.write(this.#step, sizes);
    for (const update of updates) {
      adamStep(this.#device, { ...update, step: this.#step, settings: this.#settings });
    }
  }

  /** The moments by name (`NAME.first`, `NAME.second`), for saving. */
  get tensors(): ReadonlyMap<string, Tensor<"f32">> {
    return new Map(
      [...this.#moments].flatMap(([name, { first, second }]) => [
        [`${name}.first`, first],
        [`${name}.second`, second],
      ]),
    );
  }

  /** Goes on from saved moments, whose values have been written to {@linkcode Adam.tensors}. */
  restoreCount(count: number): void {
    this.#count = count;
  }
}
