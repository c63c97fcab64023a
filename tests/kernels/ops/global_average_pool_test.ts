import { assertEquals, assertThrows } from "@std/assert";
import { globalAveragePool } from "../../../kernels/ops/global_average_pool.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

const params = { keepAxes: false };

Deno.test("globalAveragePool() and its gradient equal the float64 reference", () =>
  checkOperation(globalAveragePool));

Deno.test("globalAveragePool() gives each channel its mean, and each pixel its share", async () => {
  const { y, gradients: [dx] } = await runOperation(globalAveragePool, [
    { shape: [1, 2, 1, 3], data: [1, 2, 6, -3, 0, 0] },
  ], { params, dy: [3, 6] });
  assertEquals([...y], [3, -1]);
  assertEquals([...dx!], [1, 1, 1, 2, 2, 2]);
  assertEquals(globalAveragePool.shape([[1, 2, 1, 3]], params), [1, 2]);
  assertEquals(globalAveragePool.shape([[1, 2, 1, 3]], { keepAxes: true }), [1, 2, 1, 1]);
});

Deno.test("globalAveragePool() is right on planes of more than a million pixels", async () => {
  for (const shape of [[1, 1, 1024, 1040], [1, 2, 521, 2031]]) {
    const [, c, h, w] = shape;
    const data = Float32Array.from({ length: c * h * w }, (_, i) => (i * 7919) % 65_521);
    const means = Array.from({ length: c }, (_, channel) => {
      const plane = data.subarray(channel * h * w, (channel + 1) * h * w);
      return plane.reduce((sum, value) => sum + value, 0) / (h * w);
    });
    const { y } = await runOperation(globalAveragePool, [{ shape, data }], { params });
    assertClose(y, means, { limit: 1e-5, what: `[${shape}]` });
  }
});

Deno.test("globalAveragePool() refuses what is no image", () => {
  assertThrows(() => globalAveragePool.shape([[2, 3]], params), TypeError, "x is [2,3]");
  assertThrows(() => globalAveragePool.shape([[2, 3, 0, 4]], params), RangeError, "[2,3,0,4]");
});
