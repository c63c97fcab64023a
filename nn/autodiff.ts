/**
 * Reverse-mode automatic differentiation on a tape.
 *
 * Operations are recorded in the order they run; backward walks the tape from its end. Operations
 * return gradients and one function adds them up by variable, so a weight that is used twice (by the
 * two frames of a Siamese pass, or by a skip connection) needs no special case.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import { asFloats, elementwise } from "../kernels/parts/elementwise.ts";
import {
  asOwn,
  type BackwardContext,
  type Operation,
  type Params,
  runForward,
} from "../kernels/operation.ts";
import { formatShape, sameShape } from "../kernels/gpu/shape.ts";
import type { Tensor } from "../kernels/gpu/tensor.ts";
import { type Gradients, GradientSums, Variable } from "./gradients.ts";

export { type Gradients, Variable } from "./gradients.ts";

/**
 * How a {@linkcode Tape} works.
 *
 * @category Autodiff
 */
export interface TapeOptions {
  /** Whether gradients will be asked for; without, values are freed when they are dropped. */
  readonly record?: boolean;
  /** Whether {@linkcode Tape.checkpoint} saves memory by computing twice; not unless told. */
  readonly recompute?: boolean;
  /** Whether what runs on it belongs to training; as it records, unless told. */
  readonly training?: boolean;
  /** Whether it runs a second time what has run on another tape; not unless told. */
  readonly again?: boolean;
  /**
   * Whether what goes from layer to layer is stored as halves, in half of the memory; not unless told, and
   * never on a tape that records.
   */
  readonly halves?: boolean;
  /**
   * Runs layers on some rows after the other, where they allow it; all rows at once unless told, and on a tape
   * that records or stores halves.
   */
  readonly bands?: RowBands;
}

/**
 * A variable for each of some names: the inputs of an operation.
 *
 * @category Autodiff
 */
export type VariablesOf<N extends readonly string[]> = { readonly [K in keyof N]: Variable };

/**
 * Layers that need only a few rows around those that they give: convolutions one after the other, of images
 * of the size of the last input.
 *
 * @category Autodiff
 */
export interface BandedLayers {
  /** The convolutions, with their weights `[out, in, k, k]`. */
  readonly layers: readonly { readonly weight: Variable }[];
  /** How many rows of the last input are one of the coarsest input or output; 2 unless told. */
  readonly scale?: number;
  /** Whether the layers drop their inputs. */
  readonly drops: boolean;
}

/**
 * Runs layers on some rows after the other; null where all rows are to be computed at once.
 *
 * @category Autodiff
 */
export type RowBands = (
  inputs: readonly Variable[],
  layers: BandedLayers,
  compute: (inputs: readonly Variable[]) => readonly Variable[],
) => readonly Variable[] | null;

/** What was computed, and how the gradient of its output becomes those of its inputs. */
interface Entry {
  readonly output: Variable;
  readonly passBack: (dy: Tensor<"f32">, sums: GradientSums) => void;
}

/**
 * A record of the operations that were applied through it.
 *
 * @example The gradient of a loss
 * ```ts ignore
 * const x = new Variable(device.upload([3], Float32Array.of(-1, 2, 3)), { needsGradient: true });
 * const target = new Variable(device.upload([3], Float32Array.of(0, 1, 1)));
 * const tape = new Tape(device);
 * const y = tape.apply(relu, [x], {});
 * const loss = tape.apply(meanSquaredError, [y, target], {});
 * const gradient = tape.backward(loss).get(x);
 * ```
 *
 * @category Autodiff
 */
export class Tape {
  /** The device that operations run on. */
  readonly device: Device;
  /** Whether it remembers what it runs, so that gradients can be asked for. */
  readonly records: boolean;
  /** Whether what runs on it belongs to training: layers that predict otherwise than they train ask. */
  readonly isTraining: boolean;
  /** Whether it runs a second time what has run before: layers that count what they see ask. */
  readonly isAgain: boolean;
  readonly #recomputes: boolean;
  readonly #halves: boolean;
  readonly #bands: RowBands | undefined;
  readonly #made = new WeakSet<Variable>();
  #entries: Entry[] = [];

  /**
   * A tape that only runs operations, for prediction: nothing is kept for gradients, and none can be
   * asked for.
   */
  static withoutGradients(device: Device): Tape {
    return new Tape(device, { record: false });
  }

  /** Starts an empty tape; with `record: false` it only runs operations, for prediction. */
  constructor(
    device: Device,
    { record = true, recompute = false, training = record, again = false, halves, bands }:
      TapeOptions = {},
  ) {
    this.device = device;
    this.isTraining = training;
    this.isAgain = again;
    this.records = record;
    this.#recomputes = record && recompute;
    this.#halves = !!halves && !record;
    this.#bands = record || this.#halves ? undefined : bands;
  }

  /**
   * Runs an operation and remembers it if a gradient may be asked for.
   *
   * @throws {TypeError | RangeError} If the inputs do not fit the operation.
   */
  apply<P extends Params, N extends readonly string[]>(
    operation: Operation<P, N>,
    variables: VariablesOf<N>,
    params: P,
  ): Variable {
    const inputs: readonly Variable[] = variables;
    const use = operation.halves?.(params) ?? null;
    const values = inputs.map(({ value }) => use === null ? asFloats(this.device, value) : value);
    const isHalf = this.#halves;
    const value = runForward(this.device, operation, { inputs: values, params, isHalf });
    values.filter((made, i) => made !== inputs[i].value).forEach((made) => this.device.free(made));
    const needsGradient = this.records && inputs.some((input) => input.needsGradient);
    const isRectified = operation.rectifies?.(params) ?? false;
    const output = new Variable(value, { needsGradient, isRectified });
    this.#made.add(output);
    if (needsGradient) {
      this.#entries.push({
        output,
        passBack: (dy, sums) => passThrough(operation, { inputs, output, dy, params, sums }),
      });
    }
    return output;
  }

  /**
   * Runs part of a computation so that, on a tape that recomputes, only its result is kept:
   * {@linkcode Tape.backward} runs it a second time for the values in between. On any other tape it
   * just runs. It must give the same result each time and apply everything through the tape it is
   * given.
   */
  checkpoint(compute: (tape: Tape) => Variable): Variable {
    if (!this.#recomputes) return compute(this);
    using scope = this.device.scope();
    const { value, isRectified } = compute(
      new Tape(this.device, { record: false, training: true }),
    );
    const output = new Variable(scope.keep(value), { needsGradient: true, isRectified });
    this.#made.add(output);
    this.#entries.push({
      output,
      passBack: (dy, sums) => {
        const again = new Tape(this.device, { again: true });
        const result = compute(again);
        const gated = sums.isGated(output);
        if (result.needsGradient) sums.add(result, dy, { gated });
        again.#walk(sums);
      },
    });
    return output;
  }

  /** Runs layers on images `[n, c, h, w]`, on some rows after the other where this tape does so. */
  inBands(
    inputs: readonly Variable[],
    layers: BandedLayers,
    compute: (inputs: readonly Variable[]) => readonly Variable[],
  ): readonly Variable[] {
    const outputs = this.#bands?.(inputs, layers, compute);
    if (!outputs) return compute(inputs);
    outputs.forEach((output) => this.#made.add(output));
    if (layers.drops) inputs.forEach((input) => this.drop(input));
    return outputs;
  }

  /**
   * Says that a value of this tape is not needed any more. A tape that records keeps it for backward;
   * one that only predicts frees it at once.
   */
  drop(variable: Variable): void {
    if (!this.records && this.#made.has(variable)) {
      this.device.free(variable.value, { why: "its tape has dropped it" });
    }
  }

  /**
   * Gradients of a scalar with respect to every variable that needs one and has no parents (the
   * weights). They belong to the scope that is open when this is called.
   *
   * This uses the tape up: every value computed on it is freed as soon as no gradient needs it, all
   * but the loss and what is to `keep`. Variables that the caller made are never freed.
   *
   * @throws {TypeError} If an operation on the way has no gradient, or `loss` is not a scalar, a
   * constant, or not on this tape (any more).
   */
  backward(loss: Variable, { keep = [] }: { keep?: readonly Variable[] } = {}): Gradients {
    if (loss.value.size !== 1) {
      throw new TypeError(
        `Cannot differentiate a value of shape ${formatShape(loss.value.shape)}: expected a scalar`,
      );
    }
    if (!loss.needsGradient) {
      throw new TypeError(
        "Cannot differentiate a constant: it came of no parameter, or its tape does not record",
      );
    }
    if (!this.#entries.some(({ output }) => output === loss)) {
      throw new TypeError(
        "Cannot differentiate a value that is not on the tape: another has it, or backward was run",
      );
    }
    const sums = new GradientSums(this.device, [loss, ...keep]);
    // Made by a kernel, not uploaded: an upload would end the batch of commands.
    const one = { label: "one", inputs: [loss.value], expression: "vec4f(1.0)" };
    sums.add(loss, elementwise(this.device, one));
    this.#walk(sums);
    sums.settle();
    return sums.gradients;
  }

  /** Passes gradients from the end of the tape to its start, and empties it. */
  #walk(sums: GradientSums): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const { output, passBack } of entries.toReversed()) {
      const dy = sums.take(output);
      if (dy) passBack(dy, sums);
      sums.sweep(output.value);
    }
  }
}

/** Takes the gradient of an operation's output to its inputs. */
function passThrough<P extends Params>(
  { name, backward, inputs: names }: Operation<P>,
  { inputs, output, dy, params, sums }: {
    inputs: readonly Variable[];
    output: Variable;
    dy: Tensor<"f32">;
    params: P;
    sums: GradientSums;
  },
): void {
  if (backward === "none") {
    throw new TypeError(`Cannot differentiate ${name}: it has no gradient`);
  }
  const needs = inputs.map((input) => input.needsGradient);
  const values = inputs.map((input) => input.value);
  const gated = new Set<number>();
  const context: BackwardContext = {
    inputs: values,
    output: output.value,
    dy,
    needs,
    ownsDy: !sums.holds(dy),
    release: (tensor) => sums.release(tensor),
    summing: (input) => sums.summing(inputs[input]),
    isGated: sums.isGated(output),
    gates: inputs.map(({ isRectified }) => isRectified),
    gate: (input) => void gated.add(input),
    takeSum: (input) => sums.takeSum(inputs[input]),
  };
  sums.makeRoom(inputs);
  const results = backward(sums.device, context, params);
  if (results.length !== inputs.length) {
    throw new TypeError(
      `Cannot differentiate ${name}: its backward gives ${results.length} gradients, expected those of ` +
        names.join(", "),
    );
  }
  inputs.forEach((input, i) => {
    const gradient = results[i];
    if (!needs[i] || !gradient) return;
    if (!sameShape(gradient.shape, input.value.shape)) {
      throw new RangeError(
        `Cannot differentiate ${name}: its gradient of ${names[i]} is ${
          formatShape(gradient.shape)
        }, ` +
          `${names[i]} is ${formatShape(input.value.shape)}`,
      );
    }
    const own = asOwn(sums.device, gradient, [...values, output.value]);
    sums.add(input, own, { gated: gated.has(i) });
  });
}
