import { assertAlmostEquals, assertEquals } from "@std/assert";
import { checked } from "../../../kernels/checks.ts";
import type { Params } from "../../../kernels/operation.ts";
import type { AnyOperation } from "../../../kernels/operations.ts";
import {
  exp,
  gelu,
  leakyRelu,
  log,
  neg,
  sqrt,
  square,
  tanh,
} from "../../../kernels/ops/pointwise.ts";
import { checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

const OPERATIONS = [neg, exp, log, sqrt, square, tanh, leakyRelu, gelu];

async function at(operation: AnyOperation, data: number[], params?: Params) {
  const { y, gradients: [dx] } = await runOperation(operation, [{ shape: [data.length], data }], {
    params: params ?? checked(operation).samples[0].params,
  });
  return { y: [...y], dx: [...dx!] };
}

for (const operation of OPERATIONS) {
  Deno.test(`${operation.name}() and its gradient equal the float64 reference`, () =>
    checkOperation(operation));

  Deno.test(`${operation.name}() hands NaN on, beside numbers that it leaves alone`, async () => {
    const { y, dx } = await at(operation, [1, NaN, 2]);
    assertEquals(y.map(Number.isNaN), [false, true, false]);
    // Where the slope does not depend on x, neither does the gradient.
    const hasSlope = operation !== neg && operation !== leakyRelu;
    assertEquals(dx.map(Number.isNaN), [false, hasSlope, false]);
  });
}

Deno.test("exp(), log() and sqrt() are exact at their edges", async () => {
  assertEquals(await at(exp, [0, -Infinity, 200]), { y: [1, 0, Infinity], dx: [1, 0, Infinity] });
  assertEquals(await at(log, [1, 0, Infinity]), {
    y: [0, -Infinity, Infinity],
    dx: [1, Infinity, 0],
  });
  assertEquals(await at(sqrt, [4, 0]), { y: [2, 0], dx: [0.25, Infinity] });
  assertEquals((await at(log, [-1])).y, [NaN]);
});

Deno.test("tanh() keeps its digits near 0 and is 1 far from it", async () => {
  const { y, dx } = await at(tanh, [100, -100, 1e30, 0]);
  assertEquals(y, [1, -1, 1, 0]);
  assertEquals(dx, [0, 0, 0, 1]);
  for (const x of [1e-6, 1e-3, 0.1, -0.29, 0.31, -0.5, 1, 5]) {
    const f = Math.fround(x);
    const { y: [value] } = await at(tanh, [f]);
    assertAlmostEquals(value / Math.tanh(f), 1, 1e-6);
  }
});

Deno.test("leakyRelu() has its slope below 0, and at 0", async () => {
  const { y, dx } = await at(leakyRelu, [-2, 0, 3], { slope: 0.25 });
  assertEquals([y, dx], [[-0.5, 0, 3], [0.25, 0.25, 1]]);
});

Deno.test("gelu() is 0 far below 0, x far above, and half of x near 0", async () => {
  const { y, dx } = await at(gelu, [-20, 0, 20, 1e-4]);
  assertEquals([y[0] + 0, y[1], y[2]], [0, 0, 20]);
  assertEquals([dx[0] + 0, dx[2]], [0, 1]);
  assertAlmostEquals(dx[1], 0.5, 1e-6);
  assertAlmostEquals(y[3], 0.5e-4, 1e-8);
  // Tables of the normal distribution: Φ(1) = 0.8413447, Φ(−1) = 0.1586553.
  const { y: [above, below] } = await at(gelu, [1, -1]);
  assertAlmostEquals(above, 0.8413447, 1e-6);
  assertAlmostEquals(below, -0.1586553, 1e-6);
});
