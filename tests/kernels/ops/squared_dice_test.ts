import { assert } from "@std/assert";
import { squaredDice } from "../../../kernels/ops/squared_dice.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("squaredDice() and its gradients equal the float64 reference", () =>
  checkOperation(squaredDice));

Deno.test("squaredDice() of two equal soft maps is 0, with no gradient", async () => {
  const soft = { shape: [2, 1, 3, 3], data: Array.from({ length: 18 }, (_, i) => (i + 1) / 20) };
  const { y, gradients } = await runOperation(squaredDice, [soft, soft], { params: { smooth: 1 } });
  assert(Math.abs(y[0]) < 1e-6, `${y[0]}`);
  for (const gradient of gradients) assert(gradient!.every((value) => Math.abs(value) < 1e-7));
});
