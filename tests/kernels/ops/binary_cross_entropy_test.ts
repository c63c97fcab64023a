import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("binaryCrossEntropy() and its gradients equal the float64 reference", () =>
  checkOperation(binaryCrossEntropy));
