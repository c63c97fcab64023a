import { assertEquals } from "@std/assert";
import { sigmoid } from "../../../kernels/ops/sigmoid.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("sigmoid() and its gradients equal the float64 reference", () => checkOperation(sigmoid));

Deno.test("sigmoid() saturates without NaN, and its gradient fades to 0", async () => {
  const data = [-3e38, -1e30, -200, -88, 0, 88, 200, 1e30, 3e38];
  const { y, gradients: [dx] } = await runOperation(sigmoid, [{ shape: [9], data }]);
  assertEquals([...y].map((value) => Math.round(value * 1e6) / 1e6), [0, 0, 0, 0, 0.5, 1, 1, 1, 1]);
  assertEquals([...dx!].map((value) => Math.round(value * 1e6) / 1e6), [
    0,
    0,
    0,
    0,
    0.25,
    0,
    0,
    0,
    0,
  ]);
});
