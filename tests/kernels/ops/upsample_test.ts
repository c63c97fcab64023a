import { assert, assertEquals } from "@std/assert";
import { upsampleBilinear, upsampleNearest } from "../../../kernels/ops/upsample.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("upsampleNearest() and its gradient equal the float64 reference", () =>
  checkOperation(upsampleNearest));

Deno.test("upsampleBilinear() and its gradient equal the float64 reference", () =>
  checkOperation(upsampleBilinear));

Deno.test("upsampling keeps a constant image constant, and its gradient keeps the sum", async () => {
  const x = { shape: [1, 2, 3, 5], data: new Array(30).fill(2.5) };
  for (const operation of [upsampleNearest, upsampleBilinear]) {
    const { y, gradients: [dx] } = await runOperation(operation, [x]);
    assertEquals(y.length, 120);
    assert(y.every((value) => value === 2.5), operation.name);
    assertEquals(dx!.reduce((sum, value) => sum + value, 0), 120, operation.name);
  }
});

Deno.test("upsampleBilinear() meets the rule of PyTorch's align_corners=False on a ramp", async () => {
  const { y } = await runOperation(upsampleBilinear, [{ shape: [1, 1, 1, 3], data: [0, 4, 8] }]);
  assertEquals([...y], [0, 1, 3, 5, 7, 8, 0, 1, 3, 5, 7, 8]);
});
