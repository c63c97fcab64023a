// Textures count as memory: in what is planned, in what is held, and against the limit.
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { Tensor } from "../../../../kernels/gpu/tensor.ts";

const ROW = 16 * 1024;

/** Copies x into y, of the same size, by way of a texture. */
function throughTexture(device: Device, x: Tensor<"f32">, y: Tensor<"f32">): void {
  device.dispatch({
    label: "through a texture",
    shader: /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var x: texture_storage_2d<rgba32float, read>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < p.count) { y[id.x] = textureLoad(x, vec2u(id.x % 1024u, id.x / 1024u)); }
}`,
    uniforms: { count: x.size / 4 },
    tensors: [y],
    textures: [x],
    workgroups: [Math.ceil(x.size / 256)],
  });
}

Deno.test("Device.memory and plan() count textures, which serve every dispatch in turn", async () => {
  using device = await openDevice();
  const sizes = [4096, 3 * 4096, 2 * 4096];
  const xs = sizes.map((size) => device.upload([size], new Float32Array(size).map((_, i) => i)));
  const ys = sizes.map((size) => device.empty([size]));
  const run = () => xs.forEach((x, i) => throughTexture(device, x, ys[i]));
  throughTexture(device, xs[0], ys[0]);
  const before = device.memory;
  const planned = device.plan(run);
  assertEquals(device.memory, before, "planning allocated something");
  // The self-test may have left a texture of a row or more.
  assert(
    planned.peak > 0 && planned.peak <= 2 * ROW && planned.peak % ROW === 0,
    `${planned.peak}`,
  );
  run();
  assertEquals(device.memory.allocated - before.allocated, planned.peak);
  assertEquals(device.memory.inUse - before.inUse, planned.peak);
  assertEquals(device.plan(run).peak, 0);
  for (const [i, x] of xs.entries()) assertEquals(await device.read(ys[i]), await device.read(x));
});

Deno.test("Arena.plan() counts textures, and a recording finds them grown", async () => {
  using device = await openDevice();
  const size = 8 * 4096;
  const x = device.upload([size], new Float32Array(size).map((_, i) => i));
  const y = device.empty([size]);
  using arena = device.arena();
  const step = () => {
    const between = device.empty([size]);
    throughTexture(device, x, between);
    throughTexture(device, between, y);
  };
  const before = device.memory.inUse;
  const planned = arena.plan([step]);
  arena.reserve([step]);
  assertEquals(device.memory.inUse - before, planned);
  assert(planned > size * 4 + 6 * ROW && arena.bytes === size * 4);
  using recording = device.capture(step, { arena });
  assertEquals(device.memory.inUse - before, planned);
  recording.replay();
  assertEquals(await device.read(y), await device.read(x));
});

Deno.test("textures are part of the memory limit", async () => {
  using device = await openDevice({ memoryLimit: 1024 ** 2 });
  const x = device.empty([128 * 1024]);
  const run = () => {
    throughTexture(device, x, x);
    device.empty([1024]);
  };
  assertThrows(() => device.plan(run), OutOfMemoryError, "the memory limit is 1 MiB");
  device.plan(() => void device.empty([1024]));
  const y = device.empty([1024]);
  throughTexture(device, x, y);
  assertThrows(() => device.empty([1024]), OutOfMemoryError, "the memory limit is 1 MiB");
});
