/**
 * What an operation is: one record with its shape rule and its kernels forward and backward. Beside it
 * stands another with its float64 reference and the samples that tests and benchmarks run, which pages
 * need not load.
 *
 * @module
 */

import type { Device } from "./gpu/device.ts";
import { canBeHalf, formatShape, sameShape, type Shape } from "./gpu/shape.ts";
import type { Tensor } from "./gpu/tensor.ts";

/**
 * Parameters of an operation: a plain object of numbers, lists of them, texts and switches.
 *
 * @category Own operations
 */
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

/**
 * Adds up the slabs of a reduction, `[slabs, …shape]`, which it may keep for later: the sum has its shape
 * at once, and its values when backward ends.
 *
 * @category Own operations
 */
export type SumOfSlabs = (
  device: Device,
  slabs: { readonly partial: Tensor<"f32">; readonly shape: Shape },
) => Tensor<"f32">;

/**
 * What a backward rule is given.
 *
 * @category Own operations
 */
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
  /**
   * How a gradient that is a sum of slabs is to be computed, for the input of this index: with those of
   * other weights, where the rule does not read it itself. `sumSlabs` of kernels/parts does unless told.
   */
  readonly summing?: (input: number) => SumOfSlabs;
  /** Whether dy is 0 already wherever the output is not above 0, which a ReLU need not look for then. */
  readonly isGated?: boolean;
  /**
   * Inputs that a ReLU has given, whose gradient counts only where they are above 0. A rule that leaves 0
   * elsewhere says so by {@linkcode BackwardContext.gate}, and saves a pass over the gradient.
   */
  readonly gates?: readonly boolean[];
  /** Says that the gradient of the input of this index is 0 wherever that is not above 0. */
  readonly gate?: (input: number) => void;
  /**
   * The gradient that the input of this index has had so far, for the rule to add its own to it in place
   * and give the sum; null where there is none or others read it.
   */
  readonly takeSum?: (input: number) => Tensor<"f32"> | null;
}

/**
 * Gradients with respect to each input, in their order, each of its input's shape, or null where there
 * is none.
 *
 * It is the type of a method, as the other rules are, so that an operation with parameters of its own
 * can stand in a list of operations.
 *
 * @category Own operations
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

/** What an operation is held against. */
export interface OperationCheck<P extends Params = Params> {
  /** The float64 reference. */
  readonly reference: Reference<P>;
  /** Inputs to test and to time. */
  readonly samples: readonly OperationSample<P>[];
}

/**
 * How the output of an operation is to be stored.
 *
 * @category Own operations
 */
export interface OutputStorage {
  /** As halves, where the rows of the output are in fours; not unless told. */
  readonly isHalf?: boolean;
}

/**
 * What an operation does with images that are stored as halves: it takes them and gives floats, or takes
 * them and can give them; null where it takes none.
 *
 * @category Own operations
 */
export type HalfUse = "takes" | "keeps" | null;

/**
 * A differentiable operation on float32 tensors, with parameters `P` and inputs of the names `N`: how
 * many there are is part of the type, so that a call with one too few does not compile.
 *
 * @category Own operations
 */
export interface Operation<
  P extends Params = Params,
  N extends readonly string[] = readonly string[],
> {
  /** Its name, as in errors, benches and golden files. */
  readonly name: string;
  /** Names of the inputs, in order. */
  readonly inputs: N;
  /** The output's shape; throws for inputs that do not fit, before anything reaches the GPU. */
  shape(inputs: readonly Shape[], params: P): Shape;
  /** Computes the output. The inputs have passed the shape rule. */
  forward(
    device: Device,
    inputs: readonly Tensor<"f32">[],
    params: P,
    storage?: OutputStorage,
  ): Tensor<"f32">;
  /** What it does with halves; it takes none unless told. */
  readonly halves?: { rule(params: P): HalfUse }["rule"];
  /** Computes the gradients, or `"none"` where the operation has none. */
  readonly backward: BackwardRule<P> | "none";
  /**
   * Whether its output comes out of a ReLU and its rule masks dy by it, unless that is gated already; not
   * unless told.
   */
  readonly rectifies?: { rule(params: P): boolean }["rule"];
}

/**
 * What {@linkcode defineOperation} is given: an {@linkcode Operation} of which much may be left out.
 *
 * @category Own operations
 */
export interface OperationParts<
  P extends Params,
  N extends readonly string[] = readonly string[],
> extends Pick<Operation<P, N>, "name" | "inputs" | "forward"> {
  /** The output's shape from those of the inputs; that of the first input unless told. */
  shape?(inputs: readonly Shape[], params: P): Shape;
  /** The gradients; the operation has none unless told. */
  readonly backward?: BackwardRule<P> | "none";
}

/**
 * An operation of one's own, for a tape as for those of Kymo. Only its name, its inputs and its kernel
 * must be said.
 *
 * @example x³, from two expressions
 * ```ts
 * import { defineOperation, elementwise, openDevice } from "@kymo/kymo/kernels";
 * import { Tape, Variable } from "@kymo/kymo/nn";
 *
 * const cube = defineOperation({
 *   name: "cube",
 *   inputs: ["x"],
 *   forward: (device, [x]) =>
 *     elementwise(device, { label: "cube", inputs: [x], expression: "a * a * a" }),
 *   backward: (device, { inputs: [x], dy }) => [
 *     elementwise(device, { label: "cube dx", inputs: [x, dy], expression: "3.0 * a * a * b" }),
 *   ],
 * });
 *
 * using device = await openDevice();
 * using _scope = device.scope();
 * const x = new Variable(device.upload([1], Float32Array.of(2)), { needsGradient: true });
 * const tape = new Tape(device);
 * const gradients = tape.backward(tape.apply(cube, [x], {}));
 * console.log(await device.read(gradients.get(x)!)); // 12
 * ```
 *
 * @category Own operations
 */
export function defineOperation<
  P extends Params = Record<never, never>,
  const N extends readonly string[] = readonly string[],
>(parts: OperationParts<P, N>): Operation<P, N> {
  return { shape: ([first]) => first, backward: "none", ...parts };
}

/**
 * Runs an operation forward after checking its inputs. The output is a tensor of its own: where the
 * operation gives an input, or another view of one's memory, it is copied.
 *
 * @param options.isHalf Whether the output is to be stored as halves, where the operation can.
 * @throws {TypeError | RangeError} If the shapes do not fit, with the operation's name.
 * @category Own operations
 */
export function runForward<P extends Params>(
  device: Device,
  operation: Operation<P>,
  { inputs, params, isHalf = false }: {
    inputs: readonly Tensor<"f32">[];
    params: P;
    isHalf?: boolean;
  },
): Tensor<"f32"> {
  const { name, inputs: names } = operation;
  if (inputs.length !== names.length) {
    throw new TypeError(
      `Cannot run ${name}: ${inputs.length} inputs given, expected ${names.join(", ")}`,
    );
  }
  const shape = operation.shape(inputs.map((input) => input.shape), params);
  const keepsHalves = isHalf && operation.halves?.(params) === "keeps" && canBeHalf(shape);
  const output = operation.forward(device, inputs, params, { isHalf: keepsHalves });
  if (!sameShape(output.shape, shape)) {
    throw new RangeError(
      `Cannot run ${name}: its forward gives ${formatShape(output.shape)}, its shape rule says ` +
        formatShape(shape),
    );
  }
  return asOwn(device, output, inputs);
}

/** A tensor that is freed when nothing else is: itself, or a copy of one of others or of a view. */
export function asOwn(
  device: Device,
  tensor: Tensor<"f32">,
  others: readonly Tensor<"f32">[],
): Tensor<"f32"> {
  if (device.owns(tensor) && !others.includes(tensor)) return tensor;
  const copy = device.empty(tensor.shape);
  device.copy({ from: tensor, to: copy, count: tensor.size });
  return copy;
}

/** An array of zeros on the CPU. */
export function zeros(shape: Shape): NdArray {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}
