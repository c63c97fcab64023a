/**
 * New labels 1, 2, 3, … without gaps for those groups of pixels that are kept.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { exclusiveSum } from "./scan.ts";

/** The group of a pixel that belongs to none. */
export const NO_GROUP = 0xffffffff;

const WORKGROUP = 256;

const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, offset: u32, known: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> labels: array<u32>;
@group(0) @binding(2) var<storage, read> pixel_groups: array<u32>;
@group(0) @binding(3) var<storage, read> keep: array<u32>;
@group(0) @binding(4) var<storage, read> rank: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let group = pixel_groups[i] - p.offset;
  var label = 0u;
  if (group < p.known && keep[group] != 0u) { label = rank[group] + 1u; }
  labels[i] = label;
}
`)();

/**
 * Numbers the kept groups from 1 in the order of their own numbers; pixels of the others become 0.
 *
 * @param groups For each pixel the number of its group, or {@linkcode NO_GROUP}.
 * @param keep For each group 1 or 0; a group that is not in it is not kept.
 * @param offset What the first group is called: 0, or 1 for a label image, where 0 is no group.
 * @returns The labels in the shape of `groups`, and how many there are, `[1]`.
 */
export function renumber(
  device: Device,
  { groups, keep, offset }: { groups: Tensor<"u32">; keep: Tensor<"u32">; offset: 0 | 1 },
): { labels: Tensor<"u32">; total: Tensor<"u32"> } {
  using scope = device.scope();
  const { sums, total } = exclusiveSum(device, keep);
  const labels = device.empty(groups.shape, "u32");
  device.dispatch({
    label: "renumber",
    shader: SHADER,
    uniforms: { count: groups.size, offset, known: keep.size },
    tensors: [labels, groups, keep, sums],
    workgroups: linearWorkgroups(groups.size, WORKGROUP),
  });
  return { labels: scope.keep(labels), total: scope.keep(total) };
}
