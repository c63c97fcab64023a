import { assert, assertEquals, assertThrows } from "@std/assert";
import { crossEntropy } from "../../../kernels/ops/cross_entropy.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("crossEntropy() and its gradients equal the float64 reference", () =>
  checkOperation(crossEntropy));

Deno.test("crossEntropy() of equal logits is ln of the number of classes", async () => {
  const { y, gradients: [dx, dt] } = await runOperation(crossEntropy, [
    { shape: [2, 4], data: Array(8).fill(7) },
    { shape: [2], data: [0, 3] },
  ]);
  assertClose(y, [Math.log(4)], { limit: 1e-6, what: "loss" });
  const [hit, miss] = [-0.375, 0.125];
  const expected = [hit, miss, miss, miss, miss, miss, miss, hit];
  assertClose(dx!, expected, { limit: 1e-6, what: "dx" });
  assertEquals(dt, null);
});

Deno.test("crossEntropy() is exact for a confident mistake", async () => {
  const { y, gradients: [dx] } = await runOperation(crossEntropy, [
    { shape: [1, 2], data: [300, -300] },
    { shape: [1], data: [1] },
  ]);
  assertClose(y, [600], { limit: 1e-6, what: "loss" });
  assertClose(dx!, [1, -1], { limit: 1e-6, what: "dx" });
});

Deno.test("crossEntropy() leaves unknown and ignored classes out, and is 0 where none is left", async () => {
  const x = { shape: [3, 2], data: [0, 0, 9, -9, 5, 5] };
  const t = { shape: [3], data: [-1, 1, 0] };
  const known = await runOperation(crossEntropy, [x, t], { params: { ignoreIndex: 1 } });
  assertClose(known.y, [Math.LN2], { limit: 1e-6, what: "loss" });
  const expected = [0, 0, 0, 0, -0.5, 0.5];
  assertClose(known.gradients[0]!, expected, { limit: 1e-6, what: "dx" });
  const none = await runOperation(crossEntropy, [x, { shape: [3], data: [-1, -100, 1] }], {
    params: { ignoreIndex: 1 },
  });
  assertEquals([...none.y, ...none.gradients[0]!], Array(7).fill(0));
});

Deno.test("crossEntropy() is NaN where a target is no class, and its gradient there", async () => {
  for (const wrong of [2, 0.5, NaN]) {
    const { y, gradients: [dx] } = await runOperation(crossEntropy, [
      { shape: [2, 2], data: [1, 2, 3, 4] },
      { shape: [2], data: [0, wrong] },
    ]);
    assert(Number.isNaN(y[0]), `${wrong}: ${y}`);
    assertEquals([...dx!].map(Number.isNaN), [false, false, true, true], `${wrong}`);
  }
});

Deno.test("crossEntropy() of more than a million pixels is right at both ends", async () => {
  const [n, classes, side] = [2, 2, 733];
  const size = n * classes * side * side;
  const data = Float32Array.from({ length: size }, (_, i) => Math.floor(i / side / side) % 2);
  const target = new Float32Array(n * side * side).fill(1);
  target[0] = -1;
  const { y, gradients: [dx] } = await runOperation(crossEntropy, [
    { shape: [n, classes, side, side], data },
    { shape: [n, side, side], data: target },
  ]);
  assertClose(y, [Math.log(1 + Math.exp(-1))], { limit: 1e-5, what: "loss" });
  const slope = -1 / (1 + Math.E) / (target.length - 1);
  assertClose([dx![0], dx![size - 1]], [0, slope], { limit: 1e-4, what: "dx" });
});

Deno.test("crossEntropy() refuses targets that do not fit, with both shapes", () => {
  const says = "Cannot run crossEntropy: x is [2,3,4,4] with classes along axis 1, t is ";
  for (const t of [[2, 4], [2, 3, 4, 4], [2, 1, 4, 4]]) {
    assertThrows(
      () => crossEntropy.shape([[2, 3, 4, 4], t], {}),
      RangeError,
      `${says}[${t}], expected [2,4,4]`,
    );
  }
});
