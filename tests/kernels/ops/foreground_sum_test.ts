import { foregroundSum } from "../../../kernels/ops/foreground_sum.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("foregroundSum() and its gradients equal the float64 reference", () =>
  checkOperation(foregroundSum));
