import { assertEquals, assertThrows } from "@std/assert";
import { dense } from "../../../kernels/ops/dense.ts";
import { assertClose, checkOperation, randomArray } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";
import { Random } from "../../../train/images/random.ts";

Deno.test("dense() and its gradients equal the float64 reference", () => checkOperation(dense));

Deno.test("dense() multiplies by the transposed weight and adds the bias", async () => {
  const { y, gradients: [dx, dw, db] } = await runOperation(dense, [
    { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
    { shape: [2, 3], data: [1, 0, -1, 2, 1, 0] },
    { shape: [2], data: [10, 20] },
  ], { dy: [1, 10, 100, 1000] });
  assertEquals([...y], [8, 24, 8, 33]);
  assertEquals([...dx!], [21, 10, -1, 2100, 1000, -100]);
  assertEquals([...dw!], [401, 502, 603, 4010, 5020, 6030]);
  assertEquals([...db!], [101, 1010]);
});

Deno.test("dense() keeps the axes of an image of one pixel", async () => {
  const { y } = await runOperation(dense, [
    { shape: [1, 2, 1, 1], data: [3, 4] },
    { shape: [1, 2], data: [1, 2] },
    { shape: [1], data: [0.5] },
  ]);
  assertEquals([...y], [11.5]);
  assertEquals(dense.shape([[1, 2, 1, 1], [1, 2], [1]], {}), [1, 1, 1, 1]);
});

Deno.test("dense() sums more terms than one loop may have, in every direction", async () => {
  const terms = 70_001;
  const random = new Random(3);
  const long = randomArray([terms], { random, fill: "probability" }).data;
  const total = long.reduce((sum, value) => sum + value, 0);
  const ones = { shape: [1], data: [1] };
  const forward = await runOperation(dense, [
    { shape: [1, terms], data: long },
    { shape: [1, terms], data: new Float64Array(terms).fill(1) },
    ones,
  ]);
  assertClose(forward.y, [total + 1], { limit: 1e-5, what: "inputs" });
  const outputs = await runOperation(dense, [
    { shape: [1, 1], data: [1] },
    { shape: [terms, 1], data: long },
    { shape: [terms], data: new Float64Array(terms) },
  ]);
  assertClose(outputs.gradients[0]!, [total], { limit: 1e-5, what: "outputs" });
  const batch = await runOperation(dense, [
    { shape: [terms, 1], data: long },
    { shape: [1, 1], data: [1] },
    ones,
  ]);
  assertClose(batch.gradients[1]!, [total], { limit: 1e-5, what: "rows" });
  assertClose(batch.gradients[2]!, [terms], { limit: 1e-6, what: "rows, bias" });
});

Deno.test("dense() refuses what does not fit, with both shapes", () => {
  const refuse = (shapes: number[][], says: string) =>
    assertThrows(() => dense.shape(shapes, {}), RangeError, says);
  refuse(
    [[3, 8], [2, 7], [2]],
    "Cannot run dense: x is [3,8], w is [2,7]: x has 8 values, w expects 7",
  );
  refuse([[3, 8], [2, 8], [3]], "b is [3], expected [2]");
  refuse([[3, 8], [2, 8, 1, 1], [2]], "w must be [out,in]");
  refuse([[3, 8, 1, 2], [2, 8], [2]], "x must be [n,in], or an image of one pixel");
  refuse([[3, 0], [2, 0], [2]], "x must be [n,in]");
});
