/**
 * Reverse-mode automatic differentiation on a tape.
 *
 * Operations are recorded in the order they run; backward walks the tape from its end. Operations
 * return gradients and one function adds them up by variable, so a weight that is used twice (by the
 * two frames of a Siamese pass, or by a skip connection) needs no special case.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import { type Operation, type Params, runForward } from "../kernels/operation.ts";
import { add } from "../kernels/ops/add.ts";
import { formatShape } from "../kernels/shape.ts";
import type { Tensor } from "../kernels/tensor.ts";

/** A value in a computation, and whether a gradient with respect to it is wanted. */
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

/** Gradients by variable. */
export type Gradients = ReadonlyMap<Variable, Tensor<"f32">>;

interface Entry {
  readonly operation: Operation<Params>;
  readonly inputs: readonly Variable[];
  readonly output: Variable;
  readonly params: Params;
}

/**
 * A record of the operations that were applied through it.
 *
 * @example The gradient of a loss
 * ```ts ignore
 * const tape = new Tape(device);
 * const y = tape.apply(relu, [x], {});
 * const loss = tape.apply(meanSquaredError, [y, target], {});
 * const gradients = tape.backward(loss);
 * ```
 */
export class Tape {
  /** The device that operations run on. */
  readonly device: Device;
  readonly #records: boolean;
  readonly #entries: Entry[] = [];

  /** Starts an empty tape; with `record: false` it only runs operations, for prediction. */
  constructor(device: Device, { record = true } = {}) {
    this.device = device;
    this.#records = record;
  }

  /**
   * Runs an operation and remembers it if a gradient may be asked for.
   *
   * @throws {TypeError | RangeError} If the inputs do not fit the operation.
   */
  apply<P extends Params>(
    operation: Operation<P>,
    inputs: readonly Variable[],
    params: P,
  ): Variable {
    const values = inputs.map((input) => input.value);
    const value = runForward(this.device, operation, { inputs: values, params });
    const needsGradient = this.#records && inputs.some((input) => input.needsGradient);
    const output = new Variable(value, { needsGradient });
    if (needsGradient) {
      const generic = operation as unknown as Operation<Params>;
      this.#entries.push({ operation: generic, inputs, output, params });
    }
    return output;
  }

  /**
   * Says that a value is not needed any more. A tape that records keeps it for backward; one that
   * only predicts frees it at once.
   */
  drop(variable: Variable): void {
    if (!this.#records) this.device.free(variable.value);
  }

  /**
   * Gradients of a scalar with respect to every variable that needs one and has no parents (the
   * weights). They belong to the scope that is open when this is called.
   *
   * @throws {TypeError} If an operation on the way has no gradient, or `loss` is not a scalar or a
   * constant.
   */
  backward(loss: Variable): Gradients {
    if (loss.value.size !== 1) {
      throw new TypeError(
        `Cannot differentiate a value of shape ${formatShape(loss.value.shape)}: expected a scalar`,
      );
    }
    if (!loss.needsGradient) {
      throw new TypeError(
        "Cannot differentiate a constant: nothing it was computed from needs a gradient, or its tape " +
          "does not record",
      );
    }
    const gradients = new Map<Variable, Tensor<"f32">>();
    gradients.set(loss, this.device.upload(loss.value.shape, Float32Array.of(1)));
    for (const entry of this.#entries.toReversed()) {
      const dy = gradients.get(entry.output);
      if (!dy) continue;
      gradients.delete(entry.output);
      this.#backwardThrough(entry, { dy, gradients });
    }
    return gradients;
  }

  #backwardThrough(
    { operation, inputs, output, params }: Entry,
    { dy, gradients }: { dy: Tensor<"f32">; gradients: Map<Variable, Tensor<"f32">> },
  ): void {
    const { name, backward } = operation;
    if (backward === "none") {
      throw new TypeError(`Cannot differentiate ${name}: it has no gradient`);
    }
    const needs = inputs.map((input) => input.needsGradient);
    const values = inputs.map((input) => input.value);
    const results = backward(
      this.device,
      { inputs: values, output: output.value, dy, needs },
      params,
    );
    inputs.forEach((input, i) => {
      const gradient = results[i];
      if (needs[i] && gradient) this.#accumulate(gradients, { input, gradient });
    });
  }

  #accumulate(
    gradients: Map<Variable, Tensor<"f32">>,
    { input, gradient }: { input: Variable; gradient: Tensor<"f32"> },
  ): void {
    const sum = gradients.get(input);
    gradients.set(
      input,
      sum ? runForward(this.device, add, { inputs: [sum, gradient], params: {} }) : gradient,
    );
  }
}
