import { sliceBatch } from "../../../kernels/ops/slice_batch.ts";
import { checkOperation } from "../fixtures/check_operation.ts";

Deno.test("sliceBatch() and its gradients equal the float64 reference", () =>
  checkOperation(sliceBatch));
