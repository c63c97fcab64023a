import { assert, assertEquals, assertThrows } from "@std/assert";
import { nullGpu, openNull } from "../../../bench/host/null_gpu.ts";
import { relu } from "../../../kernels/ops/relu.ts";

Deno.test("nullGpu() counts what a computation asks for, and answers as it was told", async () => {
  const gpu = nullGpu();
  using device = await openNull(gpu);
  using _scope = device.scope();
  const x = device.upload([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const y = relu.forward(device, [x], {});
  gpu.answers = (bytes) => bytes === 24 ? Float32Array.of(9, 8, 7, 6, 5, 4).buffer : null;
  assertEquals([...await device.read(y)], [9, 8, 7, 6, 5, 4]);
  gpu.answers = () => null;
  assertEquals([...await device.read(y)], [0, 0, 0, 0, 0, 0]);
  const { dispatches, copies, uploaded, read } = gpu.counts;
  // The uniforms of the kernel go up, too.
  assert(uploaded >= 24 && uploaded <= 24 + 256, `${uploaded}`);
  assertEquals({ dispatches, copies, read }, { dispatches: 1, copies: 2, read: 48 });
});

Deno.test("nullGpu() refuses what a driver refuses at once", async () => {
  const adapter = (await nullGpu().webgpu.requestAdapter())!;
  const gpu = await adapter.requestDevice();
  const usage = 0x0c;
  const [small, large] = [16, 64].map((size) => gpu.createBuffer({ size, usage }));
  const encoder = gpu.createCommandEncoder();
  const copy = (bytes: number) => () => encoder.copyBufferToBuffer(large, 0, small, 0, bytes);
  copy(16)();
  assertThrows(copy(20), RangeError, "not in a buffer of 16");
  assertThrows(copy(6), RangeError, "not in a buffer of 64");
  const pass = encoder.beginComputePass();
  assertThrows(copy(16), TypeError, "while a pass was open");
  assertThrows(() => pass.dispatchWorkgroups(65536), RangeError, "65536 workgroups");
  pass.end();
  assertThrows(() => pass.dispatchWorkgroups(1), TypeError, "after the end");
  large.destroy();
  assertThrows(copy(16), TypeError, "after it was destroyed");
  encoder.finish();
  assertThrows(() => encoder.finish(), TypeError, "after the end");
  assertThrows(() => gpu.queue.writeBuffer(small, 8, new Uint8Array(12)), RangeError, "of 16");
});
