/**
 * Gradients checked by finite differences, for operations and computations of one's own.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import { formatShape, type Shape, sizeOf } from "../kernels/gpu/shape.ts";
import { mul } from "../kernels/ops/arithmetic.ts";
import { sum } from "../kernels/ops/reductions.ts";
import { scatteredNumbers } from "../kernels/parts/accuracy.ts";
import { Tape, Variable } from "./autodiff.ts";

/**
 * Values of an input.
 *
 * @category Autodiff
 */
export interface CheckedInput {
  /** The extent along each axis. */
  readonly shape: Shape;
  /** The elements, row-major. */
  readonly data: ArrayLike<number>;
}

/**
 * How {@linkcode checkGradients} compares.
 *
 * @category Autodiff
 */
export interface GradientCheckOptions<Name extends string> {
  /** The inputs by name, in the order of 1: differences are taken over steps of 1/32 and 1/256. */
  readonly inputs: Readonly<Record<Name, CheckedInput>>;
  /** How many elements of each input are compared, spread over it; 5 unless told. */
  readonly elements?: number;
  /** The largest error of a gradient, relative to the largest of its input; 2e-3 unless told. */
  readonly tolerance?: number;
}

/**
 * A computation on a tape, from inputs by name.
 *
 * @category Autodiff
 */
export type Computation<Name extends string> = (
  tape: Tape,
  inputs: Readonly<Record<Name, Variable>>,
) => Variable;

const STEPS = [1 / 32, 1 / 256];
/** Below this the gradients of an input are all 0 to float32. */
const NOTHING = 1e-6;

/** Places and weights of the differences that give a slope up to the fourth power of the step. */
const DIFFERENCES: readonly (readonly [shift: number, weight: number])[] = [
  [1, 8 / 12],
  [-1, -8 / 12],
  [2, -1 / 12],
  [-2, 1 / 12],
];

/**
 * Compares the gradients of a computation with finite differences of it, in float32 on the GPU. Where the
 * result has several elements, a weighted sum of them is differentiated.
 *
 * A slope that jumps within a step, as that of a ReLU at 0, cannot be found by differences: choose
 * inputs that lie away from there.
 *
 * @param compute The computation; it must give the same each time.
 * @returns The largest error for each input, relative to its largest gradient.
 * @throws {RangeError} If a gradient is off, with the input, the element and both numbers.
 *
 * @example
 * ```ts
 * import { openDevice } from "@kymo/kymo/kernels";
 * import { checkGradients, ops } from "@kymo/kymo/nn";
 *
 * using device = await openDevice();
 * await checkGradients(device, (tape, { x, w }) => ops(tape)(x).matmul(w).tanh().variable, {
 *   inputs: {
 *     x: { shape: [2, 2], data: [0.1, -0.7, 1.2, 0.4] },
 *     w: { shape: [2, 1], data: [0.5, -0.3] },
 *   },
 * });
 * ```
 *
 * @category Autodiff
 */
export async function checkGradients<Name extends string>(
  device: Device,
  compute: Computation<Name>,
  { inputs, elements = 5, tolerance = 2e-3 }: GradientCheckOptions<Name>,
): Promise<Record<Name, number>> {
  const names = Object.keys(inputs) as Name[];
  const values = new Map(names.map((name) => [name, Float32Array.from(inputs[name].data)]));
  for (const name of names) checkSize(name, inputs[name]);
  /** The inputs on the GPU, with some element of one replaced. */
  const upload = (changed?: { name: Name; at: number; value: number }) =>
    Object.fromEntries(names.map((name) => {
      const data = values.get(name)!.slice();
      if (changed?.name === name) data[changed.at] = changed.value;
      return [name, new Variable(device.upload(inputs[name].shape, data), { needsGradient: true })];
    })) as Record<Name, Variable>;
  const gradients = await gradientsOf(device, compute, upload);
  const slope = async (name: Name, at: number, step: number) => {
    const runs = DIFFERENCES.map(async ([shift, weight]) => {
      const value = Math.fround(values.get(name)![at] + shift * step);
      return weight *
        weightedSum(await resultOf(device, compute, () => upload({ name, at, value })));
    });
    return (await Promise.all(runs)).reduce((total, part) => total + part, 0) / step;
  };
  const errors: [Name, number][] = [];
  for (const name of names) {
    const gradient = gradients[name];
    const scale = Math.max(NOTHING, ...gradient.map(Math.abs));
    let largest = 0;
    for (const at of spread(gradient.length, elements)) {
      const slopes = await Promise.all(STEPS.map((step) => slope(name, at, step)));
      const [error, nearest] = slopes.map((s) => [Math.abs(s - gradient[at]) / scale, s])
        .reduce((a, b) => b[0] < a[0] ? b : a);
      if (!(error <= tolerance)) {
        throw new RangeError(
          `The gradient to ${name} is wrong at element ${at}: it is ${gradient[at]}, differences ` +
            `give ${nearest}`,
        );
      }
      largest = Math.max(largest, error);
    }
    errors.push([name, largest]);
  }
  return Object.fromEntries(errors) as Record<Name, number>;
}

function checkSize(name: string, { shape, data }: CheckedInput): void {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot check gradients: ${name} is ${formatShape(shape)}, ${data.length} values given`,
    );
  }
}

/** What is computed. Nothing waits inside of the scope: several may be under way. */
function resultOf<Name extends string>(
  device: Device,
  compute: Computation<Name>,
  upload: () => Readonly<Record<Name, Variable>>,
): Promise<Float32Array> {
  using _scope = device.scope();
  return device.read(compute(new Tape(device, { record: false }), upload()).value);
}

/** Gradients of the weighted sum of what is computed, as the tape gives them. */
async function gradientsOf<Name extends string>(
  device: Device,
  compute: Computation<Name>,
  upload: () => Readonly<Record<Name, Variable>>,
): Promise<Record<Name, Float32Array>> {
  const read = readGradients(device, compute, upload);
  return Object.fromEntries(await Promise.all(read)) as Record<Name, Float32Array>;
}

function readGradients<Name extends string>(
  device: Device,
  compute: Computation<Name>,
  upload: () => Readonly<Record<Name, Variable>>,
): Promise<[string, Float32Array]>[] {
  using _scope = device.scope();
  const [tape, inputs] = [new Tape(device), upload()];
  const y = compute(tape, inputs);
  const weights = new Variable(device.upload(y.value.shape, weightsFor(y.value.size)));
  const total = tape.apply(sum, [tape.apply(mul, [y, weights], {})], {});
  const gradients = tape.backward(total);
  return Object.entries<Variable>(inputs).map(async ([name, variable]) => {
    const gradient = gradients.get(variable);
    const values = gradient ? await device.read(gradient) : new Float32Array(variable.value.size);
    return [name, values] as [string, Float32Array];
  });
}

/** Weights of the elements of a result, none of which is near 0. */
function weightsFor(count: number): Float32Array<ArrayBuffer> {
  return scatteredNumbers([count], { lowest: 0.5 });
}

function weightedSum(values: Float32Array): number {
  const weights = weightsFor(values.length);
  return values.reduce((total, value, i) => total + weights[i] * value, 0);
}

/** Up to `count` whole numbers below `length`, spread evenly. */
function spread(length: number, count: number): number[] {
  const some = Math.min(length, count);
  return Array.from({ length: some }, (_, i) => Math.floor((i + 0.5) * length / some));
}
