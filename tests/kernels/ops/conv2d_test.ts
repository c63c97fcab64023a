import { assertEquals } from "@std/assert";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { relu } from "../../../kernels/ops/relu.ts";
import { Random } from "../../../train/images/random.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("conv2d() and its gradients equal the float64 reference", () => checkOperation(conv2d));

Deno.test("conv2d() is a cross-correlation: an impulse meets the turned kernel", async () => {
  const data = new Array(25).fill(0);
  data[2 * 5 + 2] = 1;
  const w = { shape: [1, 1, 3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
  const { y } = await runOperation(conv2d, [
    { shape: [1, 1, 5, 5], data },
    w,
    { shape: [1], data: [10] },
  ], { params: { relu: false } });
  const middle = [6, 7, 8, 11, 12, 13, 16, 17, 18].map((at) => y[at]);
  assertEquals(middle, [19, 18, 17, 16, 15, 14, 13, 12, 11]);
  assertEquals(y.filter((value) => value === 10).length, 16);
});

Deno.test("conv2d() with ReLU equals relu() after it, forward and backward", async () => {
  const random = new Random(3);
  const array = (shape: number[]) => ({
    shape,
    data: Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  });
  const inputs = [array([2, 3, 7, 8]), array([5, 3, 3, 3]), array([5])];
  const dy = array([2, 5, 7, 8]).data;
  const fused = await runOperation(conv2d, inputs, { params: { relu: true }, dy });
  const plain = await runOperation(conv2d, inputs, { params: { relu: false } });
  const masked = await runOperation(relu, [{ shape: [2, 5, 7, 8], data: plain.y }], { dy });
  assertEquals(fused.y, masked.y);
  const apart = await runOperation(conv2d, inputs, {
    params: { relu: false },
    dy: masked.gradients[0]!,
  });
  assertEquals(fused.gradients, apart.gradients);
});

Deno.test("conv2d() computes only the gradients that are needed", async () => {
  const inputs = [[1, 2, 4, 4], [3, 2, 3, 3], [3]].map((shape) => ({
    shape,
    data: new Array(shape.reduce((a, b) => a * b)).fill(0.5),
  }));
  for (const needs of [[true, false, false], [false, true, false], [false, false, true]]) {
    const { gradients } = await runOperation(conv2d, inputs, { params: { relu: true }, needs });
    assertEquals(gradients.map((gradient) => gradient !== null), needs);
  }
});
