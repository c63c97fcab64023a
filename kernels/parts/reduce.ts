/**
 * Sums in a fixed order: the second passes of every reduction, so that no float atomics are needed
 * and the same input gives the same bits.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { vectorType, vectorWidth } from "./vector_width.ts";

const MAX_STEPS = 256;

function slabsShader(type: "f32" | "vec4f"): string {
  return /* wgsl */ `
struct Params { count: u32, slabs: u32, per_group: u32, groups: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> total: array<${type}>;
@group(0) @binding(2) var<storage, read> partial: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x * ${WORKGROUP}u;
  if (index >= p.count * p.groups) { return; }
  let first = index / p.count * p.per_group;
  let end = min(first + p.per_group, p.slabs);
  var sum = ${type}(0.0);
  for (var slab = first; slab < end; slab++) {
    sum += partial[slab * p.count + index % p.count];
  }
  total[index] = sum;
}
`;
}

/**
 * Adds the slabs of `partial` (its first axis) in their order; more than 256 of them in several passes,
 * so that there is work for many invocations and no long loop. The sum of no slabs is 0.
 */
export function sumSlabs(
  device: Device,
  { partial, shape }: { partial: Tensor<"f32">; shape: Shape },
): Tensor<"f32"> {
  const slabs = partial.shape[0];
  if (slabs === 0) return zeroSum(device, shape);
  const count = sizeOf(shape);
  const groups = Math.ceil(slabs / MAX_STEPS);
  const vector = vectorWidth(count);
  const vectors = count / vector;
  const total = device.empty(groups === 1 ? shape : [groups, ...shape]);
  device.dispatch({
    label: "sum slabs",
    shader: slabsShader(vectorType(vector)),
    uniforms: { count: vectors, slabs, per_group: Math.ceil(slabs / groups), groups },
    tensors: [total, partial],
    workgroups: linearWorkgroups(vectors * groups, WORKGROUP),
  });
  return groups === 1 ? total : sumSlabs(device, { partial: total, shape });
}

function zeroSum(device: Device, shape: Shape): Tensor<"f32"> {
  const total = device.empty(shape);
  device.clear(total);
  return total;
}
