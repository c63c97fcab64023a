import { assertEquals } from "@std/assert";
import { slice } from "../../../kernels/ops/slice.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("slice() and its gradient equal the float64 reference", () => checkOperation(slice));

Deno.test("slice() gives zero gradients to what it leaves out", async () => {
  const x = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
  const params = { axis: 1, start: 1, end: 2 };
  const { y, gradients: [dx] } = await runOperation(slice, [x], { params, dy: [7, 8] });
  assertEquals([[...y], [...dx!]], [[2, 5], [0, 7, 0, 0, 8, 0]]);
});
