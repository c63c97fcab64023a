/**
 * Products with few rows or columns, which are not worth a tile: one invocation for each number of the
 * result and each 256 terms of its sum.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import type { Product, Slabs } from "./problem.ts";

const STEPS = 256;

function shaderFor(hasBias: boolean): string {
  return /* wgsl */ `
struct Params {
  rows: u32, columns: u32, terms: u32, size: u32, count: u32,
  a_matrix: u32, a_line: u32, a_term: u32, b_matrix: u32, b_line: u32, b_term: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
${hasBias ? "@group(0) @binding(4) var<storage, read> bias: array<f32>;" : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let slab = index / p.size;
  let at = index % p.size;
  let column = at % p.columns;
  let row = at / p.columns % p.rows;
  let matrix = at / p.columns / p.rows;
  let a_first = matrix * p.a_matrix + row * p.a_line;
  let b_first = matrix * p.b_matrix + column * p.b_line;
  let first = slab * ${STEPS}u;
  let end = min(first + ${STEPS}u, p.terms);
  var sum = ${hasBias ? "select(0.0, bias[column], slab == 0u)" : "0.0"};
  for (var term = first; term < end; term++) {
    sum += a[a_first + term * p.a_term] * b[b_first + term * p.b_term];
  }
  partial[index] = sum;
}
`;
}

/** The kernel for a product, and into how many slabs it divides the terms. */
export function smallProduct(
  { label, left, right, size: [matrices, rows, columns], terms, bias = null }: Product,
): { slabs: Slabs; run: (device: Device, partial: Tensor<"f32">) => void } {
  const slabs = { length: STEPS, count: Math.ceil(terms / STEPS) };
  const size = matrices * rows * columns;
  const count = size * slabs.count;
  return {
    slabs,
    run: (device, partial) =>
      device.dispatch({
        label,
        shader: shaderFor(bias !== null),
        uniforms: {
          ...{ rows, columns, terms, size, count },
          ...{ a_matrix: left.matrix, a_line: left.line, a_term: left.term },
          ...{ b_matrix: right.matrix, b_line: right.line, b_term: right.term },
        },
        tensors: [partial, left.tensor, right.tensor, ...(bias ? [bias] : [])],
        workgroups: linearWorkgroups(count, WORKGROUP),
      }),
  };
}
