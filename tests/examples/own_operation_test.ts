// An operation of one's own: sums up to each element of a row, as a shader with its gradient.
import { assertEquals } from "@std/assert";
import { defineOperation, type Device, openDevice, type Tensor } from "../../kernels/mod.ts";
import { checkGradients, ops, Tape } from "../../nn/mod.ts";

/** One invocation walks a row, from its start or from its end. */
const SHADER = /* wgsl */ `
struct Params { rows: u32, length: u32, from_end: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.rows) { return; }
  var sum = 0.0;
  for (var i = 0u; i < p.length; i++) {
    let at = id.x * p.length + select(i, p.length - 1u - i, p.from_end == 1u);
    sum += x[at];
    y[at] = sum;
  }
}`;

function sums(device: Device, x: Tensor<"f32">, fromEnd: boolean): Tensor<"f32"> {
  const y = device.empty(x.shape);
  const [rows, length] = x.shape;
  device.dispatch({
    label: "sums so far",
    shader: SHADER,
    uniforms: { rows, length, from_end: fromEnd ? 1 : 0 },
    tensors: [y, x],
    workgroups: [Math.ceil(rows / 64)],
  });
  return y;
}

/** y[r, i] = x[r, 0] + … + x[r, i]; each x is in all sums after it, from which its gradient comes. */
const sumsSoFar = defineOperation({
  name: "sumsSoFar",
  inputs: ["x"],
  forward: (device, [x]) => sums(device, x, false),
  backward: (device, { dy }) => [sums(device, dy, true)],
});

Deno.test("an operation of one's own computes, and its gradient equals finite differences", async () => {
  using device = await openDevice();
  using _scope = device.scope();
  const x = { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0.5, 4) };
  const y = ops(new Tape(device))(device.upload(x.shape, x.data)).apply(sumsSoFar);
  assertEquals([...await device.read(y.tensor)], [1, 3, 6, -1, -0.5, 3.5]);
  await checkGradients(device, (tape, { x }) => ops(tape)(x).apply(sumsSoFar).square().variable, {
    inputs: { x },
    elements: 6,
  });
});
