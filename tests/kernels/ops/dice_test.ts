import { assert, assertAlmostEquals } from "@std/assert";
import { dice } from "../../../kernels/ops/dice.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("dice() and its gradients equal the float64 reference", () => checkOperation(dice));

Deno.test("dice() is 0 for equal binary and for two empty maps, and near 1 for disjoint ones", async () => {
  const shape = [1, 1, 4, 4];
  const left = { shape, data: Array.from({ length: 16 }, (_, i) => i % 4 < 2 ? 1 : 0) };
  const right = { shape, data: left.data.map((value) => 1 - value) };
  const empty = { shape, data: new Array(16).fill(0) };
  const loss = async (a: typeof right, b: typeof right) =>
    (await runOperation(dice, [a, b], { params: { smooth: 1 } })).y[0];
  assertAlmostEquals(await loss(left, left), 0, 1e-6);
  assertAlmostEquals(await loss(empty, empty), 0, 1e-6);
  assertAlmostEquals(await loss(left, right), 1 - 1 / 17, 1e-6);
  const { gradients } = await runOperation(dice, [empty, empty], { params: { smooth: 1 } });
  assert(gradients.every((gradient) => gradient!.every(Number.isFinite)));
});
