/**
 * Group normalisation (Wu and He 2018), as PyTorch defines it: the channels of each image are taken in
 * groups, and every group gets mean 0 and variance 1 over its channels and pixels; then each channel
 * is scaled and shifted. It needs no other images, so it is the same for a batch of one.
 *
 * The variance is the mean squared distance from the mean, in a second reading: mean square less
 * squared mean would cancel where the mean is far from 0.
 *
 * Backward, with r = 1/√(variance + ε) and x̂ = (x − mean) · r: dw = Σ dy · x̂ and db = Σ dy over images
 * and pixels; dx = r · (w · dy − m₁ − x̂ · m₂), where m₁ and m₂ are the means of w · dy and
 * w · dy · x̂ over the group. All of them come from two sums per channel of every image.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { rowSums } from "../parts/row_sums.ts";
import { formatShape, imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { vectorType, vectorWidth } from "../parts/vector_width.ts";

/**
 * Parameters of {@linkcode groupNorm}.
 *
 * @category Operations
 */
export type GroupNormParams = {
  /** Groups that the channels are divided into. */
  readonly groups: number;
  /** Added to the variance; PyTorch's default is 1e-5. */
  readonly epsilon: number;
};

/** The steps of an index over elements, vectors, planes and groups that all shaders share. */
const HEAD = /* wgsl */ `
struct Params { channels: u32, per_group: u32, vectors: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
`;

const MAIN = /* @__PURE__ */ (() => /* wgsl */ `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
`)();

/** Mean and r of each group, from the sum of x and that of its squared distances. */
const MOMENTS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { length: u32, count: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> moments: array<vec2f>;
@group(0) @binding(2) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read> squares: array<f32>;
${MAIN}
  let length = f32(p.length);
  moments[index] = vec2f(sums[index] / length, inverseSqrt(squares[index] / length + p.epsilon));
}
`)();

function forwardShader(type: string): string {
  return /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;
@group(0) @binding(3) var<storage, read> moments: array<vec2f>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
${MAIN}
  let plane = index / p.vectors;
  let channel = plane % p.channels;
  let moment = moments[plane / p.per_group];
  y[index] = (x[index] - moment.x) * (moment.y * weight[channel]) + bias[channel];
}
`;
}

/** m₁ and m₂ of each group, from the sums of its channels. */
const GROUP_MEANS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { channels: u32, per_group: u32, area: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> means: array<vec2f>;
@group(0) @binding(2) var<storage, read> planes: array<vec2f>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
${MAIN}
  var sum = vec2f(0.0);
  for (var i = 0u; i < p.per_group; i++) {
    let plane = index * p.per_group + i;
    sum += weight[plane % p.channels] * planes[plane];
  }
  means[index] = sum / (f32(p.area) * f32(p.per_group));
}
`)();

function inputShader(type: string): string {
  return /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> dx: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;
@group(0) @binding(3) var<storage, read> dy: array<${type}>;
@group(0) @binding(4) var<storage, read> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read> means: array<vec2f>;
@group(0) @binding(6) var<storage, read> weight: array<f32>;
${MAIN}
  let plane = index / p.vectors;
  let moment = moments[plane / p.per_group];
  let mean = means[plane / p.per_group];
  let normal = (x[index] - moment.x) * moment.y;
  dx[index] = moment.y * (weight[plane % p.channels] * dy[index] - mean.x - normal * mean.y);
}
`;
}

/** Takes the sums of all images, `[c, 2]`, apart. */
const PARAMETERS = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> dw: array<f32>;
@group(0) @binding(2) var<storage, read_write> db: array<f32>;
@group(0) @binding(3) var<storage, read> sums: array<vec2f>;
${MAIN}
  db[index] = sums[index].x;
  dw[index] = sums[index].y;
}
`)();

function normShape([x, w, b]: readonly Shape[], { groups, epsilon }: GroupNormParams): Shape {
  const [, c] = imageShape(x, "groupNorm");
  const cannot = `Cannot run groupNorm: x is ${formatShape(x)}`;
  if (!(Number.isInteger(groups) && groups > 0 && c % groups === 0)) {
    throw new RangeError(`${cannot}, whose channels cannot be divided into ${groups} groups`);
  }
  if (!(epsilon > 0)) throw new RangeError(`${cannot}, epsilon is ${epsilon}, expected > 0`);
  for (const [name, shape] of [["w", w], ["b", b]] as const) {
    if (shape.length !== 1 || shape[0] !== c) {
      throw new RangeError(`${cannot}, ${name} is ${formatShape(shape)}, expected [${c}]`);
    }
  }
  return x;
}

/** Mean and r of every group, `[n · groups, 2]`. */
function momentsOf(
  device: Device,
  x: Tensor<"f32">,
  { groups, epsilon }: GroupNormParams,
): Tensor<"f32"> {
  const rows = x.shape[0] * groups;
  using scope = device.scope();
  const sums = rowSums(device, { label: "groupNorm mean", inputs: [x], rows, terms: ["a"] });
  const squares = rowSums(device, {
    label: "groupNorm variance",
    inputs: [x],
    table: sums,
    rows,
    setup: "let mean = table[row] / count;",
    terms: ["(a - mean) * (a - mean)"],
  });
  const moments = scope.keep(device.empty([rows, 2]));
  device.dispatch({
    label: "groupNorm moments",
    shader: MOMENTS,
    uniforms: { length: x.size / rows, count: rows, epsilon },
    tensors: [moments, sums, squares],
    workgroups: linearWorkgroups(rows, WORKGROUP),
  });
  return moments;
}

/** Runs one of the shaders that compute an element of an image from the moments of its group. */
function perElement(
  device: Device,
  { label, shaderOf, groups, tensors: [result, ...others] }: {
    label: string;
    shaderOf: (type: string) => string;
    groups: number;
    tensors: [Tensor<"f32">, ...Tensor<"f32">[]];
  },
): Tensor<"f32"> {
  const [n, channels, height, width] = result.shape;
  const vector = vectorWidth(height * width);
  const vectors = height * width / vector;
  const count = n * channels * vectors;
  device.dispatch({
    label,
    shader: shaderOf(vectorType(vector)),
    uniforms: { channels, per_group: channels / groups, vectors, count },
    tensors: [result, ...others],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}

/** Σ dy and Σ dy · x̂ over the pixels of every channel of every image, `[n, c, 2]`. */
function planeSums(
  device: Device,
  { x, dy, moments, groups }: {
    x: Tensor<"f32">;
    dy: Tensor<"f32">;
    moments: Tensor<"f32">;
    groups: number;
  },
): Tensor<"f32"> {
  const [n, c] = x.shape;
  return rowSums(device, {
    label: "groupNorm sums",
    inputs: [x, dy],
    table: moments,
    rows: n * c,
    integers: { per_group: c / groups },
    setup: `
  let mean = table[row / p.per_group * 2u];
  let r = table[row / p.per_group * 2u + 1u];`,
    terms: ["b", "b * (a - mean) * r"],
    shape: [n, c, 2],
  });
}

/** What every sum of a group needs, in plain loops: its elements, their mean and r. */
function visitGroups(
  { shape, data }: NdArray,
  { groups, epsilon }: GroupNormParams,
  visit: (group: { start: number; end: number; mean: number; r: number }) => void,
): void {
  const length = data.length / (shape[0] * groups);
  for (let start = 0; start < data.length; start += length) {
    const part = data.subarray(start, start + length);
    const mean = part.reduce((sum, value) => sum + value, 0) / length;
    const variance = part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
    visit({ start, end: start + length, mean, r: 1 / Math.sqrt(variance + epsilon) });
  }
}

function referenceForward([x, w, b]: readonly NdArray[], params: GroupNormParams): NdArray {
  const y = zeros(x.shape);
  const [, c, height, width] = x.shape;
  visitGroups(x, params, ({ start, end, mean, r }) => {
    for (let i = start; i < end; i++) {
      const channel = Math.floor(i / (height * width)) % c;
      y.data[i] = (x.data[i] - mean) * r * w.data[channel] + b.data[channel];
    }
  });
  return y;
}

function referenceBackward(
  [x, w, b]: readonly NdArray[],
  dy: NdArray,
  params: GroupNormParams,
): NdArray[] {
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  const [, c, height, width] = x.shape;
  const channelOf = (i: number) => Math.floor(i / (height * width)) % c;
  visitGroups(x, params, ({ start, end, mean, r }) => {
    let [first, second] = [0, 0];
    for (let i = start; i < end; i++) {
      const [channel, normal] = [channelOf(i), (x.data[i] - mean) * r];
      dw.data[channel] += dy.data[i] * normal;
      db.data[channel] += dy.data[i];
      first += w.data[channel] * dy.data[i] / (end - start);
      second += w.data[channel] * dy.data[i] * normal / (end - start);
    }
    for (let i = start; i < end; i++) {
      const normal = (x.data[i] - mean) * r;
      dx.data[i] = r * (w.data[channelOf(i)] * dy.data[i] - first - normal * second);
    }
  });
  return [dx, dw, db];
}

function sample(x: Shape, groups: number) {
  return { shapes: [x, [x[1]], [x[1]]], params: { groups, epsilon: 1e-5 } };
}

/**
 * y = (x − mean) / √(variance + ε) · w + b, with mean and variance of the group of channels.
 *
 * @category Operations
 */
export const groupNorm: Operation<GroupNormParams, ["x", "weight", "bias"]> = {
  name: "groupNorm",
  inputs: ["x", "weight", "bias"],
  shape: normShape,
  forward(device, [x, weight, bias], params) {
    using scope = device.scope();
    const moments = momentsOf(device, x, params);
    return perElement(device, {
      label: "groupNorm",
      shaderOf: forwardShader,
      groups: params.groups,
      tensors: [scope.keep(device.empty(x.shape)), x, moments, weight, bias],
    });
  },
  backward(device, { inputs: [x, weight], dy, needs }, params) {
    const [n, c, height, width] = x.shape;
    const { groups } = params;
    using scope = device.scope();
    const moments = momentsOf(device, x, params);
    const planes = planeSums(device, { x, dy, moments, groups });
    const gradients: (Tensor<"f32"> | null)[] = [null, null, null];
    if (needs[0]) {
      const count = n * groups;
      const means = device.empty([count, 2]);
      device.dispatch({
        label: "groupNorm means",
        shader: GROUP_MEANS,
        uniforms: { channels: c, per_group: c / groups, area: height * width, count },
        tensors: [means, planes, weight],
        workgroups: linearWorkgroups(count, WORKGROUP),
      });
      const dx = scope.keep(device.empty(x.shape));
      gradients[0] = perElement(device, {
        label: "groupNorm dx",
        shaderOf: inputShader,
        groups,
        tensors: [dx, x, dy, moments, means, weight],
      });
    }
    if (needs[1] || needs[2]) {
      const sums = sumSlabs(device, { partial: planes, shape: [c, 2] });
      const [dw, db] = [device.empty([c]), device.empty([c])].map((t) => scope.keep(t));
      device.dispatch({
        label: "groupNorm dw db",
        shader: PARAMETERS,
        uniforms: { count: c },
        tensors: [dw, db, sums],
        workgroups: linearWorkgroups(c, WORKGROUP),
      });
      [gradients[1], gradients[2]] = [dw, db];
    }
    return gradients;
  },
};

/** What {@linkcode groupNorm} is held against. */
export const groupNormCheck: OperationCheck<GroupNormParams> = {
  reference: { forward: referenceForward, backward: referenceBackward },
  samples: /* @__PURE__ */ (() => [
    sample([2, 8, 9, 10], 4),
    sample([1, 6, 5, 7], 1),
    sample([3, 5, 4, 4], 5),
    sample([1, 8, 1, 1], 2),
    sample([2, 3, 41, 40], 3),
    { ...sample([4, 16, 128, 128], 8), bench: true },
  ])(),
};
