import { sigmoid } from "../../../kernels/ops/sigmoid.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("sigmoid() and its gradients equal the float64 reference", () => checkOperation(sigmoid));
