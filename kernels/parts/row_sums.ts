/**
 * Sums along the rows of a tensor: over the pixels of every channel, or over the channels and pixels
 * of every group that a normalisation takes together.
 *
 * Neighbouring invocations read neighbouring vectors of one row; each keeps its own sums over a
 * stretch of it, and a second pass adds them in their order.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { sumSlabs } from "./reduce.ts";
import type { Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { vectorType, type VectorWidth, vectorWidth } from "./vector_width.ts";

/** Vectors that one invocation reads where the row is short; more where it is very long. */
const STEPS = 64;
const MOST_LANES = 1024;

/** What is summed. */
export interface RowSums {
  /** What it is for, in profiles and errors. */
  readonly label: string;
  /** One or two tensors of equal size, read element by element as `a` and `b`. */
  readonly inputs: readonly Tensor<"f32">[];
  /** Numbers by row, bound as the array `table`; none unless told. */
  readonly table?: Tensor<"f32">;
  /** The number of rows; all are equally long and contiguous. */
  readonly rows: number;
  /** Numbers that the setup and the terms read as members of `p` (u32); none unless told. */
  readonly integers?: Readonly<Record<string, number>>;
  /** WGSL statements before the loop; they know `row` (u32) and `count` (f32, elements of a row). */
  readonly setup?: string;
  /** WGSL expressions of `a`, `b` (f32 or vec4f) and what the setup declares: one sum each. */
  readonly terms: readonly string[];
  /** Shape of the result; `[rows, terms]` unless told. */
  readonly shape?: Shape;
}

function shaderFor(
  { inputs, table, integers = {}, setup = "", terms }: RowSums,
  vector: VectorWidth,
): string {
  const type = vectorType(vector);
  const names = ["a", "b"].slice(0, inputs.length);
  const bindings = names.map((name, i) =>
    `@group(0) @binding(${i + 2}) var<storage, read> in_${name}: array<${type}>;`
  );
  if (table) {
    const binding = inputs.length + 2;
    bindings.push(`@group(0) @binding(${binding}) var<storage, read> table: array<f32>;`);
  }
  const members = Object.keys(integers).map((name) => `, ${name}: u32`).join("");
  const total = (i: number) =>
    vector === 4 ? `sum_${i}.x + sum_${i}.y + sum_${i}.z + sum_${i}.w` : `sum_${i}`;
  return /* wgsl */ `
struct Params { rows: u32, vectors: u32, lanes: u32${members} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
${bindings.join("\n")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.rows * p.lanes) { return; }
  let row = index / p.lanes;
  let lane = index - row * p.lanes;
  let count = f32(p.vectors * ${vector}u);
  ${setup}
  ${terms.map((_, i) => `var sum_${i} = ${type}(0.0);`).join("\n  ")}
  let end = (row + 1u) * p.vectors;
  for (var i = row * p.vectors + lane; i < end; i += p.lanes) {
    ${names.map((name) => `let ${name} = in_${name}[i];`).join("\n    ")}
    ${terms.map((term, i) => `sum_${i} += ${term};`).join("\n    ")}
  }
  let at = (lane * p.rows + row) * ${terms.length}u;
  ${terms.map((_, i) => `partial[at + ${i}u] = ${total(i)};`).join("\n  ")}
}
`;
}

/** Sums every row. */
export function rowSums(device: Device, what: RowSums): Tensor<"f32"> {
  const { label, inputs, table, rows, terms, shape = [rows, terms.length] } = what;
  const length = inputs[0].size / rows;
  const vector = vectorWidth(length);
  const vectors = length / vector;
  const lanes = Math.min(MOST_LANES, Math.ceil(vectors / STEPS));
  using scope = device.scope();
  const partial = device.empty([lanes, rows, terms.length]);
  device.dispatch({
    label,
    shader: shaderFor(what, vector),
    uniforms: { rows, vectors, lanes, ...what.integers },
    tensors: [partial, ...inputs, ...(table ? [table] : [])],
    workgroups: linearWorkgroups(rows * lanes, WORKGROUP),
  });
  return scope.keep(sumSlabs(device, { partial, shape }));
}
