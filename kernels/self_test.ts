/**
 * A numeric self-test of a few milliseconds: a convolution, its gradients and a loss against their
 * float64 references.
 *
 * @module
 */

import { relativeError, scatteredNumbers } from "./parts/accuracy.ts";
import type { Device } from "./gpu/device.ts";
import { SelfTestError } from "./gpu/errors.ts";
import { type NdArray, type Operation, type Params, runForward } from "./operation.ts";
import { conv2d } from "./ops/conv2d/mod.ts";
import { dice } from "./ops/dice.ts";
import type { Shape } from "./gpu/shape.ts";

const LIMIT = 1e-4;

/** What the self-test found. */
export interface SelfTestResult {
  /** What was computed. */
  readonly name: string;
  /** Its largest error, relative to the largest reference value. */
  readonly error: number;
}

/**
 * Runs the self-test.
 *
 * @throws {SelfTestError} If a result is off by more than 1e-4 of the largest value.
 */
export async function selfTest(device: Device): Promise<SelfTestResult[]> {
  const results = [
    ...await compare(device, conv2d, {
      shapes: [[1, 3, 8, 12], [5, 3, 3, 3], [5]],
      params: { relu: true },
      lowest: -0.5,
    }),
    ...await compare(device, dice, {
      shapes: [[1, 1, 7, 9], [1, 1, 7, 9]],
      params: { smooth: 1 },
      lowest: 0,
    }),
  ];
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

function numbers(shape: Shape, range: { start: number; lowest: number }): NdArray {
  return { shape, data: Float64Array.from(scatteredNumbers(shape, range)) };
}

async function compare<P extends Params>(
  device: Device,
  operation: Operation<P>,
  { shapes, params, lowest }: { shapes: readonly Shape[]; params: P; lowest: number },
): Promise<SelfTestResult[]> {
  const arrays = shapes.map((shape, i) => numbers(shape, { start: 0.1 * i, lowest }));
  const expected = operation.reference.forward(arrays, params);
  const dy = numbers(expected.shape, { start: 0.5, lowest });
  const reading = queue(device, operation, { arrays, dy, params });
  const [y, ...gradients] = await Promise.all(reading);
  const { backward } = operation.reference;
  const references = backward === "none" ? [] : backward(arrays, dy, params);
  return [
    { name: operation.name, error: relativeError(y, expected.data) },
    ...references.map((reference, i) => ({
      name: `the gradient of ${operation.name} to ${operation.inputs[i]}`,
      error: relativeError(gradients[i], reference.data),
    })),
  ];
}

/** Queues forward and backward and the reading of their results. */
function queue<P extends Params>(
  device: Device,
  operation: Operation<P>,
  { arrays, dy, params }: { arrays: readonly NdArray[]; dy: NdArray; params: P },
): Promise<Float32Array>[] {
  using _scope = device.scope();
  const upload = ({ shape, data }: NdArray) => device.upload(shape, Float32Array.from(data));
  const inputs = arrays.map(upload);
  const output = runForward(device, operation, { inputs, params });
  const gradients = operation.backward === "none" ? [] : operation.backward(
    device,
    { inputs, output, dy: upload(dy), needs: inputs.map(() => true) },
    params,
  );
  return [output, ...gradients].flatMap((tensor) => tensor ? [device.read(tensor)] : []);
}
