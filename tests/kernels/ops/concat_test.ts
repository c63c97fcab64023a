import { concat } from "../../../kernels/ops/concat.ts";
import { checkOperation } from "../fixtures/check_operation.ts";

Deno.test("concat() and its gradients equal the float64 reference", () => checkOperation(concat));
