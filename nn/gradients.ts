/**
 * Variables, and the gradients with respect to them: one place adds them up, so a weight that is used
 * twice needs no special case.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import type { Tensor, TensorBlock } from "../kernels/gpu/tensor.ts";
import type { SumOfSlabs } from "../kernels/operation.ts";
import { elementwise } from "../kernels/parts/elementwise.ts";
import { MOST_SLABS, MOST_SUMS, type SlabsToSum, sumJointly } from "../kernels/parts/joint_sums.ts";
import { sumSlabs } from "../kernels/parts/reduce.ts";

/** Bytes of slabs that wait for each other at most: they are memory that the step needs besides. */
const MOST_WAITING = 8 * 1024 ** 2;

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
  /** Whether it comes out of a ReLU, so that its gradient counts only where it is above 0. */
  readonly isRectified: boolean;

  /** Wraps a tensor: as a constant (an image, a target) unless told otherwise. */
  constructor(value: Tensor<"f32">, { needsGradient = false, isRectified = false } = {}) {
    this.value = value;
    this.needsGradient = needsGradient;
    this.isRectified = isRectified;
  }
}

const USED_UP = "backward has freed it with all values of its tape; to use a value afterwards: " +
  "tape.backward(loss, { keep: [y] })";

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

/** The gradients of a block of weights, in their order, and which of the weights they belong to. */
interface Places {
  readonly gradients: TensorBlock;
  readonly variables: (Variable | null)[];
}

/**
 * The gradients that are known so far. A rule may hand its upstream gradient on (a sum gives it to
 * both of its inputs), so what has been used is freed only after the whole entry, and only if it is
 * nobody's gradient and not to be kept.
 *
 * Weights that lie side by side get gradients that do, too, so that an optimiser can go through all of
 * them at once. Those that are sums of slabs wait for each other and are computed together.
 */
export class GradientSums {
  /** The device that sums run on. */
  readonly device: Device;
  /** The sums so far. */
  readonly gradients = new Map<Variable, Tensor<"f32">>();
  readonly #kept: Set<Tensor<"f32">>;
  readonly #gated = new Set<Variable>();
  readonly #places = new Map<TensorBlock, Places>();
  #waiting: SlabsToSum[] = [];
  #used: Tensor<"f32">[] = [];

  /** Starts without gradients; the values of `keep` are never freed. */
  constructor(device: Device, keep: readonly Variable[]) {
    this.device = device;
    this.#kept = new Set(keep.map(({ value }) => value));
  }

  /** Makes room for gradients that are to lie side by side; it belongs to the scope that is open. */
  makeRoom(variables: readonly Variable[]): void {
    for (const variable of variables) {
      const { value, needsGradient } = variable;
      const { block } = value;
      if (!needsGradient || !block?.parts.includes(value)) continue;
      const places = this.#places.get(block) ?? this.#newPlaces(block);
      places.variables[block.parts.indexOf(variable.value)] ??= variable;
    }
  }

  /** How the sum of slabs that is a gradient of a variable is computed. */
  summing(variable: Variable): SumOfSlabs {
    const place = this.gradients.has(variable) ? null : this.#placeOf(variable);
    if (!place) return sumSlabs;
    return (device, slabs) => {
      const { partial } = slabs;
      if (partial.shape[0] > MOST_SLABS) return sumSlabs(device, slabs);
      device.detach(partial);
      this.#wait({ partial, slabs: partial.shape[0], total: place });
      return place;
    };
  }

  /** Adds a gradient to that of a variable; `gated` if it is 0 wherever the variable is not above 0. */
  add(variable: Variable, gradient: Tensor<"f32">, { gated = false } = {}): void {
    const sum = this.gradients.get(variable);
    if (!gated) this.#gated.delete(variable);
    else if (!sum) this.#gated.add(variable);
    if (!sum) {
      this.gradients.set(variable, gradient);
      return;
    }
    if (this.#kept.has(sum)) this.#sumWaiting();
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

  /** Whether every gradient that a variable has had is 0 wherever the variable is not above 0. */
  isGated(variable: Variable): boolean {
    return this.#gated.has(variable);
  }

  /**
   * The gradient that a variable has so far, for somebody to add to it and give it back; null where there
   * is none, or somebody else reads it.
   */
  takeSum(variable: Variable): Tensor<"f32"> | null {
    const sum = this.gradients.get(variable);
    if (!sum || this.#used.includes(sum)) return null;
    this.gradients.delete(variable);
    if (!this.holds(sum)) return sum;
    this.gradients.set(variable, sum);
    return null;
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

  /** Computes what waits, and moves gradients of weights that lie side by side to their places. */
  settle(): void {
    for (const { gradients: { parts }, variables } of this.#places.values()) {
      variables.forEach((variable, i) => {
        const gradient = variable && this.gradients.get(variable);
        if (!gradient || gradient === parts[i]) return;
        this.gradients.set(variable, parts[i]);
        this.#wait({ partial: gradient, slabs: 1, total: parts[i] });
      });
    }
    this.#sumWaiting();
  }

  #newPlaces(block: TensorBlock): Places {
    const gradients = this.device.blocks.make(block.parts.map(({ shape }) => shape));
    for (const part of gradients.parts) this.#kept.add(part);
    const places: Places = { gradients, variables: block.parts.map(() => null) };
    this.#places.set(block, places);
    return places;
  }

  #placeOf(variable: Variable): Tensor<"f32"> | null {
    const places = variable.value.block && this.#places.get(variable.value.block);
    return places?.gradients.parts[places.variables.indexOf(variable)] ?? null;
  }

  /** Keeps slabs for the next dispatch, which writes to one block. */
  #wait(reduction: SlabsToSum): void {
    const isOther = this.#waiting.some(({ total }) => total.block !== reduction.total.block);
    if (isOther) this.#sumWaiting();
    this.#waiting.push(reduction);
    const bytes = this.#waiting.reduce((sum, { partial }) => sum + partial.byteLength, 0);
    if (this.#waiting.length === MOST_SUMS || bytes > MOST_WAITING) this.#sumWaiting();
  }

  #sumWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) sumJointly(this.device, waiting);
    for (const { partial } of waiting) this.release(partial);
  }
}
