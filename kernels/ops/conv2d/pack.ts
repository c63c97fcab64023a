/**
 * Packs OIHW weights into vectors over 4 output channels, `[⌈c_out / 4⌉][c_in][k][k]` `vec4f`, the
 * order in which the direct kernel reads them. Channels past the last are zero.
 *
 * For the input gradient the roles of the channels change places and the taps turn by 180°:
 * dx[i] = Σ_o dy[o] ⋆ flipped w[o, i].
 *
 * @module
 */

import type { Device } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";

const WORKGROUP = 64;

/**
 * Terms lie along x and blocks of channels along y: the order of a layer's own weights, so that the
 * forward pass divides nothing, which costs a software adapter more than what it loads.
 */
function packShader({ type, transposed }: { type: "f32" | "f16"; transposed: boolean }): string {
  return /* wgsl */ `
${type === "f16" ? "enable f16;" : ""}
struct Params { terms: u32, c_out: u32, taps: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4<${type}>>;
@group(0) @binding(2) var<storage, read> w: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let term = id.x;
  if (term >= p.terms) { return; }
  let channels = id.y * 4u + vec4u(0u, 1u, 2u, 3u);
  let o = min(channels, vec4u(p.c_out - 1u));
  ${
    transposed
      ? `let i = term / p.taps;
  let at = (i * p.c_out + o + 1u) * p.taps - 1u - (term - i * p.taps);`
      : "let at = o * p.terms + term;"
  }
  let weights = vec4f(w[at.x], w[at.y], w[at.z], w[at.w]);
  packed[id.y * p.terms + term] =
    vec4<${type}>(select(vec4f(0.0), weights, channels < vec4u(p.c_out)));
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
  const terms = cIn * k * k;
  const blocks = Math.ceil(cOut / 4);
  const packed = device.empty([blocks * terms, half ? 2 : 4]);
  device.dispatch({
    label: transposed ? "conv2d pack transposed" : "conv2d pack",
    shader: packShader({ type: half ? "f16" : "f32", transposed }),
    uniforms: { terms, c_out: cOut, taps: k * k },
    tensors: [packed, weight],
    workgroups: [Math.ceil(terms / WORKGROUP), blocks],
  });
  return packed;
}
