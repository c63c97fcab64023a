/**
 * Packs OIHW weights into vectors over 4 output channels, `[⌈c_out / 4⌉][c_in][k][k]` `vec4f`, the
 * order in which the direct kernel reads them. Channels past the last are zero.
 *
 * For the input gradient the roles of the channels change places and the taps turn by 180°:
 * dx[i] = Σ_o dy[o] ⋆ flipped w[o, i].
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import { paddedBytes } from "../../gpu/memory/pool.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor, TensorBlock } from "../../gpu/tensor.ts";

/** Sizes of a layer's weights, and the shape of them packed. */
function packedSizes([first, second, k]: Shape, transposed: boolean) {
  const [cOut, cIn] = transposed ? [second, first] : [first, second];
  const terms = cIn * k * k;
  return { cOut, terms, taps: k * k, packed: [Math.ceil(cOut / 4) * terms, 4] };
}

/** The weights of convolutions in a block; none where they would be too large for one buffer. */
function packable(device: Device, block: TensorBlock, transposed: boolean): Tensor<"f32">[] {
  const weights = block.parts.filter(({ shape }) => shape.length === 4 && shape[2] === shape[3]);
  const bytes = weights.reduce(
    (sum, { shape }) => sum + paddedBytes(4 * sizeOf(packedSizes(shape, transposed).packed)),
    0,
  );
  return bytes <= device.maxTensorBytes ? weights : [];
}

/**
 * One invocation packs a term of a block of channels of a layer. A row of the table says of a layer where
 * its workgroups end, its channels, terms and taps, and the next one where it begins, in steps of 256
 * bytes, in both buffers.
 */
function packShader(
  { layers, transposed, type }: { layers: number; transposed: boolean; type: "f32" | "f16" },
): string {
  return /* wgsl */ `
${type === "f16" ? "enable f16;" : ""}
struct Params { table: array<vec4f, ${2 * layers}> }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4<${type}>>;
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
  packed[places.y * 16u + index] =
    vec4<${type}>(select(vec4f(0.0), weights, channels < vec4u(c_out)));
}
`;
}

/** A layer's weights, and where they begin in the tensor that is packed. */
type Place = Pick<Tensor, "shape" | "offset">;

/** Packs the weights of layers that lie in a tensor, each into a part of another. */
function packInto(
  device: Device,
  { whole, parts }: Pick<TensorBlock, "whole" | "parts">,
  { from, layers, transposed }: { from: Tensor; layers: readonly Place[]; transposed: boolean },
): void {
  let end = 0;
  const table = layers.flatMap(({ shape, offset }, i) => {
    const { cOut, terms, taps, packed: [vectors] } = packedSizes(shape, transposed);
    end += Math.ceil(vectors / WORKGROUP);
    return [end, cOut, terms, taps, offset / 256, parts[i].offset / 256, 0, 0];
  });
  const type = whole.isHalf ? "f16" : "f32";
  device.dispatch({
    label: transposed ? "conv2d pack transposed" : "conv2d pack",
    shader: packShader({ layers: layers.length, transposed, type }),
    uniforms: { table },
    tensors: [whole, from],
    workgroups: linearWorkgroups(end * WORKGROUP, WORKGROUP),
  });
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
  const packedShape = ({ shape }: Place) => packedSizes(shape, transposed).packed;
  const index = weights.indexOf(weight);
  if (!block || index < 0) {
    const packed = device.empty(packedShape(weight), "f32", { isHalf: half });
    const layers = [{ shape: weight.shape, offset: 0 }];
    packInto(device, { whole: packed, parts: [packed] }, { from: weight, layers, transposed });
    return packed;
  }
  const name = transposed ? "conv2d packed transposed" : "conv2d packed";
  const make = () => {
    const packed = device.blocks.make(weights.map(packedShape));
    packInto(device, packed, { from: block.whole, layers: weights, transposed });
    return packed;
  };
  return device.blocks.derive(block, { name, make }).parts[index];
}
