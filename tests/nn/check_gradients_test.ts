import { assert, assertEquals, assertRejects } from "@std/assert";
import { defineOperation } from "../../kernels/operation.ts";
import { elementwise } from "../../kernels/parts/elementwise.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { checkGradients } from "../../nn/check_gradients.ts";
import { ops } from "../../nn/ops.ts";
import { Random } from "../../train/images/random.ts";

const device = await openDevice();

function normal(shape: number[], seed: number) {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Array.from({ length: size }, () => random.normal()) };
}

/** x², with a gradient that is off by a factor. */
function squareWith(factor: number) {
  return defineOperation({
    name: "squareWith",
    inputs: ["x"],
    forward: (device, [x]) =>
      elementwise(device, { label: "square", inputs: [x], expression: "a * a" }),
    backward: (device, { inputs: [x], dy }) => [elementwise(device, {
      label: "square dx",
      inputs: [x, dy],
      expression: "p.factor * a * b",
      floats: { factor },
    })],
  });
}

Deno.test("checkGradients() finds small errors for right gradients of every input", async () => {
  const errors = await checkGradients(
    device,
    (tape, { x, w, b }) => ops(tape)(x).matmul(w).add(b).gelu().square().variable,
    { inputs: { x: normal([4, 3], 1), w: normal([3, 5], 2), b: normal([5], 3) } },
  );
  assertEquals(Object.keys(errors), ["x", "w", "b"]);
  assert(Object.values(errors).every((error) => error > 0 && error < 1e-3), JSON.stringify(errors));
});

Deno.test("checkGradients() copes with corners that are not too near", async () => {
  const x = { shape: [4], data: [-0.02, 0.02, -1, 1] };
  await checkGradients(device, (tape, { x }) => ops(tape)(x).relu().variable, { inputs: { x } });
});

Deno.test("checkGradients() refuses a gradient that is off by 1 %, naming input and element", async () => {
  const x = normal([9], 4);
  const check = (factor: number) =>
    checkGradients(
      device,
      (tape, inputs) => ops(tape)(inputs.x).apply(squareWith(factor)).variable,
      { inputs: { x }, elements: 9 },
    );
  await check(2);
  await assertRejects(() => check(2.02), RangeError, "The gradient to x is wrong at element");
  await assertRejects(() => check(NaN), RangeError, "it is NaN, differences give");
});

Deno.test("checkGradients() takes an input without influence for one whose gradient is 0", async () => {
  const inputs = { x: normal([3], 5), y: normal([3], 6) };
  const errors = await checkGradients(device, (tape, { x }) => ops(tape)(x).tanh().variable, {
    inputs,
  });
  assertEquals(errors.y, 0);
});

Deno.test("checkGradients() refuses values that do not fill their shape", async () => {
  await assertRejects(
    () =>
      checkGradients(device, (tape, { x }) => ops(tape)(x).tanh().variable, {
        inputs: { x: { shape: [2, 2], data: [1, 2, 3] } },
      }),
    RangeError,
    "Cannot check gradients: x is [2,2], 3 values given",
  );
});
