/**
 * Sums of the slabs of several reductions at once, written side by side: the second passes of all
 * gradients that a backward pass leaves, in a few dispatches in place of one for each.
 *
 * Where there are workgroups to spare, several lanes share a column: each adds every so-many-th slab, and
 * the first adds up what they have found, in their order. A software adapter walks a column in one go.
 *
 * @module
 */

import { styleOf } from "../gpu/adapter.ts";
import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { range } from "./range.ts";
import { type VectorWidth, vectorWidth } from "./vector_width.ts";

/** Slabs that a lane adds before another one shares its column. */
const STEPS = 16;
/** Slabs that are added to each other before they are added to the rest: long sums lose digits. */
const STRETCH = 256;

/** The most reductions of one dispatch: their slabs and the result are as many bindings as there may be. */
export const MOST_SUMS = 7;

/** The most slabs of a reduction: a lane stays far below where software adapters end a loop. */
export const MOST_SLABS = 16384;

/** One reduction. */
export interface SlabsToSum {
  /** The slabs, one after the other; each has the elements of the total. */
  readonly partial: Tensor<"f32">;
  /** How many there are. */
  readonly slabs: number;
  /** A part of a block, which becomes their sum. */
  readonly total: Tensor<"f32">;
}

/** Lanes of a column: a power of two. */
function lanesFor(device: Device, slabs: number): number {
  if (styleOf(device.adapter) === "textures") return 1;
  return Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(Math.max(1, slabs / STEPS))));
}

function shaderFor(vectors: readonly VectorWidth[], isShared: boolean): string {
  const members = range(vectors.length).map((i) =>
    `count_${i}: u32, slabs_${i}: u32, lanes_${i}: u32, at_${i}: u32, end_${i}: u32`
  );
  const bindings = vectors.map((vector, i) =>
    `@group(0) @binding(${i + 2}) var<storage, read> partial_${i}: array<${
      vector === 4 ? "vec4f" : "f32"
    }>;`
  );
  const branches = vectors.map((vector, i) => {
    const row = vector === 4 ? `slab * p.count_${i} + column` : `slab * p.count_${i} + column * 4u`;
    // Past the end of a row of single numbers the next row's are read, for what pads the result.
    const value = vector === 4
      ? `partial_${i}[${row}]`
      : `vec4f(${range(4).map((k) => `partial_${i}[${row} + ${k}u]`).join(", ")})`;
    return `if (group < p.end_${i}) {
    let width = ${WORKGROUP}u / p.lanes_${i};
    column = (group - ${i === 0 ? "0u" : `p.end_${i - 1}`}) * width + local % width;
    lanes = p.lanes_${i};
    at = p.at_${i};
    inside = column < ${vector === 4 ? `p.count_${i}` : `(p.count_${i} + 3u) / 4u`};
    if (inside) {
      for (var first = local / width; first < p.slabs_${i}; first += ${STRETCH}u * lanes) {
        let end = min(first + ${STRETCH}u * lanes, p.slabs_${i});
        var part = vec4f(0.0);
        for (var slab = first; slab < end; slab += lanes) { part += ${value}; }
        sum += part;
      }
    }
  }`;
  });
  return /* wgsl */ `
struct Params { ${members.join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> total: array<vec4f>;
${bindings.join("\n")}
${isShared ? `var<workgroup> sums: array<vec4f, ${WORKGROUP}>;` : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let group = id.x + id.y * size.x;
  var sum = vec4f(0.0);
  var column = 0u;
  var lanes = 1u;
  var at = 0u;
  var inside = false;
  ${branches.join(" else ")}
  ${
    isShared
      ? `sums[local] = sum;
  workgroupBarrier();
  let width = ${WORKGROUP}u / lanes;
  inside = inside && local < width;
  for (var lane = 1u; lane < lanes; lane++) { sum += sums[(lane * width + local) % ${WORKGROUP}u]; }`
      : ""
  }
  if (inside) { total[at + column] = sum; }
}
`;
}

/**
 * Adds the slabs of some reductions, at most {@linkcode MOST_SUMS}, whose totals are parts of one block.
 * What pads a total is undefined afterwards.
 */
export function sumJointly(device: Device, reductions: readonly SlabsToSum[]): void {
  const uniforms: Record<string, number> = {};
  let end = 0;
  const vectors = reductions.map(({ total: { size } }) => vectorWidth(size));
  const lanes = reductions.map(({ slabs }) => lanesFor(device, slabs));
  reductions.forEach(({ slabs, total }, i) => {
    const columns = Math.ceil(total.size / 4);
    end += Math.ceil(columns / (WORKGROUP / lanes[i]));
    uniforms[`count_${i}`] = vectors[i] === 4 ? columns : total.size;
    uniforms[`slabs_${i}`] = slabs;
    uniforms[`lanes_${i}`] = lanes[i];
    uniforms[`at_${i}`] = total.offset / 16;
    uniforms[`end_${i}`] = end;
  });
  device.dispatch({
    label: "joint sums",
    shader: shaderFor(vectors, lanes.some((count) => count > 1)),
    uniforms,
    tensors: [reductions[0].total.block!.whole, ...reductions.map(({ partial }) => partial)],
    workgroups: linearWorkgroups(end * WORKGROUP, WORKGROUP),
  });
}
