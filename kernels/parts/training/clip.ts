/**
 * Gradients kept small, in place and without reading them: each number between two limits, or all of them
 * together no longer than a limit.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { nanFunctions } from "../nan.ts";
import { rowSums } from "../row_sums.ts";

/** As in PyTorch: keeps the quotient finite. */
const EPSILON = 1e-6;

const CLAMP = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, limit: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> g: array<vec4f>;
${nanFunctions("vec4f")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  g[i] = keep_nan(clamp(g[i], vec4f(-p.limit), vec4f(p.limit)), g[i]);
}
`)();

const NORM = /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read> squares: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < p.count; i++) { sum += squares[i]; }
  norm[0] = sqrt(sum);
}
`;

const SHORTEN = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, limit: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
${nanFunctions("f32")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  g[i] *= keep_nan(min(1.0, p.limit / (norm[0] + ${EPSILON})), norm[0]);
}
`)();

function inPlace(
  device: Device,
  tensor: Tensor<"f32">,
  { label, shader, limit, others }: {
    label: string;
    shader: string;
    limit: number;
    others: readonly Tensor<"f32">[];
  },
): void {
  const count = Math.ceil(tensor.size / 4);
  device.dispatch({
    label,
    shader,
    uniforms: { count, limit },
    tensors: [tensor, ...others],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

/** Brings every element into −limit … limit; NaN stays. */
export function clampInPlace(
  device: Device,
  tensor: Tensor<"f32">,
  { limit }: { limit: number },
): void {
  inPlace(device, tensor, { label: "clip values", shader: CLAMP, limit, others: [] });
}

/**
 * The Euclidean length of all elements of some tensors taken together, `[1]`.
 *
 * One tensor's squares are summed as every row is; there are at most some thousand tensors.
 */
export function jointNorm(device: Device, tensors: readonly Tensor<"f32">[]): Tensor<"f32"> {
  using scope = device.scope();
  const squares = device.empty([tensors.length]);
  tensors.forEach((tensor, i) => {
    const what = { label: "norm", inputs: [tensor], rows: 1, terms: ["a * a"], shape: [1] };
    device.copy({ from: rowSums(device, what), to: squares, toOffset: i, count: 1 });
  });
  const norm = scope.keep(device.empty([1]));
  device.dispatch({
    label: "joint norm",
    shader: NORM,
    uniforms: { count: tensors.length },
    tensors: [norm, squares],
    workgroups: [1],
  });
  return norm;
}

/** Multiplies a tensor by limit / norm where the norm, `[1]`, is above the limit. */
export function shortenInPlace(
  device: Device,
  tensor: Tensor<"f32">,
  { norm, limit }: { norm: Tensor<"f32">; limit: number },
): void {
  inPlace(device, tensor, { label: "clip norm", shader: SHORTEN, limit, others: [norm] });
}
