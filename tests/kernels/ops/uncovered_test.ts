import { assertEquals } from "@std/assert";
import { dice } from "../../../kernels/ops/dice.ts";
import { uncovered } from "../../../kernels/ops/uncovered.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("uncovered() and its gradients equal the float64 reference", () =>
  checkOperation(uncovered));

Deno.test("uncovered() is the share of the first map's foreground outside of the second", async () => {
  const shape = [1, 1, 1, 4];
  const share = async (a: number[], cover: number[], smooth = 0) => {
    const inputs = [a, cover].map((data) => ({ shape, data }));
    return (await runOperation(uncovered, inputs, { params: { smooth } })).y[0];
  };
  assertEquals(await share([1, 1, 1, 1], [1, 1, 1, 0]), 0.25);
  assertEquals(await share([0, 0, 0, 1], [1, 1, 1, 1]), 0);
  assertEquals(await share([1, 0, 0, 0], [0, 1, 1, 1]), 1);
  assertEquals(await share([0, 0, 0, 0], [1, 0, 1, 0], 1), 0, "nothing to cover");
});

Deno.test("uncovered() of two maps by each other is their soft Dice loss", async () => {
  const [a, b] = [[0.9, 0.2, 0.5, 0.1], [0.7, 0.4, 0, 1]];
  const params = { smooth: 1 };
  const pair = await runOperation(uncovered, [
    { shape: [1, 2, 2, 2], data: [...a, ...b] },
    { shape: [1, 2, 2, 2], data: [...b, ...a] },
  ], { params });
  const shape = [1, 1, 2, 2];
  const inputs = [a, b].map((data) => ({ shape, data }));
  const plain = await runOperation(dice, inputs, { params });
  assertClose(pair.y, plain.y, { limit: 1e-6, what: "loss" });
  // Each map stands on both sides, so its gradient has two parts.
  const [both, cover] = pair.gradients;
  const da = [0, 1, 2, 3].map((i) => both![i] + cover![i + 4]);
  assertClose(da, plain.gradients[0]!, { limit: 1e-5, what: "gradient" });
});
