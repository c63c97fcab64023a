import { assertThrows } from "@std/assert";
import { batchNorm, channelMoments, trackMoments } from "../../../kernels/ops/batch_norm.ts";
import { assertClose, checkOperation, device } from "../fixtures/check_operation.ts";
import { runOperation } from "../fixtures/run_operation.ts";

Deno.test("batchNorm() and its gradients equal the float64 reference", () =>
  checkOperation(batchNorm));

Deno.test("batchNorm() is exact far from 0, where a mean of squares would cancel", async () => {
  const data = Float32Array.from({ length: 4096 }, (_, i) => 10_000 + i % 2);
  const inputs = [
    { shape: [1, 1, 64, 64], data },
    ...[2, 3].map((v) => ({ shape: [1], data: [v] })),
  ];
  const { y } = await runOperation(batchNorm, inputs, { params: { epsilon: 1e-9 } });
  assertClose(y, data.map((_, i) => i % 2 === 0 ? 1 : 5), { limit: 1e-4, what: "y" });
});

Deno.test("trackMoments() moves towards the batch's mean and its unbiased variance", async () => {
  using _scope = device.scope();
  // Channel 0 holds 1 and 3 in both images, channel 1 always 4.
  const x = device.upload([2, 2, 1, 2], Float32Array.of(1, 3, 4, 4, 1, 3, 4, 4));
  const { mean, variance } = channelMoments(device, x);
  assertClose(await device.read(mean), [2, 4], { limit: 1e-6, what: "mean" });
  assertClose(await device.read(variance), [1, 0], { limit: 1e-6, what: "variance" });
  const running = {
    mean: device.upload([2], Float32Array.of(0, 0)),
    variance: device.upload([2], Float32Array.of(1, 1)),
  };
  trackMoments(device, running, { x, share: 0.1 });
  assertClose(await device.read(running.mean), [0.2, 0.4], { limit: 1e-6, what: "running mean" });
  assertClose(await device.read(running.variance), [0.9 + 0.1 * 4 / 3, 0.9], {
    limit: 1e-6,
    what: "running variance",
  });
});

Deno.test("batchNorm() is right on channels of more than a million pixels", async () => {
  const [h, w] = [1031, 1042];
  const data = Float32Array.from({ length: h * w }, (_, i) => i % 3);
  const inputs = [{ shape: [1, 1, h, w], data }, ...[1, 0].map((v) => ({ shape: [1], data: [v] }))];
  const { y, gradients: [, dw, db] } = await runOperation(batchNorm, inputs, {
    params: { epsilon: 1e-5 },
    dy: data,
  });
  const [mean, variance] = [1, 2 / 3];
  const expected = data.slice(-6).map((value) => (value - mean) / Math.sqrt(variance));
  assertClose(y.slice(-6), expected, { limit: 1e-4, what: "y" });
  assertClose(db!, [h * w], { limit: 1e-4, what: "db" });
  assertClose(dw!, [h * w * Math.sqrt(variance)], { limit: 1e-4, what: "dw" });
});

Deno.test("batchNorm() refuses what does not fit, naming the shapes", () => {
  const x = [2, 3, 4, 4];
  const refuse = (w: number[], b: number[], epsilon: number, says: string) =>
    assertThrows(() => batchNorm.shape([x, w, b], { epsilon }), RangeError, says);
  refuse([3], [3], 0, "Cannot run batchNorm: x is [2,3,4,4], epsilon is 0, expected > 0");
  refuse([2], [3], 1e-5, "w is [2], expected [3]");
  refuse([3], [3, 1], 1e-5, "b is [3,1], expected [3]");
});
