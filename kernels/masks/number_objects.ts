/**
 * From a forest of pixels to numbered objects, without those that are too small.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { NO_GROUP, renumber } from "./renumber.ts";

const WORKGROUP = 256;

const COUNT_PIXELS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sizes: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> roots: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let root = roots[i];
  if (root != ${NO_GROUP}u) { atomicAdd(&sizes[root], 1u); }
}
`)();

// `sizes` holds each object's pixels at its root and 0 elsewhere; with minSize 0 it is `roots`.
const KEEP_ROOTS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, min_size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> keep: array<vec4u>;
@group(0) @binding(2) var<storage, read> roots: array<vec4u>;
@group(0) @binding(3) var<storage, read> sizes: array<vec4u>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let quad = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (4u * quad >= p.count) { return; }
  let is_root = roots[quad] == vec4u(4u * quad) + vec4u(0u, 1u, 2u, 3u);
  let is_large = sizes[quad] >= vec4u(p.min_size);
  keep[quad] = select(vec4u(0u), vec4u(1u), is_root & is_large);
}
`)();

/**
 * Checks a number of pixels.
 *
 * @param task What is being done, for the message: `"label components"`.
 * @throws {RangeError} If it is not a whole number from 0 that fits into 32 bits.
 */
export function checkMinSize(minSize: number, task: string): void {
  if (Number.isInteger(minSize) && minSize >= 0 && minSize <= 0xffffffff) return;
  throw new RangeError(
    `Cannot ${task}: minSize is ${minSize}, expected a whole number of pixels`,
  );
}

/**
 * Numbers the objects 1, 2, 3, … in raster order of their roots, which are their first pixels.
 *
 * @param roots For each pixel its object's root, or {@linkcode NO_GROUP}.
 * @returns The labels in the shape of `roots`, and how many there are, `[1]`.
 */
export function numberObjects(
  device: Device,
  { roots, minSize }: { roots: Tensor<"u32">; minSize: number },
): { labels: Tensor<"u32">; total: Tensor<"u32"> } {
  using scope = device.scope();
  const keep = device.empty(roots.shape, "u32");
  const sizes = minSize > 1 ? countPixels(device, roots) : roots;
  device.dispatch({
    label: "components keep",
    shader: KEEP_ROOTS,
    uniforms: { count: roots.size, min_size: minSize > 1 ? minSize : 0 },
    tensors: [keep, roots, sizes],
    workgroups: linearWorkgroups(Math.ceil(roots.size / 4), WORKGROUP),
  });
  const { labels, total } = renumber(device, { groups: roots, keep, offset: 0 });
  return { labels: scope.keep(labels), total: scope.keep(total) };
}

function countPixels(device: Device, roots: Tensor<"u32">): Tensor<"u32"> {
  const sizes = device.empty(roots.shape, "u32");
  device.clear(sizes);
  device.dispatch({
    label: "components sizes",
    shader: COUNT_PIXELS,
    uniforms: { count: roots.size },
    tensors: [sizes, roots],
    workgroups: linearWorkgroups(roots.size, WORKGROUP),
  });
  return sizes;
}
