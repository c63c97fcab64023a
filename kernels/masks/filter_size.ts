/**
 * Sizes of labelled objects, and removal of small ones, as `skimage.morphology.remove_small_objects`
 * followed by a renumbering.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Components } from "./components.ts";
import { checkMinSize } from "./number_objects.ts";
import { renumber } from "./renumber.ts";

const WORKGROUP = 256;

const COUNT = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, objects: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> sizes: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let slot = labels[i] - 1u;
  if (slot < p.objects) { atomicAdd(&sizes[slot], 1u); }
}
`)();

const KEEP = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, min_size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> keep: array<u32>;
@group(0) @binding(2) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  keep[i] = select(0u, 1u, sizes[i] >= p.min_size);
}
`)();

/**
 * Counts the pixels of each object.
 *
 * @param components A label image and its largest label; larger ones are not counted.
 * @returns `[count]` sizes, that of label `i` at `i - 1`; `[1]` with a 0 where there is no object.
 * @category Masks
 */
export function objectSizes(device: Device, { labels, count }: Components): Tensor<"u32"> {
  const sizes = device.empty([Math.max(1, count)], "u32");
  device.clear(sizes);
  device.dispatch({
    label: "object sizes",
    shader: COUNT,
    uniforms: { count: labels.size, objects: count },
    tensors: [sizes, labels],
    workgroups: linearWorkgroups(labels.size, WORKGROUP),
  });
  return sizes;
}

/**
 * Removes the objects with fewer than `minSize` pixels and numbers the rest 1, 2, 3, … in their
 * order, which for labels in raster order is raster order again. Labels without pixels vanish when
 * `minSize` is at least 1.
 *
 * @param components A label image and its largest label; larger ones are removed.
 * @returns The labels in the same shape.
 * @throws {RangeError} If `minSize` is not a whole number from 0.
 *
 * @example
 * ```ts ignore
 * const large = removeSmallObjects(device, components, { minSize: 16 });
 * ```
 *
 * @category Masks
 */
export function removeSmallObjects(
  device: Device,
  components: Components,
  { minSize }: { minSize: number },
): Tensor<"u32"> {
  checkMinSize(minSize, "remove small objects");
  using scope = device.scope();
  const sizes = objectSizes(device, components);
  const keep = device.empty(sizes.shape, "u32");
  device.dispatch({
    label: "keep large objects",
    shader: KEEP,
    uniforms: { count: sizes.size, min_size: minSize },
    tensors: [keep, sizes],
    workgroups: linearWorkgroups(sizes.size, WORKGROUP),
  });
  return scope.keep(renumber(device, { groups: components.labels, keep, offset: 1 }).labels);
}
