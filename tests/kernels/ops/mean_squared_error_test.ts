import { meanSquaredError } from "../../../kernels/ops/mean_squared_error.ts";
import { checkOperation } from "../fixtures/check_operation.ts";

Deno.test("meanSquaredError() and its gradients equal the float64 reference", () =>
  checkOperation(meanSquaredError));
