import { scale } from "../../../kernels/ops/scale.ts";
import { checkOperation } from "../fixtures/check_operation.ts";

Deno.test("scale() and its gradient equal the float64 reference", () => checkOperation(scale));
