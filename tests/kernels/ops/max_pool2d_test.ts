import { maxPool2d } from "../../../kernels/ops/max_pool2d.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("maxPool2d() and its gradients equal the float64 reference", () =>
  checkOperation(maxPool2d));
