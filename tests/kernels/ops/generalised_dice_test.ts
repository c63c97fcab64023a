import { assert } from "@std/assert";
import { generalisedDice } from "../../../kernels/ops/generalised_dice.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("generalisedDice() and its gradients equal the float64 reference", () =>
  checkOperation(generalisedDice));

Deno.test("generalisedDice() is finite without foreground and without background", async () => {
  const shape = [1, 1, 8, 8];
  for (const fill of [0, 1]) {
    for (const guess of [0, 0.3, 1]) {
      const { y, gradients: [dp] } = await runOperation(generalisedDice, [
        { shape, data: new Array(64).fill(guess) },
        { shape, data: new Array(64).fill(fill) },
      ], { params: { epsilon: 1e-6, shares: true } });
      assert(Number.isFinite(y[0]) && dp!.every(Number.isFinite), `${guess} for ${fill}: ${y[0]}`);
    }
  }
});
