import { assert, assertEquals } from "@std/assert";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import { maskedBinaryCrossEntropy } from "../../../kernels/ops/masked_binary_cross_entropy.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("maskedBinaryCrossEntropy() and its gradients equal the float64 reference", () =>
  checkOperation(maskedBinaryCrossEntropy));

Deno.test("maskedBinaryCrossEntropy() is the mean over the known pixels alone", async () => {
  const some = await runOperation(maskedBinaryCrossEntropy, [
    { shape: [1, 1, 1, 5], data: [0.9, 0.2, 0.5, 0.7, 0.1] },
    { shape: [1, 1, 1, 5], data: [1, -1, 0.25, -1, 0] },
  ]);
  const known = await runOperation(binaryCrossEntropy, [
    { shape: [1, 1, 1, 3], data: [0.9, 0.5, 0.1] },
    { shape: [1, 1, 1, 3], data: [1, 0.25, 0] },
  ]);
  assert(Math.abs(some.y[0] - known.y[0]) < 1e-6, `${some.y[0]}, not ${known.y[0]}`);
  const [a, b, c] = known.gradients[0]!;
  const [dp] = some.gradients;
  [a, 0, b, 0, c].forEach((value, i) => assert(Math.abs(dp![i] - value) < 1e-6, `${dp}`));
});

Deno.test("maskedBinaryCrossEntropy() of nothing known is 0, with no gradient", async () => {
  const { y, gradients: [dp] } = await runOperation(maskedBinaryCrossEntropy, [
    { shape: [1, 1, 2, 2], data: [0, 0.3, 0.6, 1] },
    { shape: [1, 1, 2, 2], data: [-1, -1, -1, -1] },
  ]);
  assertEquals([...y, ...dp!], [0, 0, 0, 0, 0]);
});
