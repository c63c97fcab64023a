/**
 * Packs OIHW weights into vectors over 4 output channels, `[⌈c_out / 4⌉][c_in][k][k]` `vec4f`, the
 * order in which the direct kernel reads them. Channels past the last are zero.
 *
 * For the input gradient the roles of the channels change places and the taps turn by 180°:
 * dx[i] = Σ_o dy[o] ⋆ flipped w[o, i].
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../device.ts";
import type { Tensor } from "../../tensor.ts";

const WORKGROUP = 64;

/** WGSL: a weight of a layer that may be turned round; a shader has `w` and its sizes in `p`. */
export const WEIGHT = /* wgsl */ `
fn weight(o: u32, i: u32, tap: u32) -> f32 {
  if (o >= p.c_out) { return 0.0; }
  if (p.transposed == 1u) { return w[(i * p.c_out + o) * p.taps + p.taps - 1u - tap]; }
  return w[(o * p.c_in + i) * p.taps + tap];
}
`;

function packShader(type: "f32" | "f16"): string {
  return /* wgsl */ `
${type === "f16" ? "enable f16;" : ""}
struct Params { c_in: u32, c_out: u32, taps: u32, transposed: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4<${type}>>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
${WEIGHT}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let tap = index % p.taps;
  let i = (index / p.taps) % p.c_in;
  let o = index / p.taps / p.c_in * 4u;
  packed[index] = vec4<${type}>(vec4f(weight(o, i, tap), weight(o + 1u, i, tap),
    weight(o + 2u, i, tap), weight(o + 3u, i, tap)));
}
`;
}

/** Packs weights for the forward pass, or transposed for the input gradient; as f16 if asked. */
export function packWeights(
  device: Device,
  { weight, transposed, half = false }: {
    weight: Tensor<"f32">;
    transposed: boolean;
    half?: boolean;
  },
): Tensor<"f32"> {
  const [first, second, k] = weight.shape;
  const [cOut, cIn] = transposed ? [second, first] : [first, second];
  const count = Math.ceil(cOut / 4) * cIn * k * k;
  const packed = device.empty([count, half ? 2 : 4]);
  device.dispatch({
    label: transposed ? "conv2d pack transposed" : "conv2d pack",
    shader: packShader(half ? "f16" : "f32"),
    uniforms: [cIn, cOut, k * k, transposed ? 1 : 0, count],
    tensors: [packed, weight],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return packed;
}
