import { generalisedDice } from "../../../kernels/ops/generalised_dice.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("generalisedDice() and its gradients equal the float64 reference", () =>
  checkOperation(generalisedDice));
