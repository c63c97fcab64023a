/**
 * Object probability: 1 in the middle of every object, falling to its edge.
 *
 * It is the distance to the nearest pixel not of the object, divided by the largest such distance in
 * the object (plus 1e-10, which float32 does not see), as in StarDist.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { distanceTransform } from "./distance_transform.ts";
import { GRID_HEAD, gridUniforms, IGNORED_LABEL, labelGrid } from "./label_grid.ts";

const WORKGROUP = 64;

const HEAD = /* @__PURE__ */ (() =>
  /* wgsl */ `${GRID_HEAD}
fn label_of(i: u32) -> u32 {
  return raw_label_at(i / (p.rows * p.columns), i / p.columns % p.rows, i % p.columns);
}
`)();

// A maximum of whole numbers is the same in whatever order it is taken.
const LARGEST = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> largest: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> squares: array<u32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let square = squares[i];
  if (square == 0u) { return; }
  let slot = label_of(i) - 1u;
  if (slot >= arrayLength(&largest)) { return; }
  if (square > atomicLoad(&largest[slot])) { atomicMax(&largest[slot], square); }
}
`)();

const NORMALISE = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> prob: array<f32>;
@group(0) @binding(2) var<storage, read> squares: array<u32>;
@group(0) @binding(3) var<storage, read> largest: array<u32>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let label = label_of(i);
  var value = 0.0;
  if (label == ${IGNORED_LABEL}u) {
    value = -1.0;
  } else if (label != 0u) {
    value = sqrt(f32(squares[i]) / f32(largest[min(label, arrayLength(&largest)) - 1u]));
    // NaN, which no loss takes for a target; a compiler would refuse it as a constant.
    if (label > arrayLength(&largest)) { value = bitcast<f32>(label | 0x7fc00000u); }
  }
  prob[i] = value;
}
`)();

/**
 * Object probability of label images.
 *
 * @param labels Object numbers, `[n, 1, h, w]`: 0 is background, {@linkcode IGNORED_LABEL} is to be
 *   ignored, and an object has a number from 1 to n·h·w that no other image of the batch uses. Where a
 *   number is much larger, the probability is NaN: number the labels first.
 * @param options With a `grid` over 1 only every grid-th row and column is looked at, before distances
 *   are measured.
 * @returns `[n, 1, ⌊(h−1)/grid⌋+1, ⌊(w−1)/grid⌋+1]`: 0 to 1, and −1 where labels are ignored; a tensor
 *   of the innermost scope.
 * @throws {TypeError} If the labels do not have four axes.
 * @throws {RangeError} If they have several channels or no pixel, or the grid is out of range.
 * @category Labels and targets
 */
export function objectProbability(
  device: Device,
  labels: Tensor<"u32">,
  { grid }: { grid: number },
): Tensor<"f32"> {
  const extents = labelGrid(labels.shape, { grid, task: "compute object probabilities" });
  const { images, rows, columns } = extents;
  const uniforms = gridUniforms(extents);
  const workgroups = linearWorkgroups(uniforms.count, WORKGROUP);
  using scope = device.scope();
  const prob = device.empty([images, 1, rows, columns]);
  const squares = distanceTransform(device, labels, { grid });
  const largest = device.empty([labels.size], "u32");
  device.clear(largest);
  device.dispatch({
    label: "largest distances",
    shader: LARGEST,
    uniforms,
    tensors: [largest, squares, labels],
    workgroups,
  });
  device.dispatch({
    label: "object probability",
    shader: NORMALISE,
    uniforms,
    tensors: [prob, squares, largest, labels],
    workgroups,
  });
  return scope.keep(prob);
}
