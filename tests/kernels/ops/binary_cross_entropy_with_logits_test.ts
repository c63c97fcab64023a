import { assert, assertEquals } from "@std/assert";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import {
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
} from "../../../kernels/ops/binary_cross_entropy_with_logits.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("binaryCrossEntropyWithLogits(), masked or not, and its gradients equal the float64 reference", async () => {
  await checkOperation(binaryCrossEntropyWithLogits);
  await checkOperation(maskedBinaryCrossEntropyWithLogits);
});

Deno.test("binaryCrossEntropyWithLogits() is the loss of the sigmoid's probability", async () => {
  const [z, t] = [[-3, -0.5, 0, 2, 6], [0, 1, 0.5, 0.25, 1]];
  const shape = [5];
  const p = z.map((value) => 1 / (1 + Math.exp(-value)));
  const [logits, probability, target] = [z, p, t].map((data) => ({ shape, data }));
  const ofLogits = await runOperation(binaryCrossEntropyWithLogits, [logits, target]);
  const ofProbability = await runOperation(binaryCrossEntropy, [probability, target]);
  assertClose(ofLogits.y, ofProbability.y, { limit: 1e-5, what: "loss" });
  const chained = ofProbability.gradients[0]!.map((dp, i) => dp * p[i] * (1 - p[i]));
  assertClose(ofLogits.gradients[0]!, chained, { limit: 1e-5, what: "dz" });
  assertEquals(ofLogits.gradients[1], null);
});

Deno.test("binaryCrossEntropyWithLogits() is exact for confident answers, right or wrong", async () => {
  for (const size of [20, 60, 500]) {
    const shape = [2];
    const run = (data: number[]) =>
      runOperation(binaryCrossEntropyWithLogits, [{ shape, data }, { shape, data: [1, 0] }]);
    const wrong = await run([-size, size]);
    assertClose(wrong.y, [size], { limit: 1e-6, what: "loss of a mistake" });
    assertClose(wrong.gradients[0]!, [-0.5, 0.5], { limit: 1e-6, what: "dz of a mistake" });
    const right = await run([size, -size]);
    // Far down the tail it is so little that some adapters take it for 0.
    const expected = Math.log1p(Math.exp(-size));
    assert(Math.abs(right.y[0] - expected) <= 1e-5 * expected + 1e-25, `${right.y[0]}`);
  }
});

Deno.test("maskedBinaryCrossEntropyWithLogits() leaves out what is unknown", async () => {
  const shape = [3];
  const { y, gradients: [dz] } = await runOperation(maskedBinaryCrossEntropyWithLogits, [
    { shape, data: [0, 300, 0] },
    { shape, data: [1, -1, 0] },
  ]);
  assertClose(y, [Math.LN2], { limit: 1e-6, what: "loss" });
  assertClose(dz!, [-0.25, 0, 0.25], { limit: 1e-6, what: "dz" });
});
