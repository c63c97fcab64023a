// What goes wrong on the GPU comes back as an error that says what, at the next read or finish.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Device, linearWorkgroups } from "../../../kernels/gpu/device.ts";
import { describeShaderError, DeviceLostError, ShaderError } from "../../../kernels/gpu/errors.ts";
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

Deno.test("a ShaderError comes at finish() too, and at whatever is asked afterwards", async () => {
  using device = await openDevice();
  dispatch(device, { shader: BAD });
  await assertRejects(() => device.finish(), ShaderError, WRONG_LINE);
  await assertRejects(() => device.finish(), ShaderError, WRONG_LINE);
  assertThrows(() => dispatch(device, { shader: GOOD }), ShaderError, WRONG_LINE);
  assertThrows(() => device.upload([1], Float32Array.of(1)), ShaderError, WRONG_LINE);
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

Deno.test("a validation error that nobody caught surfaces at read() and finish()", async () => {
  for (const ask of ["read", "finish"] as const) {
    using device = await openDevice();
    const tensors = [device.empty([1]), device.empty([1])];
    device.dispatch({
      label: "two for one",
      shader: GOOD,
      uniforms: { x: 1, y: 1 },
      tensors,
      workgroups: [1],
    });
    await assertRejects(
      () => ask === "read" ? device.read(tensors[0]) : device.finish(),
      Error,
      "Cannot run on the GPU: ",
    );
  }
});

Deno.test("a copy past the end of a buffer surfaces", async () => {
  using device = await openDevice();
  const [from, to] = [device.empty([4]), device.empty([4])];
  device.copy({ from, to, toOffset: 1000, count: 4 });
  await assertRejects(() => device.finish(), Error, "Cannot run on the GPU: ");
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

Deno.test("linearWorkgroups() covers every count, folded below the limit, with little to spare", () => {
  for (const count of [0, 1, 63, 64, 65, 65535 * 64, 65535 * 64 + 1, 20_000_019, 2 ** 32 - 1]) {
    const [x, y] = linearWorkgroups(count, 64);
    assert(x <= 65535 && y <= 65535 && y >= 1, `${count}: ${x}×${y}`);
    assert(x * y * 64 >= count, `${count}: ${x}×${y}`);
    assert((x * y - Math.ceil(count / 64)) < y, `${count}: ${x}×${y} wastes a row`);
  }
});
