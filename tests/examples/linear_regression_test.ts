// Linear regression: a line through noisy points, found by gradients.
import { assertAlmostEquals } from "@std/assert";
import { openDevice } from "../../kernels/mod.ts";
import { Adam, ops, Tape, Variable } from "../../nn/mod.ts";
import { Random } from "../../train/images/random.ts";

Deno.test("linear regression finds the slopes and the offset of noisy points", async () => {
  using device = await openDevice();
  using _scope = device.scope();

  // 200 points with y = 3 a − 2 b + 0.5 and a little noise.
  const random = new Random(1);
  const points = Float32Array.from({ length: 400 }, () => random.normal());
  const heights = Float32Array.from(
    { length: 200 },
    (_, i) => 3 * points[2 * i] - 2 * points[2 * i + 1] + 0.5 + 0.05 * random.normal(),
  );
  const x = device.upload([200, 2], points);
  const y = device.upload([200, 1], heights);

  const w = new Variable(device.upload([2, 1], new Float32Array(2)), { needsGradient: true });
  const b = new Variable(device.upload([1], new Float32Array(1)), { needsGradient: true });
  const adam = new Adam(device, { parameters: new Map([["w", w], ["b", b]]) });
  for (let step = 0; step < 200; step++) {
    using _step = device.scope();
    const of = ops(new Tape(device));
    const loss = of(x).matmul(w).add(b).meanSquaredError(y);
    adam.step(loss.backward(), 0.1);
  }

  const [slopes, [offset]] = await Promise.all([device.read(w.value), device.read(b.value)]);
  assertAlmostEquals(slopes[0], 3, 0.02);
  assertAlmostEquals(slopes[1], -2, 0.02);
  assertAlmostEquals(offset, 0.5, 0.02);
});
