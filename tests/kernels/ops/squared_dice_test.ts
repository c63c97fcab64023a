import { squaredDice } from "../../../kernels/ops/squared_dice.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("squaredDice() and its gradients equal the float64 reference", () =>
  checkOperation(squaredDice));
