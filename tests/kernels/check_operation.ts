/**
 * Compares an operation's kernels with its float64 reference, and the reference with finite
 * differences: forward and every gradient, on every sample.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Device } from "../../kernels/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { type Fill, type NdArray, type Params, runForward } from "../../kernels/operation.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { type Shape, sizeOf } from "../../kernels/shape.ts";
import type { Tensor } from "../../kernels/tensor.ts";
import { Random } from "../../train/data/random.ts";

/** The device that all tests of a file share. */
export const device: Device = await openDevice();

const FORWARD_LIMIT = 1e-5;
const GRADIENT_LIMIT = 1e-4;
const LARGEST_TESTED = 20_000;

function fillValue(random: Random, fill: Fill): number {
  switch (fill) {
    case "probability":
      return random.uniform(0.02, 0.98);
    case "binary":
      return random.chance(0.4) ? 1 : 0;
    case "ties":
      return random.integer(3);
    case "normal":
      return random.normal();
  }
}

/** Random values of a kind, rounded to float32 so that both sides compute with the same numbers. */
export function randomArray(
  shape: Shape,
  { random, fill = "normal" }: { random: Random; fill?: Fill },
): NdArray {
  return {
    shape,
    data: Float64Array.from(
      { length: sizeOf(shape) },
      () => Math.fround(fillValue(random, fill)),
    ),
  };
}

/** Puts an array on the GPU. */
export function upload({ shape, data }: NdArray): Tensor<"f32"> {
  return device.upload(shape, Float32Array.from(data));
}

/** Largest difference relative to the largest reference value; NaN anywhere gives NaN. */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  assertEquals(actual.length, expected.length);
  let [largest, scale] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    largest = Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return scale === 0 ? largest : largest / scale;
}

/** Fails unless the error is within the limit; NaN fails. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { limit, what }: { limit: number; what: string },
): void {
  const error = relativeError(actual, expected);
  assert(error <= limit, `${what}: relative error ${error}, limit ${limit}`);
}

async function checkKernels(
  operation: AnyOperation,
  { inputs, params, dy, what }: { inputs: NdArray[]; params: Params; dy: NdArray; what: string },
): Promise<void> {
  using _scope = device.scope();
  const tensors = inputs.map(upload);
  const output = runForward(device, operation, { inputs: tensors, params });
  const expected = operation.reference.forward(inputs, params);
  assertEquals(output.shape, expected.shape, what);
  const gradients = operation.backward === "none" ? [] : operation.backward(device, {
    inputs: tensors,
    output,
    dy: upload(dy),
    needs: inputs.map(() => true),
  }, params);
  const read = await Promise.all([output, ...gradients].map((t) => t && device.read(t)));
  assertClose(read[0]!, expected.data, { limit: FORWARD_LIMIT, what: `${what} forward` });
  if (operation.reference.backward === "none") return;
  const references = operation.reference.backward(inputs, dy, params);
  references.forEach((reference, i) => {
    const gradient = read[i + 1];
    if (!gradient) return assert(reference.data.every((g) => g === 0), `${what} has no gradient`);
    assertEquals(gradients[i]?.shape, inputs[i].shape);
    assertClose(gradient, reference.data, {
      limit: GRADIENT_LIMIT,
      what: `${what} d${operation.inputs[i]}`,
    });
  });
}

/** Compares the reference's gradients with central differences at a few elements of each input. */
function checkReference(
  operation: AnyOperation,
  { inputs, params, dy, random, what }: {
    inputs: NdArray[];
    params: Params;
    dy: NdArray;
    random: Random;
    what: string;
  },
): void {
  if (operation.reference.backward === "none") return;
  const { forward } = operation.reference;
  const gradients = operation.reference.backward(inputs, dy, params);
  const step = 1e-5;
  inputs.forEach((input, which) => {
    if (gradients[which].data.every((g) => g === 0)) return;
    for (let trial = 0; trial < 4; trial++) {
      const at = random.integer(input.data.length);
      const shifted = (amount: number) => {
        const data = input.data.slice();
        data[at] += amount;
        const y = forward(inputs.map((x, i) => i === which ? { ...x, data } : x), params);
        return y.data.reduce((sum, value, i) => sum + value * dy.data[i], 0);
      };
      const numeric = (shifted(step) - shifted(-step)) / (2 * step);
      const error = Math.abs(numeric - gradients[which].data[at]);
      const scale = Math.max(...gradients[which].data.map(Math.abs));
      assert(
        error <= 1e-5 * Math.max(scale, 1e-3),
        `${what}: d${operation.inputs[which]}[${at}] is ${gradients[which].data[at]}, ` +
          `finite differences give ${numeric}`,
      );
    }
  });
}

/** Checks one operation on all its samples that are small enough for plain loops. */
export async function checkOperation(operation: AnyOperation): Promise<void> {
  const random = new Random(1);
  for (const { shapes, params, fills } of operation.samples) {
    if (shapes.some((shape) => sizeOf(shape) > LARGEST_TESTED)) continue;
    const inputs = shapes.map((shape: Shape, i: number) =>
      randomArray(shape, { random, fill: fills?.[i] })
    );
    const dy = randomArray(operation.shape(shapes, params), { random });
    const what = `${operation.name} ${JSON.stringify(shapes)}`;
    await checkKernels(operation, { inputs, params, dy, what });
    const isSmall = sizeOf(shapes[0]) <= 2000 && !fills?.includes("ties");
    if (isSmall) checkReference(operation, { inputs, params, dy, random, what });
  }
}
