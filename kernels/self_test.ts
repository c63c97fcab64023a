/**
 * A numeric self-test of a few milliseconds: a convolution and a sigmoid with their gradients, against
 * their float64 references.
 *
 * @module
 */

import { relativeError, scatteredNumbers } from "./parts/accuracy.ts";
import type { Device } from "./gpu/device.ts";
import { SelfTestError } from "./gpu/errors.ts";
import { type NdArray, type Params, type Reference, runForward } from "./operation.ts";
import type { AnyOperation } from "./operations.ts";
import { conv2d } from "./ops/conv2d/mod.ts";
import { convolve, convolveBackward } from "./ops/conv2d/reference.ts";
import { sigmoid, sigmoidReference } from "./ops/sigmoid.ts";
import type { Shape } from "./gpu/shape.ts";
import type { Tensor } from "./gpu/tensor.ts";

const LIMIT = 1e-4;
/** A half is off by 2⁻¹¹ at most, and sums of some forty by less than the largest of them. */
const HALF_LIMIT = 1e-3;

/**
 * What the self-test found.
 *
 * @category Device
 */
export interface SelfTestResult {
  /** What was computed. */
  readonly name: string;
  /** Its largest error, relative to the largest reference value. */
  readonly error: number;
}

/** One operation on some numbers. */
interface Problem {
  readonly operation: AnyOperation;
  readonly reference: Reference<Params>;
  readonly arrays: readonly NdArray[];
  readonly dy: NdArray;
  readonly params: Params;
}

/**
 * Runs the self-test.
 *
 * @param options.progress Is told how many of its shaders are compiled, of how many.
 * @throws {SelfTestError} If a result is off by more than 1e-4 of the largest value.
 * @category Device
 */
export async function selfTest(
  device: Device,
  { progress }: { progress?: (done: number, total: number) => void } = {},
): Promise<SelfTestResult[]> {
  const problems = [
    problemOf(conv2d, {
      reference: { forward: convolve, backward: convolveBackward },
      shapes: [[1, 3, 8, 12], [5, 3, 3, 3], [5]],
      params: { relu: true },
    }),
    problemOf(sigmoid, {
      reference: sigmoidReference,
      shapes: [[1, 1, 7, 9]],
      params: {},
    }),
  ];
  await device.prepare(() => problems.forEach((problem) => void compute(device, problem)), {
    progress,
  });
  const results = (await Promise.all(problems.map((problem) => compare(device, problem)))).flat();
  for (const { name, error } of results) {
    if (!(error <= LIMIT)) {
      throw new SelfTestError(
        `Cannot trust the GPU: ${name} is off by ${error.toExponential(1)} on ` +
          `${device.adapter.name}; update its driver or use another adapter`,
      );
    }
  }
  return results;
}

/**
 * Makes sure that the GPU stores halves right: a convolution that gives some and one that takes them,
 * against floats64. Only who stores halves needs it.
 *
 * @throws {SelfTestError} If the result is off by more than halves are.
 * @category Device
 */
export async function testHalves(device: Device): Promise<SelfTestResult> {
  using _scope = device.scope();
  const shapes = [[1, 3, 8, 12], [5, 3, 3, 3], [5], [2, 5, 3, 3], [2]];
  const arrays = shapes.map((shape, i) => numbers(shape, 0.1 * i));
  const [x, ...weights] = arrays.map((array) => upload(device, array));
  const layers = [{ from: 0, relu: true }, { from: 2, relu: false }];
  let [y, expected] = [x, arrays[0]];
  for (const { from, relu } of layers) {
    const inputs = [y, ...weights.slice(from, from + 2)];
    y = runForward(device, conv2d, { inputs, params: { relu }, isHalf: true });
    expected = convolve([expected, ...arrays.slice(from + 1, from + 3)], { relu });
  }
  const error = relativeError(await device.read(y), expected.data);
  if (error <= HALF_LIMIT) return { name: "conv2d with halves", error };
  throw new SelfTestError(
    `Cannot store halves: what a convolution makes of them is off by ${
      error.toExponential(1)
    } on ` +
      `${device.adapter.name}; store floats, or update its driver`,
  );
}

function numbers(shape: Shape, start: number): NdArray {
  return { shape, data: Float64Array.from(scatteredNumbers(shape, { start, lowest: -0.5 })) };
}

function problemOf(
  operation: AnyOperation,
  { reference, shapes, params }: {
    reference: Reference<Params>;
    shapes: readonly Shape[];
    params: Params;
  },
): Problem {
  const arrays = shapes.map((shape, i) => numbers(shape, 0.1 * i));
  const { shape } = reference.forward(arrays, params);
  return { operation, reference, arrays, dy: numbers(shape, 0.5), params };
}

async function compare(device: Device, problem: Problem): Promise<SelfTestResult[]> {
  const { operation: { name, inputs }, reference, arrays, dy, params } = problem;
  const [y, ...gradients] = await Promise.all(queue(device, problem));
  const references = reference.backward === "none" ? [] : reference.backward(arrays, dy, params);
  return [
    { name, error: relativeError(y, reference.forward(arrays, params).data) },
    ...references.map(({ data }, i) => ({
      name: `the gradient of ${name} to ${inputs[i]}`,
      error: relativeError(gradients[i], data),
    })),
  ];
}

/** Queues forward and backward and the reading of their results. */
function queue(device: Device, problem: Problem): Promise<Float32Array>[] {
  using _scope = device.scope();
  return compute(device, problem).map((tensor) => device.read(tensor));
}

function upload(device: Device, { shape, data }: NdArray): Tensor<"f32"> {
  return device.upload(shape, Float32Array.from(data));
}

/** The output and the gradients, tensors of the innermost scope. */
function compute(device: Device, { operation, arrays, dy, params }: Problem): Tensor<"f32">[] {
  const inputs = arrays.map((array) => upload(device, array));
  const output = runForward(device, operation, { inputs, params });
  const gradients = operation.backward === "none" ? [] : operation.backward(
    device,
    { inputs, output, dy: upload(device, dy), needs: inputs.map(() => true) },
    params,
  );
  return [output, ...gradients.filter((tensor) => tensor !== null)];
}
