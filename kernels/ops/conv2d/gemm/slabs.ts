/**
 * Convolutions of small images as matrix products whose terms are split over workgroups: how they are
 * split, and the kernel that adds the slabs and does with the sum what the product would have done.
 *
 * @module
 */

import { styleOf } from "../../../gpu/adapter.ts";
import { type Device, linearWorkgroups, WORKGROUP } from "../../../gpu/device.ts";
import type { Tensor } from "../../../gpu/tensor.ts";
import { DEPTH } from "../../../parts/matrix/register_tile.ts";
import { vectorType, vectorWidth } from "../../../parts/vector_width.ts";
import type { Convolution } from "../convolution.ts";
import { addsBias, declareEpilogue, epilogueOf, readBesides, storeSum } from "../epilogue.ts";

/** Up to so many workgroups a product is split, and into so many; docs/gpu.md reckons with them. */
const [FEW_GROUPS, MANY_GROUPS] = [64, 256];
/** Fewer terms are not worth a workgroup. */
const LEAST_TERMS = 128;

/** How many terms a workgroup adds: all, unless a GPU would have little to do; a multiple of a step. */
export function slabOf(
  { adapter }: Device,
  { groups, terms }: { groups: number; terms: number },
): number {
  const isFew = styleOf(adapter) === "registers" && groups <= FEW_GROUPS;
  const slabs = isFew ? Math.min(MANY_GROUPS / groups, terms / LEAST_TERMS) : 1;
  return Math.ceil(terms / Math.max(1, Math.floor(slabs)) / DEPTH) * DEPTH;
}

/**
 * Adds slabs of sums, `[slabs * n, c, h, w]`, in their order, and stores y `[n, c, h, w]`.
 */
export function addSlabs(
  device: Device,
  { sums, slabs, y, problem }: {
    sums: Tensor<"f32">;
    slabs: number;
    y: Tensor<"f32">;
    problem: Convolution;
  },
): void {
  const [, channels, height, width] = y.shape;
  const vector = vectorWidth(height * width);
  const type = vectorType(vector);
  const epilogue = epilogueOf(problem);
  const bias = addsBias(epilogue) ? " + b[index / p.area % p.channels]" : "";
  const count = y.size / vector;
  device.dispatch({
    label: "conv2d slabs",
    shader: /* wgsl */ `
struct Params { count: u32, slabs: u32, area: u32, channels: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${declareEpilogue(epilogue, { binding: 3, type, isHalf: y.isHalf })}
@group(0) @binding(2) var<storage, read> sums: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  var sum = sums[index];
  for (var slab = 1u; slab < p.slabs; slab++) { sum += sums[slab * p.count + index]; }
  ${storeSum(epilogue, { value: `(sum${bias})`, at: "index", type })}
}
`,
    uniforms: { count, slabs, area: height * width / vector, channels },
    tensors: [y, sums, ...readBesides(problem)],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}
