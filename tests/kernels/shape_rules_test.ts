// Inputs that do not fit are refused before anything reaches the GPU, naming operation and shapes.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { checked } from "../../kernels/checks.ts";
import { type Params, runForward } from "../../kernels/operation.ts";
import { type AnyOperation, operations, operationsByName } from "../../kernels/operations.ts";
import { add } from "../../kernels/ops/arithmetic.ts";
import { binaryCrossEntropy } from "../../kernels/ops/binary_cross_entropy.ts";
import { concat } from "../../kernels/ops/concat.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import { dice } from "../../kernels/ops/dice.ts";
import { foregroundSum } from "../../kernels/ops/foreground_sum.ts";
import { generalisedDice } from "../../kernels/ops/generalised_dice.ts";
import { maxPool2d } from "../../kernels/ops/max_pool2d.ts";
import { meanSquaredError } from "../../kernels/ops/mean_squared_error.ts";
import { pad } from "../../kernels/ops/pad.ts";
import { permute, transpose } from "../../kernels/ops/permute.ts";
import { relu } from "../../kernels/ops/relu.ts";
import { flatten, reshape } from "../../kernels/ops/reshape.ts";
import { slice } from "../../kernels/ops/slice.ts";
import { sliceBatch } from "../../kernels/ops/slice_batch.ts";
import { squaredDice } from "../../kernels/ops/squared_dice.ts";
import { upsampleBilinear, upsampleNearest } from "../../kernels/ops/upsample.ts";
import { formatShape, imageShape, sameShape, type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { device } from "./fixtures/check_operation.ts";

interface Misfit {
  readonly operation: AnyOperation;
  readonly shapes: readonly Shape[];
  readonly params?: Params;
  /** What the message must say: the operation, and every shape at fault. */
  readonly says: string;
  readonly kind?: typeof RangeError | typeof TypeError;
}

const conv = { operation: conv2d, params: { relu: false } };
const W: Shape = [8, 3, 3, 3];

const MISFITS: readonly Misfit[] = [
  {
    ...conv,
    shapes: [[1, 3, 64, 64], [8, 4, 3, 3], [8]],
    says: "Cannot convolve x [1,3,64,64] with w [8,4,3,3]: x has 3 channels, w expects 4",
  },
  {
    ...conv,
    shapes: [[1, 3, 8, 8], [8, 3, 2, 2], [8]],
    says: "Cannot convolve x [1,3,8,8] with w [8,3,2,2]: w must be [c_out,c_in,k,k] with odd k",
  },
  {
    ...conv,
    shapes: [[1, 3, 8, 8], [8, 3, 3, 1], [8]],
    says: "Cannot convolve x [1,3,8,8] with w [8,3,3,1]: w must be",
  },
  { ...conv, shapes: [[1, 3, 8, 8], [8, 27], [8]], says: "with w [8,27]: w must be" },
  { ...conv, shapes: [[1, 3, 8, 8], [0, 3, 3, 3], [0]], says: "with w [0,3,3,3]: w must be" },
  { ...conv, shapes: [[1, 3, 8, 8], W, [7]], says: "with w [8,3,3,3]: b is [7], expected [8]" },
  { ...conv, shapes: [[1, 3, 8, 8], W, [8, 1]], says: "b is [8,1], expected [8]" },
  { ...conv, shapes: [[3, 8, 8], W, [8]], says: "conv2d: x is [3,8,8]", kind: TypeError },
  { ...conv, shapes: [[1, 3, 0, 8], W, [8]], says: "conv2d: x is [1,3,0,8], an axis is empty" },
  { ...conv, shapes: [[1, 3, 2.5, 8], W, [8]], says: "conv2d: x is [1,3,2.5,8]" },
  { operation: maxPool2d, shapes: [[1, 1, 1, 8]], says: "maxPool2d: x is [1,1,1,8], smaller" },
  { operation: maxPool2d, shapes: [[1, 1, 8, 1]], says: "maxPool2d: x is [1,1,8,1], smaller" },
  { operation: maxPool2d, shapes: [[8, 8]], says: "maxPool2d: x is [8,8]", kind: TypeError },
  {
    operation: upsampleNearest,
    shapes: [[1, 8, 8]],
    says: "upsampleNearest: x is [1,8,8]",
    kind: TypeError,
  },
  {
    operation: upsampleBilinear,
    shapes: [[1, 0, 8, 8]],
    says: "upsampleBilinear: x is [1,0,8,8], an axis is empty",
  },
  {
    operation: concat,
    shapes: [[1, 2, 4, 4], [1, 3, 4, 5]],
    says: "Cannot concat [1,2,4,4] and [1,3,4,5]: all extents but those of axis 1 must be equal",
  },
  { operation: concat, shapes: [[1, 2, 4, 4], [2, 2, 4, 4]], says: "[1,2,4,4] and [2,2,4,4]" },
  {
    operation: concat,
    shapes: [[1, 2, 4, 4], [4, 4]],
    says: "Cannot concat [1,2,4,4] and [4,4]",
  },
  {
    operation: add,
    shapes: [[2, 3], [3, 2]],
    says: "Cannot run add: the inputs are [2,3] and [3,2], expected extents that are equal or 1",
  },
  { operation: add, shapes: [[4], [3, 3]], says: "add: the inputs are [4] and [3,3]" },
  {
    operation: concat,
    shapes: [[2, 3], [2, 3]],
    params: { axis: 2 },
    says: "Cannot run concat: x is [2,3], axes [2] asked for",
  },
  ...[
    { axis: 1, start: 2, end: 2 },
    { axis: 1, start: -1 },
    { axis: 1, start: 0, end: 4 },
    { axis: 1, start: 0.5 },
    { axis: 1, start: 3 },
  ].map((params) => ({
    operation: slice,
    shapes: [[2, 3]],
    params,
    says: `Cannot run slice: x is [2,3], ${params.start} to ${params.end ?? 3} along axis 1`,
  })),
  {
    operation: slice,
    shapes: [[2, 3]],
    params: { axis: -3, start: 0 },
    says: "Cannot run slice: x is [2,3], axes [-3] asked for",
  },
  ...[[[1], [1]], [[1, -1], [0, 0]], [[0, 0], [0.5, 0]]].map(([before, after]) => ({
    operation: pad,
    shapes: [[2, 3]],
    params: { before, after },
    says: `Cannot run pad: x is [2,3], margins of [${before}] before and [${after}] after`,
  })),
  ...[[0], [0, 0], [0, 2], [1, 0, 2]].map((axes) => ({
    operation: permute,
    shapes: [[2, 3]],
    params: { axes },
    says: `Cannot run permute: x is [2,3], axes [${axes}] asked for, expected each axis once`,
  })),
  {
    operation: transpose,
    shapes: [[3]],
    says: "Cannot run transpose: x is [3], expected [rows,columns]",
    kind: TypeError,
  },
  ...[[4], [-1, 4], [-1, -1], [0, -1], [6, 1.5, -1], [-2, -3]].map((shape) => ({
    operation: reshape,
    shapes: [[2, 3]],
    params: { shape },
    says: `Cannot run reshape: x is [2,3] with 6 elements, [${shape}] asked for`,
  })),
  {
    operation: flatten,
    shapes: [[2, 3]],
    params: { from: 2 },
    says: "Cannot run flatten: x is [2,3], from axis 2 asked for",
  },
  {
    operation: sliceBatch,
    shapes: [[3, 1, 2, 2]],
    params: { start: 2, count: 2 },
    says: "Cannot run sliceBatch: x is [3,1,2,2], images 2 to 4 asked for",
  },
  {
    operation: sliceBatch,
    shapes: [[3, 1, 2, 2]],
    params: { start: -1, count: 2 },
    says: "sliceBatch: x is [3,1,2,2]",
  },
  {
    operation: sliceBatch,
    shapes: [[3, 1, 2, 2]],
    params: { start: 0.5, count: 1 },
    says: "sliceBatch: x is [3,1,2,2]",
  },
  {
    operation: sliceBatch,
    shapes: [[3, 1, 2, 2]],
    params: { start: 1, count: 0 },
    says: "sliceBatch: x is [3,1,2,2]",
  },
];

Deno.test("every shape rule refuses what does not fit, naming the operation and the shapes", () => {
  using _scope = device.scope();
  const before = device.dispatchCount;
  for (const { operation, shapes, params = {}, says, kind = RangeError } of MISFITS) {
    assertThrows(() => operation.shape(shapes, params), kind, says);
    if (!shapes.flat().every(Number.isInteger)) continue;
    const inputs = shapes.map((shape) => device.empty(shape));
    assertThrows(() => runForward(device, operation, { inputs, params }), kind, says);
  }
  assertEquals(device.dispatchCount, before, "something reached the GPU");
});

Deno.test("every loss refuses maps of different shapes, naming itself and both", () => {
  const losses: AnyOperation[] = [
    binaryCrossEntropy,
    dice,
    foregroundSum,
    generalisedDice,
    meanSquaredError,
    squaredDice,
  ];
  for (const loss of losses) {
    assertEquals(loss.shape([[2, 3], [2, 3]], checked(loss).samples[0].params), [1]);
    assertThrows(
      () => loss.shape([[2, 1, 4, 4], [1, 1, 4, 4]], checked(loss).samples[0].params),
      RangeError,
      `Cannot run ${loss.name}: the inputs are [2,1,4,4] and [1,1,4,4]`,
    );
  }
});

Deno.test("a loss of nothing is refused, by name", () => {
  const losses = operations.map(checked).filter((
    { inputs, samples: [{ shapes, params }], shape },
  ) =>
    inputs.length === 2 && formatShape(shape(shapes, params)) === "[1]" &&
    sameShape(shapes[0], shapes[1])
  );
  assert(losses.length > 9, `${losses.length} losses`);
  for (const { name, shape, samples: [{ params }] } of losses) {
    for (const empty of [[0, 1, 4, 4], [2, 1, 0, 4]]) {
      assertThrows(() => shape([empty, empty], params), RangeError, `Cannot run ${name}: `);
    }
  }
});

Deno.test("an operation on an empty batch computes something or is refused: it does not run for ever", () => {
  using _scope = device.scope();
  for (const operation of operations) {
    const [{ shapes, params }] = checked(operation).samples;
    const inputs = shapes.map(([, ...rest]) => device.empty([0, ...rest]));
    try {
      const output = runForward(device, operation, { inputs, params });
      const needs = inputs.map(() => true);
      const dy = device.empty(output.shape);
      if (operation.backward !== "none") {
        operation.backward(device, { inputs, output, dy, needs }, params);
      }
    } catch (error) {
      assert(error instanceof Error && error.message.startsWith("Cannot "), `${error}`);
    }
  }
});

Deno.test("every operation's samples pass its own shape rule, and its output has that shape", () => {
  for (const operation of operations) {
    for (const { shapes, params } of checked(operation).samples) {
      assertEquals(shapes.length, operation.inputs.length, operation.name);
      assert(operation.shape(shapes, params).every((extent) => Number.isInteger(extent)));
    }
  }
});

Deno.test("runForward() refuses the wrong number of inputs, naming those it expects", () => {
  using _scope = device.scope();
  assertThrows(
    () => runForward(device, conv2d, { inputs: [device.empty([1, 1, 2, 2])], params: conv.params }),
    TypeError,
    "Cannot run conv2d: 1 inputs given, expected x, weight, bias",
  );
  assertThrows(
    () => runForward(device, relu, { inputs: [], params: {} }),
    TypeError,
    "Cannot run relu: 0 inputs given, expected x",
  );
});

Deno.test("every operation is listed under its own name", () => {
  assert(operations.length > 40);
  for (const [name, operation] of Object.entries<AnyOperation>(operationsByName)) {
    assertEquals(operation.name, name);
  }
});

Deno.test("sizeOf(), formatShape() and sameShape() agree on scalars, empty axes and order", () => {
  assertEquals([sizeOf([]), sizeOf([3, 0, 2]), sizeOf([2, 3, 4])], [1, 0, 24]);
  assertEquals([formatShape([]), formatShape([1, 3, 64, 64])], ["[]", "[1,3,64,64]"]);
  assert(sameShape([], []) && sameShape([2, 3], [2, 3]));
  assert(!sameShape([2, 3], [3, 2]) && !sameShape([2], [2, 1]) && !sameShape([2, 1], [2]));
  assertEquals(imageShape([1, 2, 3, 4], "test"), [1, 2, 3, 4]);
});
