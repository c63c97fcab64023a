/**
 * Adds a multiple of one tensor to another, in place.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";

const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, factor: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i < p.count) { y[i] += p.factor * x[i]; }
}
`)();

/** to += factor · from, for tensors of equal size. */
export function addScaled(
  device: Device,
  { to, from, factor }: { to: Tensor<"f32">; from: Tensor<"f32">; factor: number },
): void {
  const count = Math.ceil(to.size / 4);
  device.dispatch({
    label: "add scaled",
    shader: SHADER,
    uniforms: { count, factor },
    tensors: [to, from],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}
