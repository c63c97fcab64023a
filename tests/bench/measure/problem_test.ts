import { assertEquals } from "@std/assert";
import type { OperationSample, Params } from "../../../kernels/operation.ts";
import { flopsOf } from "../../../bench/measure/flops.ts";
import { describeShapes } from "../../../bench/measure/operations.ts";
import { makeProblem } from "../../../bench/measure/problem.ts";
import { forwardFlops } from "../../../bench/measure/unet.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { add } from "../../../kernels/ops/arithmetic.ts";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { sliceBatch } from "../../../kernels/ops/slice_batch.ts";
import { upsampleNearest } from "../../../kernels/ops/upsample.ts";
import type { AnyOperation } from "../../../kernels/operations.ts";
import { UNet } from "../../../nn/networks/unet.ts";
import { Random } from "../../../train/images/random.ts";

const device = await openDevice();

/** Bytes of each pass of an operation, by its name. */
function passBytes(
  operation: AnyOperation,
  sample: OperationSample<Params>,
): Record<string, number> {
  using _scope = device.scope();
  const { passes } = makeProblem(device, operation, sample);
  return Object.fromEntries(passes.map(({ name, bytes }) => [name, bytes]));
}

Deno.test("makeProblem() counts the tensors that a pass reads, and no others", () => {
  const image = 2 * 8 * 8 * 4;
  const x = [1, 2, 8, 8];
  assertEquals(passBytes(upsampleNearest, { shapes: [x], params: {} }), {
    forward: image + 4 * image,
    dx: 4 * image + image,
  });
  const slice = { shapes: [[3, 2, 8, 8]], params: { start: 1, count: 1 } };
  assertEquals(passBytes(sliceBatch, slice), {
    forward: 3 * image + image,
    dx: image + 3 * image,
  });
  const [weight, bias, y] = [5 * 2 * 9 * 4, 5 * 4, 5 * 8 * 8 * 4];
  const shapes = [x, [5, 2, 3, 3], [5]];
  assertEquals(passBytes(conv2d, { shapes, params: { relu: false } }), {
    forward: image + weight + bias + y,
    dx: y + weight + image,
    dw: y + image + weight,
    db: y + bias,
  });
  assertEquals(passBytes(conv2d, { shapes, params: { relu: true } }).dx, 2 * y + weight + image);
});

Deno.test("makeProblem() leaves out gradients that take no work", () => {
  const shapes = [[1, 1, 4, 4], [1, 1, 4, 4]];
  assertEquals(Object.keys(passBytes(add, { shapes, params: {} })), ["forward"]);
  const fills = ["probability", "binary"] as const;
  assertEquals(Object.keys(passBytes(binaryCrossEntropy, { shapes, params: {}, fills })), [
    "forward",
    "dp",
  ]);
});

Deno.test("flopsOf() counts a convolution forward and its two large gradients", () => {
  const shapes = [[2, 3, 8, 12], [5, 3, 3, 3], [5]];
  const expected = 2 * 9 * 3 * 5 * 2 * 8 * 12;
  assertEquals(flopsOf("conv2d", { pass: "forward", shapes }), expected);
  assertEquals(flopsOf("conv2d", { pass: "dx", shapes }), expected);
  assertEquals(flopsOf("conv2d", { pass: "dw", shapes }), expected);
  assertEquals(flopsOf("conv2d", { pass: "db", shapes }), null);
  assertEquals(flopsOf("relu", { pass: "forward", shapes: [[8]] }), null);
});

Deno.test("flopsOf() counts every term of a product of matrices, in all passes", () => {
  const count = (...shapes: number[][]) =>
    ["forward", "da", "db"].map((pass) => flopsOf("matmul", { pass, shapes }));
  assertEquals(count([3, 5], [5, 7]), Array(3).fill(2 * 3 * 5 * 7));
  assertEquals(count([4, 3, 5], [5, 7]), Array(3).fill(2 * 4 * 3 * 5 * 7));
});

Deno.test("describeShapes() names a convolution by its input, channels and kernel", () => {
  assertEquals(
    describeShapes("conv2d", [[1, 32, 256, 256], [64, 32, 3, 3], [64]]),
    "1x32x256x256->64 k3",
  );
  assertEquals(
    describeShapes("upConv2d", [[1, 8, 4, 4], [1, 6, 8, 8], [5, 14, 3, 3], [5]]),
    "1x8x4x4+6->5 k3",
  );
  assertEquals(describeShapes("dice", [[4, 1, 8, 8], [4, 1, 8, 8]]), "4x1x8x8 4x1x8x8");
});

Deno.test("forwardFlops() equals the sum over the layers of the U-Net", () => {
  using _scope = device.scope();
  const network = new UNet(device, { random: new Random(1) });
  const perPixel = [
    { side: 256, channels: 1 * 16 + 16 * 16 + (32 * 16 + 16 * 16) },
    { side: 128, channels: 16 * 32 + 32 * 32 + (64 * 32 + 32 * 16) },
    { side: 64, channels: 32 * 64 + 64 * 64 + (128 * 64 + 64 * 32) },
    { side: 32, channels: 64 * 128 + 128 * 64 },
  ];
  const convolutions = perPixel.reduce((sum, { side, channels }) => sum + side ** 2 * channels, 0);
  const head = 256 ** 2 * 16;
  const expected = 2 * 9 * convolutions + 2 * head;
  assertEquals(forwardFlops(device, { network, shape: [1, 1, 256, 256] }), expected);
  assertEquals(forwardFlops(device, { network, shape: [4, 1, 128, 128] }), expected);
});
