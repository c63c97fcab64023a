// What goes wrong on the GPU comes back once, as an error that says what, and the device goes on.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Device, linearWorkgroups } from "../../../kernels/gpu/device.ts";
import {
  describeShaderError,
  DeviceLostError,
  OutOfMemoryError,
  ShaderError,
} from "../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../kernels/open_device.ts";

const GOOD = `struct Params { x: u32, y: u32 } @group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1)
fn main() { y[0] = f32(p.x); }
`;
const WRONG_LINE = "fn main() { y[0] = p.x; }";
const BAD = GOOD.replace("fn main() { y[0] = f32(p.x); }", WRONG_LINE);

function dispatch(device: Device, { shader, label = "test" }: { shader: string; label?: string }) {
  const y = device.empty([1]);
  device.dispatch({ label, shader, uniforms: { x: 7, y: 7 }, tensors: [y], workgroups: [1] });
  return y;
}

/** A moment in which the runtime may hand over what the driver has said. */
function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}

Deno.test("describeShaderError() puts each message over the line that it means", () => {
  const messages = [
    { lineNum: 2, linePos: 5, message: "no such name" },
    { lineNum: 99, linePos: 1, message: "past the end" },
  ];
  assertEquals(
    describeShaderError("blur", "first\n  second", messages),
    "Cannot compile shader blur: 2 message(s)\n" +
      "2:5: no such name\n      second\n99:1: past the end\n    ",
  );
});

Deno.test("a shader that does not compile is a ShaderError with its name and line", async () => {
  using device = await openDevice();
  const y = dispatch(device, { shader: BAD, label: "wrong types" });
  const error = await assertRejects(() => device.read(y), ShaderError, "");
  assert(error instanceof ShaderError);
  assertEquals(error.name, "ShaderError");
  assert(error.message.startsWith("Cannot compile shader wrong types: "), error.message);
  assert(error.message.includes("\n4:"), error.message);
  assert(error.message.includes(WRONG_LINE), error.message);
});

Deno.test("a ShaderError is thrown once, then by each dispatch of that shader; all else goes on", async () => {
  using device = await openDevice();
  const before = dispatch(device, { shader: GOOD });
  const bad = dispatch(device, { shader: BAD });
  dispatch(device, { shader: BAD });
  const after = dispatch(device, { shader: GOOD.replace("f32(p.x)", "f32(p.x + 1u)") });
  await assertRejects(() => device.finish(), ShaderError, WRONG_LINE);
  await device.finish();
  assertThrows(() => dispatch(device, { shader: BAD }), ShaderError, WRONG_LINE);
  const read = await Promise.all([before, after, bad].map((tensor) => device.read(tensor)));
  assertEquals(read.slice(0, 2), [Float32Array.of(7), Float32Array.of(8)]);
  assertEquals(await device.read(dispatch(device, { shader: GOOD })), Float32Array.of(7));
});

Deno.test("of two broken shaders the first is told", async () => {
  using device = await openDevice();
  dispatch(device, { shader: BAD, label: "first" });
  dispatch(device, { shader: BAD.replace("p.x", "p.y"), label: "second" });
  await assertRejects(() => device.finish(), ShaderError, "Cannot compile shader first");
});

Deno.test("a shader without an entry point main is a ShaderError", async () => {
  using device = await openDevice();
  dispatch(device, { shader: GOOD.replace("fn main", "fn other") });
  await assertRejects(() => device.finish(), ShaderError, "Cannot compile shader test");
});

Deno.test("an error that nobody foresaw comes once, at read() or finish(), with the labels of its batch", async () => {
  for (const ask of ["read", "finish"] as const) {
    using device = await openDevice();
    const y = dispatch(device, { shader: GOOD });
    await device.finish();
    // Its buffer is gone behind the back of the device, so that the driver refuses the batch.
    const lost = device.empty([1000]);
    lost.buffer.destroy();
    dispatch(device, { shader: GOOD, label: "innocent" });
    const uniforms = { x: 1, y: 1 };
    device.dispatch({ label: "guilty", shader: GOOD, uniforms, tensors: [lost], workgroups: [1] });
    await assertRejects(
      () => ask === "read" ? device.read(y) : device.finish(),
      Error,
      "Cannot run 2 dispatches on the GPU, all of which were left out (innocent, guilty): ",
    );
    assertEquals(await device.read(dispatch(device, { shader: GOOD })), Float32Array.of(7));
  }
});

Deno.test("an error of the raw device that nobody catches comes once", async () => {
  using device = await openDevice();
  device.gpu.createBindGroup({
    layout: device.gpu.createBindGroupLayout({ entries: [] }),
    entries: [
      { binding: 7, resource: { buffer: device.empty([1]).buffer } },
    ],
  });
  await assertRejects(() => device.finish(), Error, "Cannot run on the GPU: ");
  await device.finish();
});

Deno.test("error scopes of a program's own hear what it does itself, whatever is dispatched meanwhile", async () => {
  using device = await openDevice();
  device.gpu.pushErrorScope("validation");
  const y = dispatch(device, { shader: GOOD });
  const { buffer } = device.empty([1]);
  const layout = device.gpu.createBindGroupLayout({ entries: [] });
  device.gpu.createBindGroup({ layout, entries: [{ binding: 7, resource: { buffer } }] });
  dispatch(device, { shader: GOOD });
  assert(await device.gpu.popErrorScope(), "the program's scope has heard nothing");
  assertEquals(await device.read(y), Float32Array.of(7));
});

Deno.test("Device.copy() past the end of a tensor is refused, though its buffer has room", async () => {
  using device = await openDevice();
  const [from, to] = [device.upload([4], Float32Array.of(1, 2, 3, 4)), device.empty([2, 3])];
  const refused = (copy: { fromOffset?: number; toOffset?: number; count: number }) =>
    assertThrows(() => device.copy({ from, to, ...copy }), RangeError, "they are not all inside");
  for (const count of [5, -1, 0.5, NaN]) refused({ count });
  refused({ toOffset: 3, count: 4 });
  refused({ fromOffset: -1, count: 1 });
  assertThrows(
    () => device.copy({ from, fromOffset: 2, to, toOffset: 1, count: 3 }),
    RangeError,
    "Cannot copy 3 elements from 2 of [4] to 1 of [2,3]",
  );
  assertThrows(
    () => device.copy({ from, to: from, toOffset: 2, count: 2 }),
    TypeError,
    "Cannot copy within a tensor",
  );
  assertEquals(await device.read(from), Float32Array.of(1, 2, 3, 4));
});

Deno.test("a tensor of another device is refused at once, whatever is asked", async () => {
  using device = await openDevice();
  using other = await openDevice();
  const [own, foreign] = [device.empty([1]), other.upload([1], Float32Array.of(5))];
  const message = "a tensor of shape [1] belongs to another device";
  const uniforms = { x: 1, y: 1 };
  assertThrows(
    () =>
      device.dispatch({ label: "k", shader: GOOD, uniforms, tensors: [foreign], workgroups: [1] }),
    TypeError,
    `Cannot dispatch k: ${message}`,
  );
  assertThrows(() => device.copy({ from: foreign, to: own, count: 1 }), TypeError, message);
  assertThrows(() => device.copy({ from: own, to: foreign, count: 1 }), TypeError, message);
  assertThrows(() => device.clear(foreign), TypeError, message);
  assertThrows(() => device.write(foreign, Float32Array.of(1)), TypeError, message);
  assertThrows(() => device.free(foreign), TypeError, message);
  await assertRejects(() => device.read(foreign), TypeError, message);
  assertEquals(await other.read(foreign), Float32Array.of(5));
  await device.finish();
});

Deno.test("a driver that has no memory after all is an OutOfMemoryError, once, and its buffer is not used again", async () => {
  using device = await openDevice();
  const { gpu } = device;
  const popErrorScope = gpu.popErrorScope.bind(gpu);
  const failing = async () => {
    await popErrorScope();
    gpu.popErrorScope = popErrorScope;
    return refused;
  };
  const refused = { message: "not enough memory left" } as GPUError;
  gpu.popErrorScope = failing;
  const large = device.empty([5000]);
  const buffer = large.buffer;
  const { cause } = await assertRejects(
    () => device.read(large),
    OutOfMemoryError,
    "Cannot allocate 0.0 MiB on the GPU: its driver has no more (not enough memory left); lower",
  );
  assert(cause === refused);
  const { allocated } = device.memory;
  device.free(large);
  assertEquals(device.memory.allocated, allocated - 20_224);
  assert(device.empty([5000]).buffer !== buffer, "the buffer was used again");
  await device.finish();
});

Deno.test("a lost device is a DeviceLostError, at once and ever after", async () => {
  using device = await openDevice();
  const y = dispatch(device, { shader: GOOD });
  device.gpu.destroy();
  await moment();
  await assertRejects(() => device.read(y), DeviceLostError, "Cannot go on: the GPU was lost");
  await assertRejects(() => device.finish(), DeviceLostError, "Cannot go on: the GPU was lost");
});

Deno.test("a device closed while a shader compiles leaves no rejection behind", async () => {
  const device = await openDevice();
  dispatch(device, { shader: BAD });
  device[Symbol.dispose]();
  await moment();
  await assertRejects(() => device.finish(), DeviceLostError, "has been closed");
});

Deno.test("Device.dispatch() refuses more than 65535 workgroups along an axis", async () => {
  using device = await openDevice();
  const y = device.empty([1]);
  for (const workgroups of [[65536], [1, 65536], [1, 1, 65536]] as [number, number?, number?][]) {
    assertThrows(
      () =>
        device.dispatch({
          label: "wide",
          shader: GOOD,
          uniforms: { x: 1, y: 1 },
          tensors: [y],
          workgroups,
        }),
      RangeError,
      `Cannot dispatch wide: ${workgroups[0]}×${workgroups[1] ?? 1}×${workgroups[2] ?? 1} ` +
        "workgroups, at most 65535 a side",
    );
  }
});

Deno.test("Device.dispatch() refuses numbers of workgroups that are none", async () => {
  using device = await openDevice();
  const tensors = [device.empty([1])];
  const uniforms = { x: 1, y: 1 };
  for (const x of [NaN, -1, 0.5, Infinity]) {
    assertThrows(
      () => device.dispatch({ label: "odd", shader: GOOD, uniforms, tensors, workgroups: [x] }),
      RangeError,
      `Cannot dispatch odd: ${x}×1×1 workgroups, expected whole numbers`,
    );
  }
  device.dispatch({ label: "none", shader: GOOD, uniforms, tensors, workgroups: [0] });
  await device.finish();
});

Deno.test("linearWorkgroups() covers every count, folded below the limit, with little to spare", () => {
  for (const count of [0, 1, 63, 64, 65, 65535 * 64, 65535 * 64 + 1, 20_000_019, 2 ** 32 - 1]) {
    const [x, y] = linearWorkgroups(count, 64);
    assert(x <= 65535 && y <= 65535 && y >= 1, `${count}: ${x}×${y}`);
    assert(x * y * 64 >= count, `${count}: ${x}×${y}`);
    assert((x * y - Math.ceil(count / 64)) < y, `${count}: ${x}×${y} wastes a row`);
  }
});
