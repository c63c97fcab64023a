/**
 * From a map of values to a mask.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { nanFunctions } from "../parts/nan.ts";

const WORKGROUP = 256;

const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, threshold: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> mask: array<vec4u>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
${nanFunctions("vec4f")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  mask[i] = select(vec4u(0u), vec4u(1u), rank(x[i]) >= rank(vec4f(p.threshold)));
}
`)();

/**
 * Marks the values that reach a threshold: 1 where `x >= threshold`, else 0.
 *
 * NaN reaches every threshold: a mask can hold none, and a map that is broken must not look empty.
 * `valueRange` finds such values.
 *
 * The threshold is rounded to float32 first, so that 0.1 means the float32 number nearest to it.
 *
 * @returns A mask of the shape of `x`.
 * @throws {RangeError} If the threshold is not finite in float32.
 * @category Masks
 */
export function threshold(
  device: Device,
  x: Tensor<"f32">,
  { threshold }: { threshold: number },
): Tensor<"u32"> {
  if (!Number.isFinite(Math.fround(threshold))) {
    throw new RangeError(`Cannot threshold: the threshold is ${threshold}, expected a number`);
  }
  const mask = device.empty(x.shape, "u32");
  const quads = Math.ceil(x.size / 4);
  device.dispatch({
    label: "threshold",
    shader: SHADER,
    uniforms: { count: quads, threshold },
    tensors: [mask, x],
    workgroups: linearWorkgroups(quads, WORKGROUP),
  });
  return mask;
}
