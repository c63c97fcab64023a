/**
 * Prefix sums of unsigned integers: each block of 1024 is summed in workgroup memory, the totals of
 * the blocks are summed the same way, and each block is raised by the total before it.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

const WORKGROUP = 256;
const PER_LANE = 4;
const BLOCK = WORKGROUP * PER_LANE;

const BLOCKS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4u>;
var<workgroup> running: array<u32, ${WORKGROUP}>;

@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group.x + group.y * groups.x;
  let first = block * ${BLOCK}u + lane * ${PER_LANE}u;
  var values = vec4u(0u);
  if (first < p.count) {
    let is_element = first + vec4u(0u, 1u, 2u, 3u) < vec4u(p.count);
    values = select(vec4u(0u), x[first / ${PER_LANE}u], is_element);
  }
  let own = values.x + values.y + values.z + values.w;
  var sum = own;
  running[lane] = sum;
  for (var reach = 1u; reach < ${WORKGROUP}u; reach *= 2u) {
    workgroupBarrier();
    var earlier = 0u;
    if (lane >= reach) { earlier = running[lane - reach]; }
    workgroupBarrier();
    sum += earlier;
    running[lane] = sum;
  }
  if (lane == ${WORKGROUP - 1}u && block < p.blocks) { totals[block] = sum; }
  if (first < p.count) {
    let pair = values.x + values.y;
    sums[first / ${PER_LANE}u] = vec4u(sum - own) +
      vec4u(0u, values.x, pair, pair + values.z);
  }
}
`)();

const RAISE = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4u>;
@group(0) @binding(2) var<storage, read> before: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  sums[i] += vec4u(before[i / ${BLOCK / PER_LANE}u]);
}
`)();

/** What {@linkcode exclusiveSum} gives. */
export interface PrefixSum {
  /** For each element the sum of all elements before it; the shape of the input. */
  readonly sums: Tensor<"u32">;
  /** The sum of all elements, `[1]`. */
  readonly total: Tensor<"u32">;
}

/**
 * Sums all elements before each element, in row-major order, modulo 2³².
 *
 * @returns Two tensors of the innermost scope.
 */
export function exclusiveSum(device: Device, x: Tensor<"u32">): PrefixSum {
  const blocks = Math.max(1, Math.ceil(x.size / BLOCK));
  using scope = device.scope();
  const sums = scope.keep(device.empty(x.shape, "u32"));
  const totals = device.empty([blocks], "u32");
  device.dispatch({
    label: "prefix sum of blocks",
    shader: BLOCKS,
    uniforms: { count: x.size, blocks },
    tensors: [sums, totals, x],
    workgroups: linearWorkgroups(blocks, 1),
  });
  if (blocks === 1) return { sums, total: scope.keep(totals) };
  const before = exclusiveSum(device, totals);
  const quads = Math.ceil(x.size / PER_LANE);
  device.dispatch({
    label: "prefix sum across blocks",
    shader: RAISE,
    uniforms: { count: quads },
    tensors: [sums, before.sums],
    workgroups: linearWorkgroups(quads, WORKGROUP),
  });
  return { sums, total: scope.keep(before.total) };
}
