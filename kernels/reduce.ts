/**
 * Sums in a fixed order: the second passes of every reduction, so that no float atomics are needed
 * and the same input gives the same bits.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "./device.ts";
import { type Shape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

const WORKGROUP = 64;
const MAX_STEPS = 4096;

const SLABS = /* wgsl */ `
struct Params { count: u32, slabs: u32, per_group: u32, groups: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<storage, read> partial: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x * ${WORKGROUP}u;
  if (index >= p.count * p.groups) { return; }
  let first = index / p.count * p.per_group;
  let end = min(first + p.per_group, p.slabs);
  var sum = 0.0;
  for (var slab = first; slab < end; slab++) {
    sum += partial[slab * p.count + index % p.count];
  }
  total[index] = sum;
}
`;

/**
 * Adds the slabs of `partial` (its first axis) in their order; more than 4096 of them in several
 * passes, because software adapters end long loops early.
 */
export function sumSlabs(
  device: Device,
  { partial, shape }: { partial: Tensor<"f32">; shape: Shape },
): Tensor<"f32"> {
  const slabs = partial.shape[0];
  const count = sizeOf(shape);
  const groups = Math.ceil(slabs / MAX_STEPS);
  const total = device.empty(groups === 1 ? shape : [groups, ...shape]);
  device.dispatch({
    label: "sum slabs",
    shader: SLABS,
    uniforms: [count, slabs, Math.ceil(slabs / groups), groups],
    tensors: [total, partial],
    workgroups: linearWorkgroups(count * groups, WORKGROUP),
  });
  return groups === 1 ? total : sumSlabs(device, { partial: total, shape });
}

const CHANNELS = /* wgsl */ `
struct Params { channels: u32, area: u32, chunk: u32, chunks: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let channel = index % p.channels;
  let chunk = index / p.channels % p.chunks;
  let image = index / p.channels / p.chunks;
  let plane = (image * p.channels + channel) * p.area;
  var sum = 0.0;
  for (var i = chunk * p.chunk; i < min((chunk + 1u) * p.chunk, p.area); i++) {
    sum += x[plane + i];
  }
  partial[index] = sum;
}
`;

const CHUNK = 256;

/** Sums an image tensor over everything but its channels: `[n, c, h, w]` to `[c]`. */
export function sumPerChannel(device: Device, x: Tensor<"f32">): Tensor<"f32"> {
  const [batch, channels, height, width] = x.shape;
  const area = height * width;
  const chunks = Math.ceil(area / CHUNK);
  using scope = device.scope();
  const partial = device.empty([batch * chunks, channels]);
  device.dispatch({
    label: "sum per channel",
    shader: CHANNELS,
    uniforms: [channels, area, CHUNK, chunks, partial.size],
    tensors: [partial, x],
    workgroups: linearWorkgroups(partial.size, WORKGROUP),
  });
  return scope.keep(sumSlabs(device, { partial, shape: [channels] }));
}
