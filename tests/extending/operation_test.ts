// An operation of this file alone: held against its reference, and used by a loss that trains.
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { CheckedOperation } from "../../kernels/checks.ts";
import { elementwise, meanSquaredError } from "../../kernels/mod.ts";
import { type LossKind, lossNamed, Tape, Variable } from "../../nn/mod.ts";
import { defaultKinds } from "../../train/mod.ts";
import { checkOperation, device } from "../kernels/fixtures/check_operation.ts";
import { changeOf, trainAndPredict } from "../train/fixtures/whole_way.ts";

/** y = ln(1 + eᵏˣ) / k, a ReLU without a corner. */
const softplus: CheckedOperation<{ k: number }> = {
  name: "softplus",
  inputs: ["x"],
  shape: ([x]) => x,
  forward: (device, [x], { k }) =>
    elementwise(device, {
      label: "softplus",
      inputs: [x],
      expression: "max(a, vec4f(0.0)) + log(1.0 + exp(-p.k * abs(a))) / p.k",
      floats: { k },
    }),
  backward: (device, { inputs: [x], dy }, { k }) => [
    elementwise(device, {
      label: "softplus dx",
      inputs: [dy, x],
      expression: "a / (1.0 + exp(-p.k * b))",
      floats: { k },
    }),
  ],
  reference: {
    forward: ([x], { k }) => ({ ...x, data: x.data.map((v) => Math.log1p(Math.exp(k * v)) / k) }),
    backward: ([x], dy, { k }) => [
      { shape: x.shape, data: dy.data.map((g, i) => g / (1 + Math.exp(-k * x.data[i]))) },
    ],
  },
  samples: [1, 3].map((k) => ({ shapes: [[2, 3, 5, 7]], params: { k } })),
};
/** Mean squared difference of the first map, made soft, and the second. */
const soft: LossKind = {
  ...{ name: "soft", when: "never", settings: {} },
  compute: (tape, [a, b]) =>
    tape.apply(meanSquaredError, [tape.apply(softplus, [a], { k: 2 }), b], {}),
};
const kinds = { ...defaultKinds, losses: [...defaultKinds.losses, soft] };

Deno.test("an operation equals its reference, gives its gradient to a tape, and trains", async () => {
  await checkOperation(softplus);
  using _scope = device.scope();
  const tape = new Tape(device);
  const x = new Variable(device.upload([1], Float32Array.of(0)), { needsGradient: true });
  const zero = new Variable(device.upload([1], Float32Array.of(0)));
  const loss = lossNamed("soft", { kinds: kinds.losses })(tape, x, zero);
  // y = ln 2 / 2 and dy/dx = 1/2 at 0, so that y² changes by 2 y / 2.
  const gradient = await device.read(tape.backward(loss).get(x)!);
  assertAlmostEquals(gradient[0], Math.LN2 / 2, 1e-6);
  const change = { segmentationLoss: "soft", warmup: 40 };
  const { losses: { segmentation }, predicted } = await trainAndPredict({ change, kinds });
  assertLess(changeOf(segmentation), 0);
  assertEquals(predicted, 5);
});
