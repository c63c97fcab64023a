import { assertEquals, assertThrows } from "@std/assert";
import { averagePool2d } from "../../../kernels/ops/average_pool2d.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("averagePool2d() and its gradient equal the float64 reference", () =>
  checkOperation(averagePool2d));

Deno.test("averagePool2d() drops what is left over, and overlapping windows share a pixel", async () => {
  const x = { shape: [1, 1, 3, 4], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9] };
  const apart = await runOperation(averagePool2d, [x], { params: { side: 2 } });
  assertEquals([...apart.y], [3.5, 5.5]);
  assertEquals([...apart.gradients[0]!], [...Array(8).fill(0.25), 0, 0, 0, 0]);
  const near = await runOperation(averagePool2d, [x], { params: { side: 2, stride: 1 } });
  assertEquals(near.y.length, 6);
  assertEquals([...near.gradients[0]!.slice(0, 8)], [0.25, 0.5, 0.5, 0.25, 0.5, 1, 1, 0.5]);
});

Deno.test("averagePool2d() takes windows of its largest side, and sums each to its end", async () => {
  const data = Float32Array.from({ length: 130 * 129 }, (_, i) => Number(i % 129 === 127));
  const { y, gradients: [dx] } = await runOperation(averagePool2d, [
    { shape: [1, 1, 130, 129], data },
  ], { params: { side: 128, stride: 1 } });
  assertEquals([...y], Array(6).fill(1 / 128));
  const share = 1 / 128 ** 2;
  // The pixel in the first corner is in one window, the one in the middle in all six.
  assertEquals([dx![0], dx![64 * 129 + 64], dx![129 * 129 + 128]], [share, 6 * share, share]);
});

Deno.test("averagePool2d() refuses windows that are none, too large, or larger than the image", () => {
  const refuse = (params: { side: number; stride?: number }, says: string) =>
    assertThrows(() => averagePool2d.shape([[1, 1, 4, 200]], params), RangeError, says);
  refuse({ side: 0 }, "Cannot run averagePool2d: x is [1,1,4,200], side is 0 and stride 0");
  refuse({ side: 2, stride: 0.5 }, "side is 2 and stride 0.5");
  refuse({ side: 200 }, "the side up to 128");
  refuse({ side: 5 }, "x is [1,1,4,200], smaller than 5 × 5");
});
