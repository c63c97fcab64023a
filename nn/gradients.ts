/**
 * Variables, and the gradients with respect to them: one place adds them up, so a weight that is used
 * twice needs no special case.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import { elementwise } from "../kernels/parts/elementwise.ts";
import type { Tensor } from "../kernels/gpu/tensor.ts";

/**
 * A value in a computation, and whether a gradient with respect to it is wanted.
 *
 * @category Autodiff
 */
export class Variable {
  /** The tensor it stands for. */
  readonly value: Tensor<"f32">;
  /** Whether {@linkcode Tape.backward} gives its gradient or passes one through it. */
  readonly needsGradient: boolean;

  /** Wraps a tensor: as a constant (an image, a target) unless told otherwise. */
  constructor(value: Tensor<"f32">, { needsGradient = false } = {}) {
    this.value = value;
    this.needsGradient = needsGradient;
  }
}

const USED_UP = "backward has freed it, as it does with all values of its tape; to use a value " +
  "afterwards name its variable: tape.backward(loss, { keep: [y] })";

/**
 * The value of a variable as a constant: no gradient passes. It is the same tensor, so it lives no longer
 * than the variable does; backward frees that unless it is told to `keep` it.
 *
 * @example A teacher that does not learn
 * ```ts ignore
 * const { prob } = network.forward(tape, second);
 * const loss = tape.apply(meanSquaredError, [first, detach(prob)], {});
 * ```
 *
 * @category Autodiff
 */
export function detach({ value }: Variable): Variable {
  return new Variable(value);
}

/**
 * Gradients by variable.
 *
 * @category Autodiff
 */
export type Gradients = ReadonlyMap<Variable, Tensor<"f32">>;

/**
 * The gradients that are known so far. A rule may hand its upstream gradient on (a sum gives it to
 * both of its inputs), so what has been used is freed only after the whole entry, and only if it is
 * nobody's gradient and not to be kept.
 */
export class GradientSums {
  /** The device that sums run on. */
  readonly device: Device;
  /** The sums so far. */
  readonly gradients = new Map<Variable, Tensor<"f32">>();
  readonly #kept: ReadonlySet<Tensor<"f32">>;
  #used: Tensor<"f32">[] = [];

  /** Starts without gradients; the values of `keep` are never freed. */
  constructor(device: Device, keep: readonly Variable[]) {
    this.device = device;
    this.#kept = new Set(keep.map(({ value }) => value));
  }

  /** Adds a gradient to that of a variable. */
  add(variable: Variable, gradient: Tensor<"f32">): void {
    const sum = this.gradients.get(variable);
    if (!sum) {
      this.gradients.set(variable, gradient);
      return;
    }
    const both = { label: "sum of gradients", inputs: [sum, gradient], expression: "a + b" };
    this.gradients.set(variable, elementwise(this.device, both));
    this.#used.push(sum, gradient);
  }

  /** The gradient of a variable, which is then forgotten. */
  take(variable: Variable): Tensor<"f32"> | undefined {
    const gradient = this.gradients.get(variable);
    this.gradients.delete(variable);
    if (gradient) this.#used.push(gradient);
    return gradient;
  }

  /** Whether a tensor is the gradient of a variable, or to be kept. */
  holds(tensor: Tensor<"f32">): boolean {
    return this.#kept.has(tensor) || [...this.gradients.values()].includes(tensor);
  }

  /** Frees a tensor that has been used, unless it is held. */
  release(tensor: Tensor<"f32">): void {
    if (!this.holds(tensor)) this.device.free(tensor, { why: USED_UP });
  }

  /** Frees what has been used, and a value that nothing will read any more. */
  sweep(value: Tensor<"f32">): void {
    [...this.#used, value].forEach((tensor) => this.release(tensor));
    this.#used = [];
  }
}
