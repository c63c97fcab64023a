import { assertRejects, assertThrows } from "@std/assert";
import { checkResults } from "../../../bench/measure/check.ts";
import type { Results } from "../../../bench/measure/results.ts";
import { timeOperation } from "../../../bench/measure/operations.ts";
import { checked, type CheckedOperation } from "../../../kernels/checks.ts";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import type { NdArray, Params } from "../../../kernels/operation.ts";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { convolve, convolveBackward } from "../../../kernels/ops/conv2d/reference.ts";
import { relu } from "../../../kernels/ops/relu.ts";
import { type Shape, sizeOf } from "../../../kernels/gpu/shape.ts";
import { Random } from "../../../train/images/random.ts";

/** Right results of a convolution with a k × k kernel, from the whole reference. */
function convolution(k: number): Results {
  const random = new Random(k);
  const array = (shape: Shape): NdArray => ({
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, () => random.normal()),
  });
  const inputs = [array([2, 3, 7, 9]), array([4, 3, k, k]), array([4])];
  const params = { relu: true };
  const dy = array([2, 4, 7, 9]);
  return {
    inputs,
    dy,
    params,
    y: Float32Array.from(convolve(inputs, params).data),
    gradients: convolveBackward(inputs, dy, params).map(({ data }) => Float32Array.from(data)),
  };
}

Deno.test("checkResults() agrees with the whole reference of a convolution", () => {
  for (const k of [1, 3, 5]) checkResults(conv2d, convolution(k));
});

Deno.test("checkResults() finds every wrong pass of a convolution", () => {
  const right = convolution(3);
  const wrong = (values: Float32Array) => values.map((value) => 1.001 * value);
  const y = { ...right, y: wrong(right.y) };
  assertThrows(
    () => checkResults(conv2d, y),
    RangeError,
    "Cannot time conv2d of [2,3,7,9], [4,3,3,3], [4]: forward is off by ",
  );
  ["dx", "dw", "db"].forEach((pass, which) => {
    const gradients = right.gradients.map((values, i) => i === which ? wrong(values!) : values);
    assertThrows(
      () => checkResults(conv2d, { ...right, gradients }),
      RangeError,
      `: ${pass} is off by `,
    );
  });
});

Deno.test("checkResults() finds a single value that is not a number", () => {
  const results = convolution(3);
  results.gradients[1]![5] = NaN;
  assertThrows(() => checkResults(conv2d, results), RangeError, "its result is not finite");
});

Deno.test("checkResults() finds results that are too short", () => {
  const x = { shape: [3], data: Float64Array.of(1, 2, 3) };
  const results = { inputs: [x], dy: x, params: {}, y: Float32Array.of(1, 2), gradients: [] };
  assertThrows(() => checkResults(relu, results), RangeError, "forward is off by NaN");
});

Deno.test("timeOperation() does not time what computes wrong", async () => {
  using device = await openDevice();
  const samples = [{ shapes: [[64]], params: {}, bench: true }];
  const wrongForward: CheckedOperation = {
    ...checked<Params>(relu),
    samples,
    forward: (device, inputs) =>
      elementwise(device, { label: "wrong", inputs, expression: "max(a, vec4f(0.1))" }),
  };
  const wrongBackward: CheckedOperation = {
    ...checked<Params>(relu),
    samples,
    backward: (device, { inputs }) => [
      elementwise(device, { label: "wrong", inputs, expression: "a" }),
    ],
  };
  await assertRejects(
    () => timeOperation(device, wrongForward).next(),
    RangeError,
    "forward is off",
  );
  await assertRejects(() => timeOperation(device, wrongBackward).next(), RangeError, "dx is off");
});
