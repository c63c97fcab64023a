/**
 * What an operation is: one record with its shape rule, its kernels forward and backward, its float64
 * reference and the samples that tests and benchmarks run.
 *
 * @module
 */

import type { Device } from "./gpu/device.ts";
import type { Shape } from "./gpu/shape.ts";
import type { Tensor } from "./gpu/tensor.ts";

/** Parameters of an operation: a plain object of numbers, lists of them, texts and switches. */
export type Params = Readonly<
  Record<string, number | string | boolean | readonly number[] | undefined>
>;

/** An array on the CPU in float64, row-major: what references compute with. */
export interface NdArray {
  /** Extent along each axis. */
  readonly shape: Shape;
  /** The elements, row-major. */
  readonly data: Float64Array;
}

/** What a backward rule is given. */
export interface BackwardContext {
  /** The inputs of the forward pass. */
  readonly inputs: readonly Tensor<"f32">[];
  /** The output of the forward pass. */
  readonly output: Tensor<"f32">;
  /** Gradient of the loss with respect to the output. */
  readonly dy: Tensor<"f32">;
  /** Which inputs need a gradient; the rule may return null for the others. */
  readonly needs: readonly boolean[];
  /** Whether nobody else reads dy, which may then be overwritten; not unless told. */
  readonly ownsDy?: boolean;
  /** Says that the rule does not read the output, or dy, any more: gradients may take its memory. */
  readonly release?: (tensor: Tensor<"f32">) => void;
}

/**
 * Gradients with respect to each input, in their order. Each is a tensor of its own or the upstream
 * gradient, never an input or the output: those are freed at other times.
 *
 * It is the type of a method, as the other rules are, so that an operation with parameters of its own
 * can stand in a list of operations.
 */
export type BackwardRule<P extends Params> = {
  rule(device: Device, context: BackwardContext, params: P): (Tensor<"f32"> | null)[];
}["rule"];

/** The same operation in plain loops on float64. */
export interface Reference<P extends Params> {
  /** The output for these inputs. */
  forward(inputs: readonly NdArray[], params: P): NdArray;
  /** The gradients for these inputs and this upstream gradient. */
  backward:
    | { rule(inputs: readonly NdArray[], dy: NdArray, params: P): NdArray[] }["rule"]
    | "none";
}

/** What values a sample's input is filled with; `partly known` is binary, or −1 for unknown. */
export type Fill = "normal" | "probability" | "binary" | "partly known" | "ties";

/** One set of inputs on which tests compare an operation with its reference, and benches time it. */
export interface OperationSample<P extends Params> {
  /** Shapes of the inputs. */
  readonly shapes: readonly Shape[];
  /** Parameters. */
  readonly params: P;
  /** What each input is filled with; normal numbers unless told. */
  readonly fills?: readonly Fill[];
  /** Whether it is large enough to be worth timing. */
  readonly bench?: boolean;
}

/** A differentiable operation on float32 tensors. */
export interface Operation<P extends Params = Params> {
  /** Its name, as in errors, benches and golden files. */
  readonly name: string;
  /** Names of the inputs, in order. */
  readonly inputs: readonly string[];
  /** The output's shape; throws for inputs that do not fit, before anything reaches the GPU. */
  shape(inputs: readonly Shape[], params: P): Shape;
  /** Computes the output. The inputs have passed the shape rule. */
  forward(device: Device, inputs: readonly Tensor<"f32">[], params: P): Tensor<"f32">;
  /** Computes the gradients, or `"none"` where the operation has none. */
  readonly backward: BackwardRule<P> | "none";
  /** The float64 reference. */
  readonly reference: Reference<P>;
  /** Inputs to test and to time. */
  readonly samples: readonly OperationSample<P>[];
}

/**
 * Runs an operation forward after checking its inputs.
 *
 * @throws {TypeError | RangeError} If the shapes do not fit, with the operation's name.
 */
export function runForward<P extends Params>(
  device: Device,
  operation: Operation<P>,
  { inputs, params }: { inputs: readonly Tensor<"f32">[]; params: P },
): Tensor<"f32"> {
  const { name, inputs: names } = operation;
  if (inputs.length !== names.length) {
    throw new TypeError(
      `Cannot run ${name}: ${inputs.length} inputs given, expected ${names.join(", ")}`,
    );
  }
  operation.shape(inputs.map((input) => input.shape), params);
  return operation.forward(device, inputs, params);
}

/** An array of zeros on the CPU. */
export function zeros(shape: Shape): NdArray {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}
