// A gradient check: every weight of a small network against finite differences.
import { assert } from "@std/assert";
import { openDevice } from "../../kernels/mod.ts";
import { checkGradients, ops } from "../../nn/mod.ts";
import { Random } from "../../train/images/random.ts";

Deno.test("the gradients to image and weights of a small network equal finite differences", async () => {
  using device = await openDevice();
  const random = new Random(2);
  const normal = (...shape: number[]) => {
    const length = shape.reduce((a, b) => a * b);
    return { shape, data: Float32Array.from({ length }, () => random.normal()) };
  };

  const errors = await checkGradients(
    device,
    (tape, { x, kernel, bias, w }) =>
      ops(tape)(x).conv2d(kernel, bias, { relu: false }).tanh().mean({ axes: [2, 3] }).matmul(w)
        .square().variable,
    {
      inputs: {
        x: normal(2, 1, 6, 5),
        kernel: normal(3, 1, 3, 3),
        bias: normal(3),
        w: normal(3, 2),
      },
      elements: 3,
    },
  );

  assert(Math.max(...Object.values(errors)) < 1e-3);
});
