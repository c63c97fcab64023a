import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { runForward } from "../../../kernels/operation.ts";
import { foregroundSum } from "../../../kernels/ops/foreground_sum.ts";
import { tileSum, tileSumCheck } from "../../../kernels/ops/tile_sum.ts";
import type { Shape } from "../../../kernels/gpu/shape.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, checkOperation, device, randomArray } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("tileSum() and its gradients equal the float64 reference", () => checkOperation(tileSum));

Deno.test("tileSum() lets foreground move in a tile and not out of it", async () => {
  const shape = [1, 1, 2, 4];
  const before = { shape, data: [1, 0, 0, 0, 0, 0, 0, 0] };
  const inside = { shape, data: [0, 0, 0, 0, 0, 1, 0, 0] };
  const outside = { shape, data: [0, 0, 1, 0, 0, 0, 0, 0] };
  const params = { side: 2 };
  const near = await runOperation(tileSum, [before, inside], { params });
  assertEquals([near.y[0], ...near.gradients[0]!.map(Math.abs)], new Array(9).fill(0));
  const far = await runOperation(tileSum, [before, outside], { params });
  assertEquals(far.y[0], 2 / 8);
  const [g, h] = [1 / 8, -1 / 8];
  assertEquals([...far.gradients[0]!], [g, g, h, h, g, g, h, h]);
  assertEquals([...far.gradients[1]!], [h, h, g, g, h, h, g, g]);
});

Deno.test("tileSum() counts the tiles left over at the edges by their pixels", async () => {
  const shape = [1, 1, 3, 5];
  const ones = { shape, data: new Array(15).fill(1) };
  const zeros = { shape, data: new Array(15).fill(0) };
  const { y } = await runOperation(tileSum, [ones, zeros], { params: { side: 2 } });
  assertEquals(y[0], 1);
  // Tiles of 4, 4, 2 and 2, 2, 1 pixels: only the last one differs, then only the third.
  const only = (...at: number[]) => ({
    shape,
    data: zeros.data.map((_, i) => Number(at.includes(i))),
  });
  for (const pixels of [[14], [4, 9]]) {
    const { y: [loss] } = await runOperation(tileSum, [only(...pixels), zeros], {
      params: { side: 2 },
    });
    assertAlmostEquals(loss, pixels.length / 15, 1e-7);
  }
});

Deno.test("tileSum() is foregroundSum() with one tile, and the mean difference with one pixel each", async () => {
  const random = new Random(5);
  const shape = [3, 2, 9, 14];
  const inputs = [0, 1].map(() => randomArray(shape, { random, fill: "probability" }));
  const whole = await runOperation(foregroundSum, inputs);
  for (const side of [14, 1000]) {
    const one = await runOperation(tileSum, inputs, { params: { side } });
    assertClose(one.y, whole.y, { limit: 1e-5, what: "loss" });
    assertClose(one.gradients[1]!, whole.gradients[1]!, { limit: 1e-6, what: "gradient" });
  }
  const [a, b] = [0, 1].map(() => randomArray([3, 1, 9, 14], { random, fill: "probability" }));
  const pixels = await runOperation(tileSum, [a, b], { params: { side: 1 } });
  const expected = a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / 378;
  assertClose(pixels.y, [expected], { limit: 1e-6, what: "mean difference" });
});

Deno.test("tileSum() is right for a hundred thousand tiles, and for one of a hundred thousand pixels", async () => {
  const random = new Random(6);
  const shape = [1, 1, 331, 419];
  // Other fractions of foreground, so that no sum is a difference of equal ones.
  const inputs = [0.6, 0.2].map((level) => ({
    shape,
    data: Float64Array.from({ length: 331 * 419 }, () => Math.fround(random.uniform(0, level))),
  }));
  const dy = { shape: [1], data: Float64Array.of(1) };
  for (const side of [1, 32, 5000]) {
    const { y, gradients: [da, db] } = await runOperation(tileSum, inputs, { params: { side } });
    const { forward, backward } = tileSumCheck.reference;
    assert(backward !== "none");
    const [expectedA, expectedB] = backward(inputs, dy, { side });
    assertClose(y, forward(inputs, { side }).data, { limit: 1e-5, what: `side ${side}` });
    assertClose(da!, expectedA.data, { limit: 1e-4, what: `side ${side} da` });
    assertClose(db!, expectedB.data, { limit: 1e-4, what: `side ${side} db` });
  }
});

Deno.test("tileSum() refuses other shapes and a side that is no whole number", () => {
  using _scope = device.scope();
  const run = (shapes: Shape[], side: number) => () =>
    runForward(device, tileSum, {
      inputs: shapes.map((shape) => device.empty(shape)),
      params: { side },
    });
  assertThrows(run([[1, 1, 4, 4], [1, 1, 4, 5]], 2), RangeError, "[1,1,4,5], expected the same");
  assertThrows(run([[4, 4], [4, 4]], 2), TypeError, "tileSum: x is [4,4], expected [n,c,h,w]");
  for (const side of [0, 1.5, NaN]) {
    assertThrows(run([[1, 1, 4, 4], [1, 1, 4, 4]], side), RangeError, `side is ${side}, expected`);
  }
});
