import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("conv2d() and its gradients equal the float64 reference", () => checkOperation(conv2d));
