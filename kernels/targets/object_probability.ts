/**
 * Object probability: 1 in the middle of every object, falling to its edge.
 *
 * It is the distance to the nearest pixel not of the object, divided by the largest such distance in
 * the object (plus 1e-10, which float32 does not see), as in StarDist.
 *
 * The largest distances stand in a table with as many slots for each image as it has pixels, which are
 * enough whatever the numbers of its objects are. Numbers up to that have the slots in their order;
 * larger ones are scattered, and where a slot is taken, the next free one is theirs.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { distanceTransform } from "./distance_transform.ts";
import { GRID_HEAD, gridUniforms, IGNORED_LABEL, labelGrid } from "./label_grid.ts";

const HEAD = /* @__PURE__ */ (() =>
  /* wgsl */ `${GRID_HEAD}
fn label_of(i: u32) -> u32 {
  return raw_label_at(i / (p.rows * p.columns), i / p.columns % p.rows, i % p.columns);
}
fn first_slot(label: u32) -> u32 {
  let scattered = label * 0x9e3779b1u;
  let slots = p.rows * p.columns;
  return select(scattered ^ (scattered >> 15u), label - 1u, label <= slots) % slots;
}
`)();

/**
 * The slot of an object is one that it takes if it has none yet; a weak exchange may fail although the
 * slot is free. A maximum of whole numbers is the same in whatever order it is taken.
 */
const LARGEST = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> largest: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> owners: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read> squares: array<u32>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;

fn slot_of(label: u32, image: u32) -> u32 {
  let slots = p.rows * p.columns;
  var slot = first_slot(label);
  for (var step = 0u; step < slots;) {
    let at = image * slots + slot;
    var owner = atomicLoad(&owners[at]);
    if (owner == 0u) {
      let taken = atomicCompareExchangeWeak(&owners[at], 0u, label);
      owner = select(taken.old_value, label, taken.exchanged);
    }
    if (owner == label) { return at; }
    if (owner != 0u) {
      slot = (slot + 1u) % slots;
      step++;
    }
  }
  return 0u;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let square = squares[i];
  if (square == 0u) { return; }
  let slot = slot_of(label_of(i), i / (p.rows * p.columns));
  if (square > atomicLoad(&largest[slot])) { atomicMax(&largest[slot], square); }
}
`)();

const NORMALISE = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> prob: array<f32>;
@group(0) @binding(2) var<storage, read> squares: array<u32>;
@group(0) @binding(3) var<storage, read> largest: array<u32>;
@group(0) @binding(4) var<storage, read> owners: array<u32>;
@group(0) @binding(5) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let label = label_of(i);
  var value = 0.0;
  if (label == ${IGNORED_LABEL}u) {
    value = -1.0;
  } else if (label != 0u) {
    let slots = p.rows * p.columns;
    let first = i / slots * slots;
    var slot = first_slot(label);
    for (var step = 0u; step < slots && owners[first + slot] != label; step++) {
      slot = (slot + 1u) % slots;
    }
    value = sqrt(f32(squares[i]) / f32(largest[first + slot]));
  }
  prob[i] = value;
}
`)();

/**
 * Object probability of label images.
 *
 * @param labels Object numbers, `[n, 1, h, w]`, of any size: 0 is background, {@linkcode IGNORED_LABEL}
 *   is to be ignored. A number means another object in each image.
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
  const [largest, owners] = [0, 1].map(() => device.empty([uniforms.count], "u32"));
  device.clear(largest);
  device.clear(owners);
  device.dispatch({
    label: "largest distances",
    shader: LARGEST,
    uniforms,
    tensors: [largest, owners, squares, labels],
    workgroups,
  });
  device.dispatch({
    label: "object probability",
    shader: NORMALISE,
    uniforms,
    tensors: [prob, squares, largest, owners, labels],
    workgroups,
  });
  return scope.keep(prob);
}
