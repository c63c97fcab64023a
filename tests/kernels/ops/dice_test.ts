import { dice } from "../../../kernels/ops/dice.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("dice() and its gradients equal the float64 reference", () => checkOperation(dice));
