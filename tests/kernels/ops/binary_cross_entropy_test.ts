import { assert, assertEquals } from "@std/assert";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("binaryCrossEntropy() and its gradients equal the float64 reference", () =>
  checkOperation(binaryCrossEntropy));

Deno.test("binaryCrossEntropy() stays finite at 0 and 1, right or wrong", async () => {
  const shape = [1, 1, 1, 4];
  const { y, gradients: [dp, dt] } = await runOperation(binaryCrossEntropy, [
    { shape, data: [0, 1, 0, 1] },
    { shape, data: [0, 1, 1, 0] },
  ]);
  // Two right answers cost next to nothing, two wrong ones −ln 1e-7 ≈ 16.1 each.
  assert(y[0] > 7 && y[0] < 9, `${y[0]}`);
  assert(dp!.every(Number.isFinite), `${dp}`);
  assert(dp![2] < -1e6 && dp![3] > 1e6, "the gradient must lead away from a wrong answer");
  assertEquals(dt, null);
});
