import { assertAlmostEquals, assertEquals } from "@std/assert";
import { foregroundSum } from "../../../kernels/ops/foreground_sum.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("foregroundSum() and its gradients equal the float64 reference", () =>
  checkOperation(foregroundSum));

Deno.test("foregroundSum() compares each image's sums, and is silent where they are equal", async () => {
  const shape = [3, 1, 1, 4];
  const { y, gradients: [da, db] } = await runOperation(foregroundSum, [
    { shape, data: [1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0] },
    { shape, data: [0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1] },
  ]);
  assertAlmostEquals(y[0], (0 + 1 / 4 + 4 / 4) / 3, 1e-6);
  const expected = [0, 1 / 12, -1 / 12].flatMap((g) => [g, g, g, g]);
  expected.forEach((g, i) => {
    assertAlmostEquals(da![i], g, 1e-7);
    assertAlmostEquals(db![i], -g, 1e-7);
  });
  assertEquals([...da!.subarray(0, 4)].map(Math.abs), [0, 0, 0, 0]);
});
