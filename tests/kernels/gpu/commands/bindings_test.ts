// A dispatch gives what its shader binds, or is refused before the driver sees it.
import { assertEquals, assertThrows } from "@std/assert";
import { bindingsOf } from "../../../../kernels/gpu/commands/bindings.ts";
import type { Tensor } from "../../../../kernels/gpu/tensor.ts";
import { device } from "../../fixtures/check_operation.ts";

const P = "struct Params { x: f32 }\n@group(0) @binding(0) var<uniform> p: Params;";
const Y = "@group(0) @binding(1) var<storage, read_write> y: array<f32>;";
const A = "@group(0) @binding(2) var<storage, read> a: array<f32>;";
const T = "@group(0) @binding(2) var t: texture_storage_2d<rgba32float, read>;";

function main(declarations: string, body = "y[0] = 3.0;"): string {
  return `${declarations}\n@compute @workgroup_size(1) fn main() { ${body} }`;
}

function run(
  shader: string,
  { tensors, textures, uniforms = {} }: {
    tensors: Tensor[];
    textures?: Tensor[];
    uniforms?: Record<string, number>;
  },
): void {
  device.dispatch({ label: "k", shader, uniforms, tensors, textures, workgroups: [1] });
}

Deno.test("bindingsOf() reads numbers, names and kinds, in any order and layout", () => {
  const shader = main(`
@group(0) @binding(2) var t: texture_storage_2d<rgba32float, read>;
// @group(0) @binding(9) var<storage> commented: array<f32>;
@binding(1u) @group(0)
var<storage,read_write> y : array<vec4f>;
${P}
@group(0) @binding(3) var<storage> a: array<f32>;`);
  assertEquals(bindingsOf({ label: "k", shader }).map(({ at, name, kind }) => [at, name, kind]), [
    [0, "p", "uniform"],
    [1, "y", "write"],
    [2, "t", "texture"],
    [3, "a", "read"],
  ]);
});

Deno.test("bindingsOf() refuses what no tensor can be bound to", () => {
  const refused = (declarations: string, message: string) =>
    assertThrows(
      () => bindingsOf({ label: "k", shader: main(declarations) }),
      TypeError,
      `Cannot dispatch k: ${message}`,
    );
  refused("@group(0) @binding(1) var s: sampler;", "its binding 1, s, is sampler; give storage");
  refused("@group(0) @binding(1) var t: texture_2d<f32>;", "its binding 1, t, is texture_2d<f32>");
  refused("@group(0) @binding(0) var<uniform> p: vec4f;", "its binding 0, p, is vec4f");
  refused("@group(0) @binding(0) var<storage> a: array<f32>;", "its binding 0 is a; binding 0 is");
  refused(`${P} ${A}`, "its bindings are 0, 2; count from 1 without gaps");
});

Deno.test("Device.dispatch() runs a shader without uniforms, and one with bindings that it does not use", async () => {
  using _scope = device.scope();
  const [y, a] = [device.empty([1]), device.empty([1])];
  run(main(Y), { tensors: [y] });
  assertEquals(await device.read(y), Float32Array.of(3));
  run(main(P + Y + A, "y[0] = 4.0;"), { tensors: [y, a], uniforms: { x: 1 } });
  assertEquals(await device.read(y), Float32Array.of(4));
  run(main(Y + T, "y[0] = 5.0;"), { tensors: [y], textures: [a] });
  assertEquals(await device.read(y), Float32Array.of(5));
  // Nothing to say and nothing to bind.
  run(main("", ""), { tensors: [] });
  await device.finish();
});

Deno.test("Device.dispatch() refuses more, fewer and other tensors than the shader binds", async () => {
  using _scope = device.scope();
  const [y, a] = [device.empty([1]), device.empty([1])];
  const refused = (shader: string, given: { tensors: Tensor[]; textures?: Tensor[] }) =>
    assertThrows(() => run(shader, given), TypeError, "Cannot dispatch k: ");
  refused(main(Y), { tensors: [] });
  refused(main(Y), { tensors: [y, a] });
  refused(main(Y + A), { tensors: [y], textures: [a] });
  refused(main(Y + T), { tensors: [y, a] });
  assertThrows(
    () => run(main(Y + T), { tensors: [y] }),
    TypeError,
    "Cannot dispatch k: 1 tensors and 0 textures given, its shader binds tensors y and textures t",
  );
  await device.finish();
});

Deno.test("Device.dispatch() refuses a tensor that is written and bound twice", async () => {
  using _scope = device.scope();
  const y = device.empty([1]);
  assertThrows(
    () => run(main(Y + A, "y[0] = a[0];"), { tensors: [y, y] }),
    TypeError,
    "Cannot dispatch k: the same tensor is given as y, which is written, and as a",
  );
  await device.finish();
});

Deno.test("Device.dispatch() refuses numbers that the driver would choke on", async () => {
  using _scope = device.scope();
  const y = device.empty([1]);
  const whole = main(`${P.replace("f32", "u32")} ${Y}`);
  for (const x of [Infinity, NaN, 0.5]) {
    assertThrows(
      () => run(whole, { tensors: [y], uniforms: { x } }),
      RangeError,
      `Cannot dispatch k: x of struct Params is ${x}, expected a whole number`,
    );
  }
  const shader = main(`override c: f32; ${Y}`, "y[0] = c;");
  const dispatch = { label: "k", shader, uniforms: {}, tensors: [y], workgroups: [1] as const };
  assertThrows(
    () => device.dispatch({ ...dispatch, constants: { c: Infinity } }),
    RangeError,
    "Cannot dispatch k: its constant c is Infinity",
  );
  run(main(P + Y, "y[0] = p.x;"), { tensors: [y], uniforms: { x: Infinity } });
  assertEquals(await device.read(y), Float32Array.of(Infinity));
});
