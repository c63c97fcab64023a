import { upsampleBilinear, upsampleNearest } from "../../../kernels/ops/upsample.ts";
import { checkOperation } from "../check_operation.ts";

Deno.test("upsampleNearest() and its gradient equal the float64 reference", () =>
  checkOperation(upsampleNearest));

Deno.test("upsampleBilinear() and its gradient equal the float64 reference", () =>
  checkOperation(upsampleBilinear));
