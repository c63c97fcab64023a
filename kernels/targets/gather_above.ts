/**
 * What a network says of the few points at which it is sure of something: of many maps hardly any value is
 * wanted, and to bring all of them from the GPU takes time and memory.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Which points are listed first differs from run to run. */
const LIST = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, most: u32, threshold: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> places: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> prob: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count || !(prob[i] > p.threshold)) { return; }
  let slot = atomicAdd(&places[0], 1u);
  if (slot < p.most) { atomicStore(&places[slot + 1u], i); }
}
`)();

/** Values go through as bits, so that none is changed. */
const GATHER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, most: u32, points: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read> maps: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let slot = i % p.most;
  if (slot >= places[0]) { return; }
  values[i] = maps[i / p.most * p.points + places[slot + 1u]];
}
`)();

/** Points that were found, and what maps say of them. */
export interface GatheredPoints {
  /** How many there are, and then where they are, in any order; as many as there is room for, `[1 + most]`. */
  readonly places: Tensor<"u32">;
  /** The values of each map at these points, `[maps, most]`. */
  readonly values: Tensor<"f32">;
}

/**
 * Gathers the values of maps at the points whose probability is above a threshold.
 *
 * @param options.prob Probabilities of the points.
 * @param options.maps Maps of the same points, one after the other.
 * @param options.most How many points there is room for; where more are above, some are left out.
 * @returns Tensors of the innermost scope.
 */
export function gatherAbove(
  device: Device,
  { prob, maps, threshold, most }: {
    prob: Tensor<"f32">;
    maps: Tensor<"f32">;
    threshold: number;
    most: number;
  },
): GatheredPoints {
  const points = prob.size;
  const places = device.empty([1 + most], "u32");
  const values = device.empty([maps.size / points, most]);
  device.clear(places);
  device.dispatch({
    label: "points above a threshold",
    shader: LIST,
    uniforms: { count: points, most, threshold },
    tensors: [places, prob],
    workgroups: linearWorkgroups(points, WORKGROUP),
  });
  device.dispatch({
    label: "values of points",
    shader: GATHER,
    uniforms: { count: values.size, most, points },
    tensors: [values, places, maps],
    workgroups: linearWorkgroups(values.size, WORKGROUP),
  });
  return { places, values };
}
