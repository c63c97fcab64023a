import { assert, assertEquals, assertThrows } from "@std/assert";
import { dropout } from "../../../kernels/ops/dropout.ts";
import { random4 } from "../../../kernels/parts/random.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

const ONES = { shape: [100_000], data: new Float32Array(100_000).fill(1) };

async function drop(rate: number, { seed = 1, step = 0 } = {}): Promise<Float32Array> {
  const inputs = [ONES, { shape: [1], data: [step] }];
  return (await runOperation(dropout, inputs, { params: { rate, seed } })).y;
}

Deno.test("dropout() and its gradient equal the float64 reference, which counts on its own", () =>
  checkOperation(dropout));

Deno.test("dropout() drops the share it is told, and keeps the mean", async () => {
  for (const rate of [0.1, 0.5, 0.9]) {
    const y = await drop(rate);
    const dropped = y.filter((value) => value === 0).length / y.length;
    // Five standard deviations of a binomial share.
    assert(Math.abs(dropped - rate) < 5 * Math.sqrt(rate * (1 - rate) / y.length), `${dropped}`);
    assert(y.every((value) => value === 0 || Math.abs(value * (1 - rate) - 1) < 1e-6));
  }
  assertEquals(new Set(await drop(0)), new Set([1]));
});

Deno.test("dropout() gives the same bits for the same seed and step, and others for others", async () => {
  const y = await drop(0.5);
  assertEquals(await drop(0.5), y);
  for (const other of [{ step: 1 }, { seed: 2 }, { seed: 1 + 2 ** 32 }]) {
    const z = await drop(0.5, other);
    const equal = z.filter((value, i) => value === y[i]).length / y.length;
    assert(Math.abs(equal - 0.5) < 0.01, `${JSON.stringify(other)}: ${equal} equal`);
  }
});

Deno.test("dropout() gives the gradient to what it let through", async () => {
  const inputs = [{ shape: [64], data: Array(64).fill(3) }, { shape: [1], data: [5] }];
  const params = { rate: 0.5, seed: 9 };
  const { y, gradients: [dx, dstep] } = await runOperation(dropout, inputs, { params });
  assertEquals([...dx!].map((value) => 3 * value), [...y]);
  assertEquals(dstep, null);
});

Deno.test("dropout() refuses rates and seeds that make no sense", () => {
  const refuse = (params: { rate: number; seed: number }, says: string) =>
    assertThrows(() => dropout.shape([[4], [1]], params), RangeError, says);
  refuse(
    { rate: 1, seed: 0 },
    "Cannot run dropout: rate is 1, expected a number from 0 to below 1",
  );
  refuse({ rate: NaN, seed: 0 }, "rate is NaN");
  refuse({ rate: 0.5, seed: -1 }, "seed is -1, expected a whole number from 0");
  assertThrows(
    () => dropout.shape([[4], [2]], { rate: 0.5, seed: 0 }),
    RangeError,
    "step is [2], expected one number",
  );
});

Deno.test("random4() is spread evenly in every number and bit, also from neighbouring counts", () => {
  const draws = Array.from({ length: 4096 }, (_, i) => random4([i, 0, 1, 0]));
  for (let k = 0; k < 4; k++) {
    for (let bit = 0; bit < 32; bit++) {
      const ones = draws.filter((draw) => draw[k] >>> bit & 1).length;
      assert(Math.abs(ones - 2048) < 5 * 32, `number ${k}, bit ${bit}: ${ones} of 4096`);
    }
  }
});
