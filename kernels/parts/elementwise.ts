/**
 * Element-by-element kernels: one WGSL expression applied to whole vectors.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

const WORKGROUP = 64;
const NAMES = "abcd";

function shaderFor(inputs: number, expression: string): string {
  const bindings = Array.from(
    { length: inputs },
    (_, i) => `@group(0) @binding(${i + 2}) var<storage, read> in_${NAMES[i]}: array<vec4f>;`,
  );
  const values = Array.from({ length: inputs }, (_, i) => `let ${NAMES[i]} = in_${NAMES[i]}[i];`);
  return /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
${bindings.join("\n")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  ${values.join("\n  ")}
  result[i] = ${expression};
}
`;
}

/**
 * Applies a WGSL expression of `vec4f` values `a`, `b`, `c`, `d` to tensors of the same size. The
 * padding of a tensor's buffer takes part: what is there is undefined before and after.
 */
export function elementwise(
  device: Device,
  { label, inputs, expression }: {
    label: string;
    inputs: readonly Tensor<"f32">[];
    expression: string;
  },
): Tensor<"f32"> {
  const result = device.empty(inputs[0].shape);
  const count = Math.ceil(result.size / 4);
  device.dispatch({
    label,
    shader: shaderFor(inputs.length, expression),
    uniforms: { count },
    tensors: [result, ...inputs],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}
