import { relu } from "../../../kernels/ops/relu.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("relu() and its gradients equal the float64 reference", () => checkOperation(relu));
