// Convolutions that move by more than a pixel, and those without zeros around the image.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { runForward } from "../../../kernels/operation.ts";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device, randomArray, upload } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("conv2d() with stride and padding is every second pixel of the plain convolution", async () => {
  using _scope = device.scope();
  const random = new Random(4);
  const [h, w] = [33, 30];
  const inputs = [[2, 3, h, w], [5, 3, 3, 3], [5]].map((shape) =>
    upload(randomArray(shape, { random }))
  );
  const strided = runForward(device, conv2d, {
    inputs,
    params: { relu: false, stride: 2, padding: 1 },
  });
  assertEquals(strided.shape, [2, 5, 17, 15]);
  const plain = runForward(device, conv2d, { inputs, params: { relu: false } });
  const [y, all] = await Promise.all([device.read(strided), device.read(plain)]);
  const expected = Float64Array.from(y, (_, i) => {
    const [column, row, plane] = [i % 15, Math.floor(i / 15) % 17, Math.floor(i / 15 / 17)];
    return all[(plane * h + 2 * row) * w + 2 * column];
  });
  assertClose(y, expected, { limit: 1e-6, what: "y" });
});

Deno.test("conv2d() with stride and padding gives pixels that no window meets no gradient", async () => {
  const { gradients: [dx] } = await runOperation(conv2d, [
    { shape: [1, 1, 4, 4], data: Array(16).fill(1) },
    { shape: [1, 1, 1, 1], data: [3] },
    { shape: [1], data: [0] },
  ], { params: { relu: false, stride: 2, padding: 0 } });
  assertEquals([...dx!], [3, 0, 3, 0, 0, 0, 0, 0, 3, 0, 3, 0, 0, 0, 0, 0]);
});

Deno.test("conv2d() with stride and padding sums gradients over large images, to their far ends", async () => {
  const [h, w] = [1031, 1042];
  const [rows, columns] = [516, 521];
  const data = Float32Array.from({ length: h * w }, (_, i) => (i * 7919 % 101) / 101);
  const { y, gradients: [dx, dw, db] } = await runOperation(conv2d, [
    { shape: [1, 1, h, w], data },
    { shape: [1, 1, 3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { shape: [1], data: [0.5] },
  ], { params: { relu: false, stride: 2, padding: 1 } });
  assertEquals(y.length, rows * columns);
  // The last window hangs over the lower border, but not over the right one.
  const [i, j] = [2 * (rows - 1), 2 * (columns - 1)];
  const at = (row: number, column: number) => data[row * w + column];
  const last = 0.5 + at(i - 1, j - 1) + 2 * at(i - 1, j) + 3 * at(i - 1, j + 1) +
    4 * at(i, j - 1) + 5 * at(i, j) + 6 * at(i, j + 1);
  assertClose([y.at(-1)!], [last], { limit: 1e-5, what: "y" });
  assertClose(db!, [rows * columns], { limit: 1e-6, what: "db" });
  let centre = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) centre += at(2 * row, 2 * column);
  }
  assertClose([dw![4]], [centre], { limit: 1e-4, what: "dw" });
  // Pixels of an even row and column lie in the middle of a window alone; odd ones in four corners.
  assertClose([dx![i * w + j], dx![w + 1], dx![i * w + j + 1]], [5, 1 + 3 + 7 + 9, 6], {
    limit: 1e-6,
    what: "dx",
  });
});

Deno.test("conv2d() with stride and padding refuses what does not fit, with both shapes", () => {
  const refuse = (
    shapes: number[][],
    { stride = 2, padding = 1, says }: { stride?: number; padding?: number; says: string },
  ) => assertThrows(() => conv2d.shape(shapes, { relu: false, stride, padding }), RangeError, says);
  const [x, w, b] = [[1, 3, 8, 8], [4, 3, 3, 3], [4]];
  const both = "Cannot convolve x [1,3,8,8] with w";
  refuse([x, [4, 2, 3, 3], b], { says: `${both} [4,2,3,3]: x has 3 channels, w expects 2` });
  refuse([x, [4, 3, 3, 1], b], { says: `${both} [4,3,3,1]: w must be [c_out,c_in,k,k]` });
  refuse([x, w, [3]], { says: `${both} [4,3,3,3]: b is [3], expected [4]` });
  refuse([x, w, b], { stride: 0, says: "stride is 0 and padding 1" });
  refuse([x, w, b], { padding: 0.5, says: "stride is 2 and padding 0.5" });
  refuse([[1, 3, 2, 8], w, b], { padding: 0, says: "with padding 0 x is smaller than a window" });
});

Deno.test("conv2d() with stride and padding computes only the gradients that are needed", async () => {
  for (const needs of [[true, false, false], [false, true, false], [false, false, true]]) {
    const inputs = [[1, 2, 5, 5], [3, 2, 3, 3], [3]].map((shape) => ({
      shape,
      data: Array(shape.reduce((a, b) => a * b)).fill(0.5),
    }));
    const params = { relu: false, stride: 2, padding: 1 };
    const { gradients } = await runOperation(conv2d, inputs, { params, needs });
    assertEquals(gradients.map((gradient) => gradient !== null), needs);
  }
});

Deno.test("conv2d() without padding is the inner part of the one that keeps the size", async () => {
  const random = new Random(6);
  const inputs = [[2, 3, 9, 12], [4, 3, 5, 5], [4]].map((shape) => randomArray(shape, { random }));
  const inner = await runOperation(conv2d, inputs, { params: { relu: true, padding: 0 } });
  const whole = await runOperation(conv2d, inputs, { params: { relu: true } });
  assertEquals(conv2d.shape(inputs.map(({ shape }) => shape), { relu: true, padding: 0 }), [
    2,
    4,
    5,
    8,
  ]);
  const expected = Float32Array.from(inner.y, (_, i) => {
    const [column, row, plane] = [i % 8, Math.floor(i / 8) % 5, Math.floor(i / 40)];
    return whole.y[(plane * 9 + row + 2) * 12 + column + 2];
  });
  assertEquals(inner.y, expected);
  assert(inner.gradients.every((gradient) => gradient!.some((value) => value !== 0)));
});

Deno.test("conv2d() takes an even kernel where it is told the padding", () => {
  const shapes = [[1, 3, 8, 8], [4, 3, 2, 2], [4]];
  assertEquals(conv2d.shape(shapes, { relu: false, padding: 0 }), [1, 4, 7, 7]);
  assertEquals(conv2d.shape(shapes, { relu: false, stride: 2, padding: 0 }), [1, 4, 4, 4]);
  assertThrows(
    () => conv2d.shape(shapes, { relu: false, stride: 2 }),
    RangeError,
    "w must be [c_out,c_in,k,k] with odd k, or any k with a padding",
  );
});
