/**
 * A fluent way to write computations: values with all operations as methods, `x.matmul(w).add(b).relu()`.
 *
 * The methods are those of the list of operations and typed by it: one input is the value itself, the
 * others are arguments, and the operation's parameters come last. What does not fit does not compile.
 *
 * @module
 */

import type { Operation, Params } from "../kernels/operation.ts";
import {
  type AnyOperation,
  type OperationsByName,
  operationsByName,
} from "../kernels/operations.ts";
import { elementwise } from "../kernels/parts/elementwise.ts";
import type { Device } from "../kernels/gpu/device.ts";
import type { Shape } from "../kernels/gpu/shape.ts";
import { Tensor } from "../kernels/gpu/tensor.ts";
import { type Gradients, type Tape, Variable } from "./autodiff.ts";
import { detach } from "./gradients.ts";

/**
 * What a method takes as an input: a value, a variable, or a tensor, which is a constant.
 *
 * @category Autodiff
 */
export type Operand = Value | Variable | Tensor<"f32">;

/**
 * Operations that also take a number for a tensor of it.
 *
 * @category Autodiff
 */
export type Arithmetic = "add" | "sub" | "mul" | "div";

/**
 * An operand for each input after the first.
 *
 * @category Autodiff
 */
export type Operands<N, O> = N extends readonly [string, ...infer Others]
  ? { [K in keyof Others]: O }
  : never;

/**
 * The parameters as the last argument: none where there are none, and optional where all are.
 *
 * @category Autodiff
 */
export type Parameter<P> = [keyof P] extends [never] ? []
  : Record<never, never> extends P ? [params?: P]
  : [params: P];

/**
 * An operation as a method of its first input.
 *
 * @category Autodiff
 */
export type OperationMethod<O, Name> = O extends Operation<infer P, infer N> ? (
    ...args: [...Operands<N, Name extends Arithmetic ? Operand | number : Operand>, ...Parameter<P>]
  ) => Value
  : never;

/**
 * Every operation as a method.
 *
 * @category Autodiff
 */
export type OperationMethods = {
  readonly [Name in keyof OperationsByName]: OperationMethod<OperationsByName[Name], Name>;
};

/**
 * A value on a tape, with every operation as a method; {@linkcode ops} makes the first ones.
 *
 * @category Autodiff
 */
export type Value = TapeValue & OperationMethods;

/**
 * What a {@linkcode Value} is besides its methods.
 *
 * @category Autodiff
 */
export class TapeValue {
  /** The tape that remembers what becomes of it. */
  readonly tape: Tape;
  /** The variable that it stands for: what networks, losses and gradients know it by. */
  readonly variable: Variable;

  /** Stands for a variable; use {@linkcode ops}. */
  constructor(tape: Tape, variable: Variable) {
    this.tape = tape;
    this.variable = variable;
  }

  /** Its tensor. */
  get tensor(): Tensor<"f32"> {
    return this.variable.value;
  }

  /** The extent along each of its axes. */
  get shape(): Shape {
    return this.tensor.shape;
  }

  /**
   * Applies an operation that is not among the methods, such as one's own.
   *
   * @throws {TypeError | RangeError} If the inputs do not fit the operation.
   */
  apply<P extends Params, N extends readonly [string, ...string[]]>(
    operation: Operation<P, N>,
    ...args: [...Operands<N, Operand>, ...Parameter<P>]
  ): Value {
    return applyTo(this, operation as AnyOperation, args);
  }

  /** The same tensor as a constant: no gradient passes through it. */
  detach(): Value {
    return valueOf(this.tape, detach(this.variable));
  }

  /**
   * Gradients of this scalar by variable: {@linkcode Tape.backward}, which uses the tape up.
   *
   * @throws {TypeError} If it is not a scalar, or a constant.
   */
  backward(options?: { keep?: readonly Variable[] }): Gradients {
    return this.tape.backward(this.variable, options);
  }
}

/**
 * Starts fluent computations on a tape: gives a function that makes a {@linkcode Value} of a variable,
 * or of a tensor as a constant.
 *
 * @example A layer and its loss
 * ```ts
 * import { openDevice } from "@kymo/kymo/kernels";
 * import { ops, Tape, Variable } from "@kymo/kymo/nn";
 *
 * using device = await openDevice();
 * using _scope = device.scope();
 * const x = device.upload([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
 * const target = device.upload([2, 1], Float32Array.of(1, 0));
 * const w = new Variable(device.upload([3, 1], Float32Array.of(0.1, 0, -0.1)), {
 *   needsGradient: true,
 * });
 * const of = ops(new Tape(device));
 * const loss = of(x).matmul(w).add(0.5).relu().meanSquaredError(target);
 * const gradient = loss.backward().get(w);
 * ```
 *
 * @category Autodiff
 */
export function ops(tape: Tape): (value: Operand) => Value {
  return (value) => valueOf(tape, value);
}

/** A value with its methods, which are made of the list the first time that they are asked for. */
function valueOf(tape: Tape, value: Operand): Value {
  const made = new TapeValue(tape, variableOf(value));
  return Object.setPrototypeOf(made, methods()) as Value;
}

let cachedMethods: object | null = null;

function methods(): object {
  cachedMethods ??= Object.create(
    TapeValue.prototype,
    Object.fromEntries(
      Object.entries<AnyOperation>(operationsByName).map(([name, operation]) => [name, {
        value(this: TapeValue, ...args: unknown[]) {
          return applyTo(this, operation, args);
        },
      }]),
    ),
  ) as object;
  return cachedMethods;
}

/** Applies an operation to a value and what the method was called with: other inputs, then parameters. */
function applyTo(first: TapeValue, operation: AnyOperation, args: readonly unknown[]): Value {
  const { tape } = first;
  const count = operation.inputs.length - 1;
  const inputs = args.slice(0, count).map((input) =>
    typeof input === "number" ? constant(tape.device, input) : variableOf(input as Operand)
  );
  const params = (args[count] ?? {}) as Params;
  return valueOf(tape, tape.apply(operation, [first.variable, ...inputs], params));
}

/** A number as a tensor of one element. Made by a kernel: an upload would end the batch of commands. */
function constant(device: Device, number: number): Variable {
  using scope = device.scope();
  const any = device.empty([1]);
  const what = { label: "constant", expression: "vec4f(p.number)", floats: { number } };
  return new Variable(scope.keep(elementwise(device, { inputs: [any], ...what })));
}

function variableOf(value: Operand): Variable {
  if (value instanceof TapeValue) return value.variable;
  return value instanceof Tensor ? new Variable(value) : value;
}
