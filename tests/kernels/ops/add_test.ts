import { add } from "../../../kernels/ops/add.ts";
import { checkOperation } from "../fixtures/check_operation.ts";

Deno.test("add() and its gradients equal the float64 reference", () => checkOperation(add));
