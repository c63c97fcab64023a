import { assert, assertEquals, assertThrows } from "@std/assert";
import { add, div, mul, sub } from "../../../kernels/ops/arithmetic.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

for (const operation of [add, sub, mul, div]) {
  const { name } = operation;

  Deno.test(`${name}() and its gradients equal the float64 reference`, () =>
    checkOperation(operation));

  Deno.test(`${name}() refuses shapes that cannot be repeated to one, naming both`, () => {
    const misfits = [[[2, 3], [3, 2]], [[4], [3]], [[2, 3, 4], [2, 1]], [[2, 0], [2, 1]]];
    for (const [a, b] of misfits) {
      assertThrows(
        () => operation.shape([a, b], {}),
        RangeError,
        `Cannot run ${name}: the inputs are [${a}] and [${b}], expected extents that are equal or 1`,
      );
    }
    assertEquals(operation.shape([[4], [4, 1]], {}), [4, 4]);
    assertEquals(operation.shape([[5, 1, 3], [2, 1]], {}), [5, 2, 3]);
    assertEquals(operation.shape([[], [2, 3]], {}), [2, 3]);
  });
}

Deno.test("arithmetic of small numbers, by hand", async () => {
  const [a, b] = [{ shape: [2, 2], data: [1, 2, 3, 4] }, { shape: [2], data: [10, 20] }];
  const dy = [1, 10, 100, 1000];
  assertEquals([...(await runOperation(add, [a, b])).y], [11, 22, 13, 24]);
  const difference = await runOperation(sub, [a, b], { dy });
  assertEquals([...difference.y], [-9, -18, -7, -16]);
  assertEquals(difference.gradients.map((g) => [...g!]), [dy, [-101, -1010]]);
  const product = await runOperation(mul, [a, b], { dy });
  assertEquals([...product.y], [10, 40, 30, 80]);
  assertEquals(product.gradients.map((g) => [...g!]), [[10, 200, 1000, 20000], [301, 4020]]);
  const quotient = await runOperation(div, [b, a], { dy });
  assertClose(quotient.y, [10, 10, 10 / 3, 5], { limit: 1e-6, what: "y" });
  assertClose(quotient.gradients[1]!, [-10, -50, -1000 / 9, -1250], { limit: 1e-6, what: "da" });
});

Deno.test("arithmetic hands NaN and infinity on", async () => {
  const [a, b] = [{ shape: [3], data: [NaN, Infinity, 1] }, { shape: [1], data: [0] }];
  assertEquals([...(await runOperation(add, [a, b])).y], [NaN, Infinity, 1]);
  assertEquals([...(await runOperation(mul, [a, b])).y], [NaN, NaN, 0]);
  assertEquals([...(await runOperation(div, [a, b])).y], [NaN, Infinity, Infinity]);
});

Deno.test("add() is right where an input is repeated over more than 65,535 workgroups", async () => {
  using _scope = device.scope();
  const [rows, columns] = [65_536, 65];
  const a = device.upload([rows, 1], Float32Array.from({ length: rows }, (_, i) => i));
  const b = device.upload([columns], Float32Array.from({ length: columns }, (_, i) => i / 128));
  const y = add.forward(device, [a, b], {});
  const read = await device.read(y);
  const wrong = read.findIndex((v, i) => v !== Math.floor(i / columns) + i % columns / 128);
  assertEquals([y.shape, wrong], [[rows, columns], -1]);
  // Each sum of the gradient to b runs over all rows, which is more than one invocation may.
  const inputs = [a, b];
  const dy = device.upload([rows, columns], new Float32Array(rows * columns).fill(0.5));
  assert(add.backward !== "none");
  const [da, db] = add.backward(device, { inputs, output: y, dy, needs: [true, true] }, {});
  assertEquals([...new Set(await device.read(da!))], [columns / 2]);
  assertEquals([...new Set(await device.read(db!))], [rows / 2]);
});
