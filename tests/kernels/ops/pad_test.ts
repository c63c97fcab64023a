import { assertEquals } from "@std/assert";
import { pad } from "../../../kernels/ops/pad.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("pad() and its gradient equal the float64 reference", () => checkOperation(pad));

Deno.test("pad() surrounds with any number, and gives the margin no gradient", async () => {
  const x = { shape: [1, 2], data: [1, 2] };
  const params = { before: [0, 1], after: [1, 0], value: -Infinity };
  const dy = [1, 2, 3, 4, 5, 6];
  const { y, gradients: [dx] } = await runOperation(pad, [x], { params, dy });
  assertEquals([...y], [-Infinity, 1, 2, -Infinity, -Infinity, -Infinity]);
  assertEquals([...dx!], [2, 3]);
});
