/**
 * Sums of an image tensor over everything but its channels, and with them what the backward pass of a
 * layer with ReLU needs first: the upstream gradient with the ReLU's zeros masked out, in the same
 * reading of it as its sums, the bias gradient.
 *
 * Neighbouring invocations read neighbouring vectors of one plane, a stride apart; each keeps its own
 * sum, and a second pass adds them in their order.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { BackwardContext, SumOfSlabs } from "../operation.ts";
import { nanFunctions } from "./nan.ts";
import { bindOperands, declareOperand, quickSource, type Source } from "./operand.ts";
import { sumSlabs } from "./reduce.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { vectorType, type VectorWidth, vectorWidth } from "./vector_width.ts";

/** Vectors that one invocation reads where the plane is small; more where it is very large. */
const STEPS = 64;
const MOST_LANES = 1024;

/** Sums x, or what a mask leaves of it, which then takes its place. */
function shaderFor(
  { vector, mask, source }: { vector: VectorWidth; mask?: Tensor; source: Source },
): string {
  const type = vectorType(vector);
  return /* wgsl */ `
struct Params { channels: u32, vectors: u32, lanes: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
${
    mask
      ? `@group(0) @binding(2) var<storage, read_write> x: array<${type}>;
@group(0) @binding(3) var<storage, read> mask: array<${type}>;
${nanFunctions(type)}`
      : declareOperand("x", { binding: 2, source, type })
  }

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let plane = index / p.lanes;
  let lane = index - plane * p.lanes;
  let channel = plane % p.channels;
  let image = plane / p.channels;
  let end = (plane + 1u) * p.vectors;
  var sum = ${type}(0.0);
  for (var i = plane * p.vectors + lane; i < end; i += p.lanes) {
    ${
    mask
      ? `let value = select(x[i], ${type}(0.0), is_blocked(mask[i]));
    x[i] = value;
    sum += value;`
      : "sum += x_at(i32(i));"
  }
  }
  partial[(image * p.lanes + lane) * p.channels + channel] =
    ${vector === 4 ? "sum.x + sum.y + sum.z + sum.w" : "sum"};
}
`;
}

function runSums(
  device: Device,
  { x, mask, sum = sumSlabs }: { x: Tensor<"f32">; mask?: Tensor<"f32">; sum?: SumOfSlabs },
): Tensor<"f32"> {
  const [batch, channels, height, width] = x.shape;
  const area = height * width;
  const vector = vectorWidth(area);
  const vectors = area / vector;
  const lanes = Math.min(MOST_LANES, Math.ceil(vectors / STEPS));
  const count = batch * channels * lanes;
  using scope = device.scope();
  const partial = device.empty([batch * lanes, channels]);
  const source = mask ? "buffer" : quickSource(device, x);
  device.dispatch({
    label: mask ? "relu mask" : "sum per channel",
    shader: shaderFor({ vector, mask, source }),
    uniforms: { channels, vectors, lanes, count },
    ...bindOperands([partial], { operands: mask ? [x, mask] : [x], source }),
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return scope.keep(sum(device, { partial, shape: [channels] }));
}

/** Sums an image tensor over everything but its channels: `[n, c, h, w]` to `[c]`. */
export function sumPerChannel(
  device: Device,
  x: Tensor<"f32">,
  sum?: SumOfSlabs,
): Tensor<"f32"> {
  return runSums(device, { x, sum });
}

/**
 * The gradient before a ReLU, dz = 0 where y ≤ 0 and else dy, and its sum per channel.
 *
 * @param y The ReLU's output, `[n, c, h, w]`.
 * @param dy The gradient to it.
 * @param inPlace Whether dz takes the place of dy, which saves a copy.
 */
export function maskAndSum(
  device: Device,
  { y, dy, inPlace = false, sum }: {
    y: Tensor<"f32">;
    dy: Tensor<"f32">;
    inPlace?: boolean;
    sum?: SumOfSlabs;
  },
): { dz: Tensor<"f32">; sums: Tensor<"f32"> } {
  const dz = inPlace ? dy : device.empty(dy.shape);
  if (!inPlace) device.copy({ from: dy, to: dz, count: dy.size });
  return { dz, sums: runSums(device, { x: dz, mask: y, sum }) };
}

/**
 * What a layer with bias and maybe a ReLU needs first of its output's gradient: the gradient to its
 * sums, and that to its bias where it comes along, else null; `bias` is the bias's index among the
 * inputs. The first takes the place of dy where nobody else reads that; the output is not read any
 * more. A gradient that is gated already is taken as it is.
 */
export function gradientOfSums(
  device: Device,
  { output: y, dy, needs, ownsDy = false, isGated = false, release, summing }: BackwardContext,
  { relu, bias }: { relu: boolean; bias: number },
): { dz: Tensor<"f32">; sums: Tensor<"f32"> | null } {
  const sum = needs[bias] ? summing?.(bias) : undefined;
  const masked = relu && !isGated
    ? maskAndSum(device, { y, dy, inPlace: ownsDy, sum })
    : { dz: dy, sums: null };
  if (relu) release?.(y);
  return masked;
}

/**
 * The gradients to the weights and to the bias of a layer, of which the latter may have come along before,
 * or come along with the former; else it is summed by itself. Both belong to the innermost scope.
 *
 * @param layer.toWeights Computes the gradient to the weights, and may call what it is given with slabs of
 * that to the bias.
 */
export function gradientsOfLayer(
  device: Device,
  { needs, inputs, summing }: BackwardContext,
  { dz, sums, indices: { weight, bias }, toWeights }: {
    dz: Tensor<"f32">;
    sums: Tensor<"f32"> | null;
    indices: { readonly weight: number; readonly bias: number };
    toWeights: (
      options: { sum?: SumOfSlabs; sumBias?: (partial: Tensor<"f32">) => Tensor<"f32"> },
    ) => Tensor<"f32">;
  },
): { dw: Tensor<"f32"> | null; db: Tensor<"f32"> | null } {
  const sumOf = (input: number) => summing?.(input) ?? sumSlabs;
  let db = needs[bias] ? sums : null;
  const isMissing = needs[bias] && !sums;
  const sumBias = (partial: Tensor<"f32">) => {
    db = sumOf(bias)(device, { partial, shape: inputs[bias].shape });
    return db;
  };
  const dw = needs[weight]
    ? toWeights({ sum: sumOf(weight), ...(isMissing && { sumBias }) })
    : null;
  if (needs[bias]) db ??= sumPerChannel(device, dz, sumOf(bias));
  return { dw, db };
}
