import { assert, assertThrows } from "@std/assert";
import { groupNorm } from "../../../kernels/ops/group_norm.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, checkOperation, randomArray } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

const EPSILON = 1e-5;

Deno.test("groupNorm() and its gradients equal the float64 reference", () =>
  checkOperation(groupNorm));

Deno.test("groupNorm() gives every group of every image mean 0 and variance 1", async () => {
  const [n, c, h, w] = [3, 6, 7, 5];
  const x = randomArray([n, c, h, w], { random: new Random(2) });
  // Another scale and offset for each image, which must all vanish.
  x.data.forEach((value, i) => x.data[i] = value * 10 ** Math.floor(i / (c * h * w)) + 5);
  for (const groups of [1, 2, 6]) {
    const { y } = await runOperation(groupNorm, [
      x,
      { shape: [c], data: Array(c).fill(1) },
      { shape: [c], data: Array(c).fill(0) },
    ], { params: { groups, epsilon: EPSILON } });
    const length = c / groups * h * w;
    for (let start = 0; start < y.length; start += length) {
      const part = y.slice(start, start + length);
      const mean = part.reduce((sum, value) => sum + value, 0) / length;
      const variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
      assert(Math.abs(mean) < 1e-5, `${groups} groups: mean ${mean}`);
      assert(Math.abs(variance - 1) < 1e-4, `${groups} groups: variance ${variance}`);
    }
  }
});

Deno.test("groupNorm() keeps its digits where the mean is far from 0", async () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => 30_000 + i % 2);
  const { y } = await runOperation(groupNorm, [
    { shape: [1, 1, 8, 8], data },
    { shape: [1], data: [1] },
    { shape: [1], data: [0] },
  ], { params: { groups: 1, epsilon: EPSILON } });
  const expected = Float64Array.from(
    data,
    (value) => (value - 30_000.5) / Math.sqrt(0.25 + EPSILON),
  );
  assertClose(y, expected, { limit: 1e-5, what: "y" });
});

Deno.test("groupNorm() of an even image is the bias, with gradients that are finite", async () => {
  const { y, gradients } = await runOperation(groupNorm, [
    { shape: [1, 2, 3, 3], data: Array(18).fill(7) },
    { shape: [2], data: [2, 3] },
    { shape: [2], data: [0.5, -1] },
  ], { params: { groups: 1, epsilon: EPSILON } });
  assertClose(y, [...Array(9).fill(0.5), ...Array(9).fill(-1)], { limit: 1e-6, what: "y" });
  assert(gradients.every((gradient) => gradient!.every(Number.isFinite)));
});

Deno.test("groupNorm() is right on groups of more than a million values", async () => {
  const shape = [1, 2, 733, 751];
  const area = shape[2] * shape[3];
  // Two values a channel: mean and variance can be told by counting.
  const data = Float32Array.from({ length: 2 * area }, (_, i) => i % 4 === 0 ? 3 : -1);
  const high = Math.ceil(2 * area / 4);
  const mean = (3 * high - (2 * area - high)) / (2 * area);
  const variance = (high * (3 - mean) ** 2 + (2 * area - high) * (-1 - mean) ** 2) / (2 * area);
  const r = 1 / Math.sqrt(variance + EPSILON);
  const { y, gradients: [, dw, db] } = await runOperation(groupNorm, [
    { shape, data },
    { shape: [2], data: [2, 1] },
    { shape: [2], data: [0, 1] },
  ], { params: { groups: 1, epsilon: EPSILON }, needs: [false, true, true] });
  const at = (i: number, [w, b]: number[]) => (data[i] - mean) * r * w + b;
  const places = [0, 1, area - 1, area, 2 * area - 1];
  assertClose(
    places.map((i) => y[i]),
    places.map((i) => at(i, i < area ? [2, 0] : [1, 1])),
    { limit: 1e-5, what: "y" },
  );
  assertClose(db!, [area, area], { limit: 1e-6, what: "db" });
  const highs = [0, 1].map((c) => {
    const plane = data.subarray(c * area, (c + 1) * area);
    return plane.reduce((sum, value) => sum + (value - mean) * r, 0);
  });
  // Both are near 0, as they add up to it: compare them on the scale of their parts.
  highs.forEach((sum, c) => assert(Math.abs(dw![c] - sum) < 1e-5 * area, `dw ${dw} not ${highs}`));
});

Deno.test("groupNorm() refuses groups, an epsilon and parameters that do not fit", () => {
  const refuse = (change: { groups?: number; epsilon?: number; w?: number[] }, says: string) => {
    const { groups = 2, epsilon = EPSILON, w = [6] } = change;
    assertThrows(
      () => groupNorm.shape([[1, 6, 4, 4], w, [6]], { groups, epsilon }),
      RangeError,
      `Cannot run groupNorm: x is [1,6,4,4], ${says}`,
    );
  };
  refuse({ groups: 4 }, "whose channels cannot be divided into 4 groups");
  refuse({ groups: 0 }, "whose channels cannot be divided into 0 groups");
  refuse({ groups: NaN }, "whose channels cannot be divided into NaN groups");
  refuse({ epsilon: 0 }, "epsilon is 0, expected > 0");
  refuse({ epsilon: NaN }, "epsilon is NaN");
  refuse({ w: [5] }, "w is [5], expected [6]");
});
