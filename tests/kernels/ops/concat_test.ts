import { assertEquals } from "@std/assert";
import { concat } from "../../../kernels/ops/concat.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("concat() and its gradients equal the float64 reference", () => checkOperation(concat));

Deno.test("concat() joins along any axis, a first, by hand", async () => {
  const a = { shape: [2, 2], data: [1, 2, 3, 4] };
  const b = { shape: [2, 1], data: [5, 6] };
  const row = { shape: [1, 2], data: [7, 8] };
  const { y, gradients } = await runOperation(concat, [a, b], { dy: [1, 2, 3, 4, 5, 6] });
  assertEquals([...y], [1, 2, 5, 3, 4, 6]);
  assertEquals(gradients.map((g) => [...g!]), [[1, 2, 4, 5], [3, 6]]);
  const { y: rows } = await runOperation(concat, [a, row], { params: { axis: 0 } });
  assertEquals([...rows], [1, 2, 3, 4, 7, 8]);
  const needs = [false, true];
  assertEquals((await runOperation(concat, [a, b], { needs })).gradients[0], null);
});
