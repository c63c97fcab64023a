import { assert, assertEquals, assertThrows } from "@std/assert";
import { runForward } from "../../../kernels/operation.ts";
import {
  starDistanceLoss,
  type StarDistanceLossParams,
} from "../../../kernels/ops/star_distance_loss.ts";
import type { Shape } from "../../../kernels/gpu/shape.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

/** The loss of one row of pixels with three rays each. */
async function loss(
  { d, t, mask }: { d: number[]; t: number[]; mask: number[] },
  { error = "mae", background = 0, unknown = "background" }: Partial<StarDistanceLossParams> = {},
) {
  const shape = [1, 3, 1, mask.length];
  const { y, gradients } = await runOperation(
    starDistanceLoss,
    [{ shape, data: d }, { shape, data: t }, { shape: [1, 1, 1, mask.length], data: mask }],
    { params: { error, background, unknown } },
  );
  assertEquals(gradients.slice(1), [null, null], "targets are constants");
  return { y: y[0], dd: gradients[0]! };
}

Deno.test("starDistanceLoss() and its gradient equal the float64 reference", () =>
  checkOperation(starDistanceLoss));

Deno.test("starDistanceLoss() is the mean error of the rays for one object pixel", async () => {
  const row = { d: [1, 2, 6], t: [2, 2, 4], mask: [1] };
  const errors = {
    mae: (1 + 0 + 2) / 3,
    mse: (1 + 0 + 4) / 3,
    iou: 1 - (1 + 4 + 16) / (4 + 4 + 36),
  };
  for (const error of ["mae", "mse", "iou"] as const) {
    assertClose([(await loss(row, { error })).y], [errors[error]], { limit: 1e-6, what: error });
  }
  const { dd } = await loss(row);
  assertClose(dd, [-1 / 3, 0, 1 / 3], { limit: 1e-6, what: "gradient" });
});

Deno.test("starDistanceLoss() weighs pixels by their mask", async () => {
  // Per ray two pixels: errors of 1 and 3 with weights 1 and 0.25.
  const row = { d: [1, 3, 1, 3, 1, 3], t: [0, 0, 0, 0, 0, 0], mask: [1, 0.25] };
  const { y } = await loss(row);
  assertClose([y], [(1 + 0.75) / 1.25], { limit: 1e-5, what: "loss" });
});

Deno.test("starDistanceLoss() pulls distances to 0 outside of objects, and where unknown", async () => {
  for (const outside of [0, -1]) {
    const row = { d: [4, -2, 1], t: [9, 9, 9], mask: [outside] };
    const { y, dd } = await loss(row, { background: 0.5 });
    assertClose([y], [0.5 * (4 + 2 + 1) / 3], { limit: 1e-6, what: `mask ${outside}` });
    assertClose(dd, [0.5 / 3, -0.5 / 3, 0.5 / 3], { limit: 1e-6, what: "gradient" });
  }
});

Deno.test("starDistanceLoss() with unknown pixels left out is that of the others alone", async () => {
  const [d, t] = [[1, 9, 3, 5, 2, 9, 4, 1, 6, 9, 1, 2], [2, 7, 3, 0, 2, 7, 5, 0, 4, 7, 1, 0]];
  const row = { d, t, mask: [0.5, -1, 1, 0] };
  const known = <T>(values: readonly T[]) => values.filter((_, i) => i % 4 !== 1);
  const cut = { d: known(d), t: known(t), mask: known(row.mask) };
  for (const error of ["mae", "mse", "iou"] as const) {
    const options = { error, background: 0.3 };
    const [some, others] = [
      await loss(row, { ...options, unknown: "left out" }),
      await loss(cut, options),
    ];
    assertClose([some.y], [others.y], { limit: 1e-6, what: error });
    assertClose(known([...some.dd]), others.dd, { limit: 1e-6, what: `gradient of ${error}` });
    assertEquals([1, 5, 9].map((at) => some.dd[at]), [0, 0, 0]);
  }
});

Deno.test("starDistanceLoss() of nothing known is 0, with no gradient", async () => {
  const row = { d: [4, -2, 1], t: [9, 9, 9], mask: [-1] };
  const { y, dd } = await loss(row, { background: 0.5, unknown: "left out" });
  assertEquals([y, ...dd], [0, 0, 0, 0]);
});

Deno.test("starDistanceLoss() by overlap pushes a negative distance up", async () => {
  const { dd } = await loss({ d: [-1, 2, 2], t: [2, 2, 2], mask: [1] }, { error: "iou" });
  assert(dd[0] < 0, `${dd}`);
});

Deno.test("starDistanceLoss() refuses targets and masks of other shapes", () => {
  using _scope = device.scope();
  const run = (...shapes: Shape[]) => () =>
    runForward(device, starDistanceLoss, {
      inputs: shapes.map((shape) => device.empty(shape)),
      params: { error: "mae" as const, background: 0, unknown: "background" as const },
    });
  assertThrows(run([1, 3, 4, 4], [1, 4, 4, 4], [1, 1, 4, 4]), RangeError, "[1,4,4,4]");
  assertThrows(run([1, 3, 4, 4], [1, 3, 4, 4], [1, 3, 4, 4]), RangeError, "[1,1,4,4]");
  assertThrows(run([3, 4, 4], [3, 4, 4], [1, 4, 4]), TypeError, "starDistanceLoss: x is [3,4,4]");
});
