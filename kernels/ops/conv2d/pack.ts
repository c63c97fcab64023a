/**
 * Packs OIHW weights into vectors over 4 output channels, `[⌈c_out / 4⌉][c_in][k][k]` `vec4f`, the
 * order in which the direct kernel reads them. Channels past the last are zero.
 *
 * For the input gradient the roles of the channels change places and the taps turn by 180°:
 * dx[i] = Σ_o dy[o] ⋆ flipped w[o, i].
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../gpu/device.ts";
import { paddedBytes } from "../../gpu/memory/pool.ts";
import type { Shape } from "../../gpu/shape.ts";
import type { Tensor, TensorBlock } from "../../gpu/tensor.ts";

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

/** Sizes of the packed weights of a layer. */
function packedSizes([first, second, k]: Shape, transposed: boolean) {
  const [cOut, cIn] = transposed ? [second, first] : [first, second];
  return { cOut, terms: cIn * k * k, blocks: Math.ceil(cOut / 4), taps: k * k };
}

/** The weights of convolutions in a block; none where they would be too large for one buffer. */
function packable(device: Device, block: TensorBlock, transposed: boolean): Tensor<"f32">[] {
  const weights = block.parts.filter(({ shape }) => shape.length === 4 && shape[2] === shape[3]);
  const bytes = weights.reduce((sum, { shape }) => {
    const { terms, blocks } = packedSizes(shape, transposed);
    return sum + paddedBytes(blocks * terms * 16);
  }, 0);
  return bytes <= device.maxTensorBytes ? weights : [];
}

/**
 * The same for several layers at once: one invocation packs a term of a block of channels. A row of the
 * table says of a layer where its workgroups end, its channels, terms and taps, and the next one where it
 * begins, in steps of 256 bytes, in both buffers.
 */
function packAllShader({ layers, transposed }: { layers: number; transposed: boolean }): string {
  return /* wgsl */ `
struct Params { table: array<vec4f, ${2 * layers}> }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let group = id.x + id.y * size.x;
  var layer = 0u;
  var first = 0u;
  while (layer < ${layers}u && group >= u32(p.table[2u * layer].x)) {
    first = u32(p.table[2u * layer].x);
    layer++;
  }
  if (layer == ${layers}u) { return; }
  let sizes = vec4u(p.table[2u * layer]);
  let places = vec4u(p.table[2u * layer + 1u]);
  let c_out = sizes.y;
  let terms = sizes.z;
  let taps = sizes.w;
  let index = (group - first) * ${WORKGROUP}u + local;
  let block = index / terms;
  if (block * 4u >= c_out) { return; }
  let term = index - block * terms;
  let channels = block * 4u + vec4u(0u, 1u, 2u, 3u);
  let o = min(channels, vec4u(c_out - 1u));
  ${
    transposed
      ? `let i = term / taps;
  let at = places.x * 64u + (i * c_out + o + 1u) * taps - 1u - (term - i * taps);`
      : "let at = places.x * 64u + o * terms + term;"
  }
  let weights = vec4f(w[at.x], w[at.y], w[at.z], w[at.w]);
  packed[places.y * 16u + index] = select(vec4f(0.0), weights, channels < vec4u(c_out));
}
`;
}

/** Packs the weights of several layers of a block. */
function packTogether(
  device: Device,
  { block, weights, transposed }: {
    block: TensorBlock;
    weights: readonly Tensor<"f32">[];
    transposed: boolean;
  },
): TensorBlock {
  const sizes = weights.map(({ shape }) => packedSizes(shape, transposed));
  const packed = device.blocks.make(sizes.map(({ blocks, terms }) => [blocks * terms, 4]));
  let end = 0;
  const table = sizes.flatMap(({ cOut, terms, blocks, taps }, i) => {
    end += Math.ceil(blocks * terms / WORKGROUP);
    const places = [weights[i].offset / 256, packed.parts[i].offset / 256];
    return [end, cOut, terms, taps, ...places, 0, 0];
  });
  device.dispatch({
    label: transposed ? "conv2d pack transposed" : "conv2d pack",
    shader: packAllShader({ layers: weights.length, transposed }),
    uniforms: { table },
    tensors: [packed.whole, block.whole],
    workgroups: linearWorkgroups(end * WORKGROUP, WORKGROUP),
  });
  return packed;
}

/**
 * The weights for the forward pass, or transposed for the input gradient; as f16 if asked. Those of a
 * network, which lie side by side, are packed all at once, and stay so until one of them changes.
 */
export function packWeights(
  device: Device,
  problem: { weight: Tensor<"f32">; transposed: boolean; half?: boolean },
): Tensor<"f32"> {
  const { weight, transposed, half = false } = problem;
  const { block } = weight;
  const weights = block && !half ? packable(device, block, transposed) : [];
  const index = weights.indexOf(weight);
  if (!block || index < 0) return packAlone(device, problem);
  const name = transposed ? "conv2d packed transposed" : "conv2d packed";
  const make = () => packTogether(device, { block, weights, transposed });
  return device.blocks.derive(block, { name, make }).parts[index];
}

/** Weights of one layer, packed by themselves. */
function packAlone(
  device: Device,
  { weight, transposed, half = false }: {
    weight: Tensor<"f32">;
    transposed: boolean;
    half?: boolean;
  },
): Tensor<"f32"> {
  const { cOut, terms, blocks, taps } = packedSizes(weight.shape, transposed);
  const packed = device.empty([blocks * terms, 4], "f32", { isHalf: half });
  device.dispatch({
    label: transposed ? "conv2d pack transposed" : "conv2d pack",
    shader: packShader({ type: half ? "f16" : "f32", transposed }),
    uniforms: { terms, c_out: cOut, taps },
    tensors: [packed, weight],
    workgroups: [Math.ceil(terms / WORKGROUP), blocks],
  });
  return packed;
}
