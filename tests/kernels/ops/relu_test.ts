import { assertEquals } from "@std/assert";
import { relu } from "../../../kernels/ops/relu.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("relu() and its gradients equal the float64 reference", () => checkOperation(relu));

Deno.test("relu() passes no gradient at 0", async () => {
  const data = [-3e38, -1, -0, 0, 1e-30, 2, 1e38];
  const { y, gradients: [dx] } = await runOperation(relu, [{ shape: [7], data }]);
  assertEquals([...y].map((value) => value + 0), [0, 0, 0, 0, 1e-30, 2, 1e38].map(Math.fround));
  assertEquals([...dx!], [0, 0, 0, 0, 1, 1, 1]);
});
