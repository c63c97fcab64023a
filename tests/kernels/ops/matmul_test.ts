import { assert, assertEquals, assertThrows } from "@std/assert";
import { matmul, matmulCheck } from "../../../kernels/ops/matmul.ts";
import { type Shape, sizeOf } from "../../../kernels/gpu/shape.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("matmul() and its gradients equal the float64 reference", () => checkOperation(matmul));

Deno.test("matmul() of small matrices, by hand", async () => {
  const a = { shape: [2, 2], data: [1, 2, 3, 4] };
  const b = { shape: [2, 1], data: [10, 100] };
  const { y, gradients: [da, db] } = await runOperation(matmul, [a, b], { dy: [1, 1000] });
  assertEquals([...y], [210, 430]);
  assertEquals([...da!], [10, 100, 10_000, 100_000]);
  assertEquals([...db!], [3001, 4002]);
});

Deno.test("matmul() refuses what does not fit, naming both shapes", () => {
  const refuse = (a: Shape, b: Shape, says: string) =>
    assertThrows(() => matmul.shape([a, b], {}), Error, `a is [${a}], b is [${b}]${says}`);
  refuse([3], [3, 2], ", expected [...,rows,terms]");
  refuse([2, 3], [4, 2], ": a has rows of 3, b has columns of 4");
  refuse([2, 0], [0, 2], ", an axis is empty");
  assertThrows(
    () => matmul.shape([[2, 3, 4], [3, 4, 5]], {}),
    RangeError,
    "Cannot run matmul: the inputs are [2] and [3], expected extents that are equal or 1",
  );
  assertEquals(matmul.shape([[7, 1, 2, 3], [4, 3, 5]], {}), [7, 4, 2, 5]);
});

/** Products of numbers whose sums float32 holds exactly, so that all bits are known. */
async function checkExactly(m: number, k: number, n: number): Promise<void> {
  using _scope = device.scope();
  const values = (shape: Shape, period: number) =>
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i % period - Math.floor(period / 2));
  const [a, b] = [values([m, k], 5), values([k, n], 3)];
  const tensors = [device.upload([m, k], a), device.upload([k, n], b)];
  const y = await device.read(matmul.forward(device, tensors, {}));
  for (const [row, column] of [[0, 0], [m - 1, n - 1], [m >> 1, n >> 1], [m - 1, 0], [0, n - 1]]) {
    let sum = 0;
    for (let term = 0; term < k; term++) sum += a[row * k + term] * b[term * n + column];
    assertEquals(y[row * n + column], sum, `${m}×${k}×${n} at ${row}, ${column}`);
  }
  assert(y.every(Number.isFinite));
}

Deno.test("matmul() sums every term of long rows, in tiles and without", async () => {
  for (const [m, n] of [[1, 1], [3, 2], [16, 16], [17, 21], [5, 40]]) {
    await checkExactly(m, 70_003, n);
  }
});

Deno.test("matmul() computes every tile of large results", async () => {
  await checkExactly(1000, 7, 1003);
  await checkExactly(70_001, 3, 17);
  await checkExactly(2, 3, 70_001);
});

Deno.test("matmul() of many small matrices", async () => {
  using _scope = device.scope();
  const [count, side] = [66_000, 2];
  const data = Float32Array.from({ length: count * side * side }, (_, i) => i % 7);
  const a = device.upload([count, side, side], data);
  const y = await device.read(matmul.forward(device, [a, a], {}));
  const wrong = Array.from({ length: count }, (_, i) => i * 4).find((at) => {
    const [p, q, r, s] = data.subarray(at, at + 4);
    const expected = [p * p + q * r, p * q + q * s, r * p + s * r, r * q + s * s];
    return expected.some((value, i) => y[at + i] !== value);
  });
  assertEquals(wrong, undefined);
});

Deno.test("matmul() keeps NaN in its row and column, at the edges of tiles too", async () => {
  const [m, k, n] = [19, 5, 18];
  const a = { shape: [m, k], data: new Array(m * k).fill(1) };
  const b = { shape: [k, n], data: new Array(k * n).fill(1) };
  a.data[(m - 1) * k + k - 1] = NaN;
  b.data[0] = Infinity;
  const { y } = await runOperation(matmul, [a, b]);
  const expected = Array.from({ length: m * n }, (_, i) => {
    if (i >= (m - 1) * n) return NaN;
    return i % n === 0 ? Infinity : k;
  });
  assertEquals([...y], expected);
});

Deno.test("matmul() of large matrices is right in all passes", async () => {
  using _scope = device.scope();
  const [m, k, n] = [130, 300, 150];
  const at = (i: number) => Math.sin(i * 0.37);
  const [a, b, dy] = [[m, k], [k, n], [m, n]].map((shape, seed) => ({
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(at(i + 99 * seed))),
  }));
  const expected = [
    matmulCheck.reference.forward([a, b], {}),
    ...(matmulCheck.reference.backward === "none"
      ? []
      : matmulCheck.reference.backward([a, b], dy, {})),
  ];
  const inputs = [a, b].map(({ shape, data }) => ({ shape, data }));
  const { y, gradients } = await runOperation(matmul, inputs, { dy: dy.data });
  [y, ...gradients].forEach((values, i) =>
    assertClose(values!, expected[i].data, { limit: 2e-6, what: ["y", "da", "db"][i] })
  );
});
