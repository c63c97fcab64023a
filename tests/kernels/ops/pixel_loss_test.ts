// Losses that leave unknown pixels out: each equals the loss that it was made from, of the known ones.
import { assert, assertEquals } from "@std/assert";
import type { Params } from "../../../kernels/operation.ts";
import type { AnyOperation } from "../../../kernels/operations.ts";
import {
  binaryCrossEntropy,
  maskedBinaryCrossEntropy,
} from "../../../kernels/ops/binary_cross_entropy.ts";
import { dice, maskedDice } from "../../../kernels/ops/dice.ts";
import { generalisedDice, maskedGeneralisedDice } from "../../../kernels/ops/generalised_dice.ts";
import {
  maskedMeanSquaredError,
  meanSquaredError,
} from "../../../kernels/ops/mean_squared_error.ts";
import { maskedSquaredDice, squaredDice } from "../../../kernels/ops/squared_dice.ts";
import { assertClose, checkOperation } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

const LOSSES: readonly (readonly [masked: AnyOperation, of: AnyOperation, params: Params])[] = [
  [maskedDice, dice, { smooth: 1 }],
  [maskedSquaredDice, squaredDice, { smooth: 1 }],
  [maskedGeneralisedDice, generalisedDice, { epsilon: 1e-6, shares: true }],
  [maskedBinaryCrossEntropy, binaryCrossEntropy, {}],
  [maskedMeanSquaredError, meanSquaredError, {}],
];

for (const [masked, plain, params] of LOSSES) {
  Deno.test(`${masked.name}() and its gradients equal the float64 reference`, () =>
    checkOperation(masked));

  Deno.test(`${masked.name}() is ${plain.name}() with the unknown pixels cut out`, async () => {
    const p = [0.9, 0.2, 0.5, 0.7, 0.1, 0.4, 0.8];
    const t = [1, -1, 0.25, -1, 0, -1, 1];
    const known = t.flatMap((value, i) => value < 0 ? [] : [i]);
    const of = (data: number[]) => ({ shape: [1, 1, 1, data.length], data });
    const some = await runOperation(masked, [of(p), of(t)], { params });
    const cut = [p, t].map((values) => of(known.map((i) => values[i])));
    const { y, gradients: [expected] } = await runOperation(plain, cut, { params });
    assert(y[0] > 0.01, `${y}`);
    assertClose(some.y, y, { limit: 1e-6, what: "loss" });
    const [dp, dt] = some.gradients;
    assertEquals(dt, null, "the target is a constant");
    const gradient = new Float32Array(p.length);
    known.forEach((at, i) => gradient[at] = expected![i]);
    assertClose(dp!, gradient, { limit: 1e-6, what: "gradient" });
    assertEquals([dp![1], dp![3], dp![5]], [0, 0, 0]);
  });

  Deno.test(`${masked.name}() of nothing known is 0, with no gradient`, async () => {
    const shape = [1, 1, 2, 2];
    const { y, gradients: [dp] } = await runOperation(masked, [
      { shape, data: [0, 0.3, 0.6, 1] },
      { shape, data: [-1, -1, -1, -1] },
    ], { params });
    assertEquals([...y, ...dp!], [0, 0, 0, 0, 0]);
  });
}
