/**
 * Batch normalisation (Ioffe and Szegedy 2015) as in training, which PyTorch defines: every channel gets
 * mean 0 and variance 1 over the images and pixels of the batch; then it is scaled and shifted.
 *
 * The variance is the mean squared distance from the mean, in a second reading, as in group_norm.ts.
 *
 * Backward, with r = 1/√(variance + ε), x̂ = (x − mean) · r and means over the channel:
 * dw = Σ dy · x̂, db = Σ dy, and dx = w · r · (dy − mean of dy − x̂ · mean of dy · x̂).
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { reduceAxes } from "../parts/axes/reduction.ts";
import { elementwise } from "../parts/elementwise.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { rowSums } from "../parts/row_sums.ts";
import { formatShape, imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { vectorType, vectorWidth } from "../parts/vector_width.ts";

/**
 * Parameters of {@linkcode batchNorm}.
 *
 * @category Operations
 */
export type BatchNormParams = {
  /** Added to the variance; PyTorch's default is 1e-5. */
  readonly epsilon: number;
};

function shaderFor(bindings: string, body: string): string {
  return /* wgsl */ `
struct Params { channels: u32, vectors: u32, count: u32, elements: f32, epsilon: f32 }
@group(0) @binding(0) var<uniform> p: Params;
${bindings}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let c = i / p.vectors % p.channels;
  ${body}
}
`;
}

function forwardShader(type: string): string {
  return shaderFor(
    /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;`,
    "y[i] = (x[i] - mean[c]) * (inverseSqrt(variance[c] + p.epsilon) * weight[c]) + bias[c];",
  );
}

/** `sums` holds Σ dy and Σ dy · (x − mean) of every channel. */
function inputShader(type: string): string {
  return shaderFor(
    /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> dx: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;
@group(0) @binding(3) var<storage, read> dy: array<${type}>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read> weight: array<f32>;
@group(0) @binding(7) var<storage, read> sums: array<vec2f>;`,
    /* wgsl */ `
  let r = inverseSqrt(variance[c] + p.epsilon);
  let means = sums[c] / p.elements;
  dx[i] = weight[c] * r * (dy[i] - means.x - (x[i] - mean[c]) * (r * r * means.y));`,
  );
}

const PARAMETERS = /* @__PURE__ */ shaderFor(
  /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> dw: array<f32>;
@group(0) @binding(2) var<storage, read_write> db: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<vec2f>;`,
  /* wgsl */ `
  db[c] = sums[c].x;
  dw[c] = sums[c].y * inverseSqrt(variance[c] + p.epsilon);`,
);

/**
 * Mean and variance of every channel.
 *
 * @category Operations
 */
export interface ChannelMoments {
  /** The mean over images and pixels, `[c]`. */
  readonly mean: Tensor<"f32">;
  /** The mean squared distance from it, `[c]`: divided by their number, not by one less. */
  readonly variance: Tensor<"f32">;
}

/**
 * The moments of the channels of a batch of images; they belong to the innermost scope.
 *
 * @category Operations
 */
export function channelMoments(device: Device, x: Tensor<"f32">): ChannelMoments {
  const [n, c] = x.shape;
  const floats = { n: x.size / c };
  using scope = device.scope();
  const share = (label: string, total: Tensor<"f32">) =>
    elementwise(device, { label, inputs: [total], expression: "a / p.n", floats });
  const sums = reduceAxes(device, x, {
    label: "batchNorm mean",
    kind: "sum",
    axes: [0, 2, 3],
    shape: [c],
  });
  const mean = scope.keep(share("batchNorm mean", sums));
  const squares = rowSums(device, {
    label: "batchNorm variance",
    inputs: [x],
    table: mean,
    rows: n * c,
    integers: { channels: c },
    setup: "let mean = table[row % p.channels];",
    terms: ["(a - mean) * (a - mean)"],
    shape: [n, c],
  });
  const total = sumSlabs(device, { partial: squares, shape: [c] });
  return { mean, variance: scope.keep(share("batchNorm variance", total)) };
}

function dispatchChannels(
  device: Device,
  { label, shaderOf, x, vector, params, tensors }: {
    label: string;
    shaderOf: (type: string) => string;
    x: Shape;
    /** Elements at once; null for a kernel that has one invocation for a channel. */
    vector: 1 | 4 | null;
    params: BatchNormParams;
    tensors: readonly Tensor<"f32">[];
  },
): void {
  const [n, channels, height, width] = x;
  const vectors = vector === null ? 1 : height * width / vector;
  const count = vector === null ? channels : n * channels * vectors;
  device.dispatch({
    label,
    shader: shaderOf(vectorType(vector ?? 1)),
    uniforms: { channels, vectors, count, elements: n * height * width, epsilon: params.epsilon },
    tensors,
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

/** Σ dy and Σ dy · (x − mean) of every channel, `[c, 2]`. */
function channelSums(
  device: Device,
  { x, dy, mean }: { x: Tensor<"f32">; dy: Tensor<"f32">; mean: Tensor<"f32"> },
): Tensor<"f32"> {
  const [n, c] = x.shape;
  using scope = device.scope();
  const partial = rowSums(device, {
    label: "batchNorm sums",
    inputs: [x, dy],
    table: mean,
    rows: n * c,
    integers: { channels: c },
    setup: "let mean = table[row % p.channels];",
    terms: ["b", "b * (a - mean)"],
    shape: [n, c, 2],
  });
  return scope.keep(sumSlabs(device, { partial, shape: [c, 2] }));
}

function normShape([x, w, b]: readonly Shape[], { epsilon }: BatchNormParams): Shape {
  const [, c] = imageShape(x, "batchNorm");
  const cannot = `Cannot run batchNorm: x is ${formatShape(x)}`;
  if (!(epsilon > 0)) throw new RangeError(`${cannot}, epsilon is ${epsilon}, expected > 0`);
  for (const [name, shape] of [["w", w], ["b", b]] as const) {
    if (shape.length !== 1 || shape[0] !== c) {
      throw new RangeError(`${cannot}, ${name} is ${formatShape(shape)}, expected [${c}]`);
    }
  }
  return x;
}

/** Of every channel its elements' places, their mean and r, in plain loops. */
function referenceChannels({ shape, data }: NdArray, { epsilon }: BatchNormParams) {
  const [, c, h, w] = shape;
  return Array.from({ length: c }, (_, channel) => {
    const places = [...data.keys()].filter((i) => Math.floor(i / h / w) % c === channel);
    const mean = places.reduce((sum, i) => sum + data[i], 0) / places.length;
    const variance = places.reduce((sum, i) => sum + (data[i] - mean) ** 2, 0) / places.length;
    return { channel, places, mean, r: 1 / Math.sqrt(variance + epsilon) };
  });
}

function sample(x: Shape, bench = false) {
  return { shapes: [x, [x[1]], [x[1]]], params: { epsilon: 1e-5 }, bench };
}

/**
 * y = (x − mean) / √(variance + ε) · w + b, with mean and variance of the batch's channel.
 *
 * @category Operations
 */
export const batchNorm: Operation<BatchNormParams, ["x", "weight", "bias"]> = {
  name: "batchNorm",
  inputs: ["x", "weight", "bias"],
  shape: normShape,
  forward(device, [x, weight, bias], params) {
    using scope = device.scope();
    const { mean, variance } = channelMoments(device, x);
    const y = scope.keep(device.empty(x.shape));
    dispatchChannels(device, {
      label: "batchNorm",
      shaderOf: forwardShader,
      x: x.shape,
      vector: vectorWidth(x.shape[2] * x.shape[3]),
      params,
      tensors: [y, x, mean, variance, weight, bias],
    });
    return y;
  },
  backward(device, { inputs: [x, weight], dy, needs }, params) {
    using scope = device.scope();
    const { mean, variance } = channelMoments(device, x);
    const sums = channelSums(device, { x, dy, mean });
    const gradients: (Tensor<"f32"> | null)[] = [null, null, null];
    if (needs[0]) {
      const dx = gradients[0] = scope.keep(device.empty(x.shape));
      dispatchChannels(device, {
        label: "batchNorm dx",
        shaderOf: inputShader,
        x: x.shape,
        vector: vectorWidth(x.shape[2] * x.shape[3]),
        params,
        tensors: [dx, x, dy, mean, variance, weight, sums],
      });
    }
    if (needs[1] || needs[2]) {
      const [dw, db] = [0, 1].map(() => scope.keep(device.empty(weight.shape)));
      dispatchChannels(device, {
        label: "batchNorm dw db",
        shaderOf: () => PARAMETERS,
        x: x.shape,
        vector: null,
        params,
        tensors: [dw, db, variance, sums],
      });
      [gradients[1], gradients[2]] = [dw, db];
    }
    return gradients;
  },
};

/** What {@linkcode batchNorm} is held against. */
export const batchNormCheck: OperationCheck<BatchNormParams> = {
  reference: {
    forward([x, w, b], params) {
      const y = zeros(x.shape);
      for (const { channel, places, mean, r } of referenceChannels(x, params)) {
        for (const i of places) {
          y.data[i] = (x.data[i] - mean) * r * w.data[channel] + b.data[channel];
        }
      }
      return y;
    },
    backward([x, w, b], dy, params) {
      const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
      for (const { channel, places, mean, r } of referenceChannels(x, params)) {
        const normal = (i: number) => (x.data[i] - mean) * r;
        for (const i of places) {
          dw.data[channel] += dy.data[i] * normal(i);
          db.data[channel] += dy.data[i];
        }
        const [first, second] = [db, dw].map(({ data }) => data[channel] / places.length);
        for (const i of places) {
          dx.data[i] = w.data[channel] * r * (dy.data[i] - first - normal(i) * second);
        }
      }
      return [dx, dw, db];
    },
  },
  samples: /* @__PURE__ */ (() => [
    sample([2, 3, 5, 7]),
    sample([1, 1, 1, 5]),
    sample([5, 4, 1, 1]),
    sample([3, 2, 4, 6]),
    sample([2, 3, 41, 40]),
    sample([4, 16, 128, 128], true),
  ])(),
};

const TRACK = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, share: f32, correction: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<storage, read> batch_mean: array<f32>;
@group(0) @binding(4) var<storage, read> batch_variance: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= p.count) { return; }
  mean[c] = (1.0 - p.share) * mean[c] + p.share * batch_mean[c];
  variance[c] = (1.0 - p.share) * variance[c] + p.share * p.correction * batch_variance[c];
}
`)();

/**
 * Moves running moments towards those of a batch, in place, as PyTorch does: the variance as if divided by one
 * less than the number of elements.
 *
 * @category Operations
 */
export function trackMoments(
  device: Device,
  running: ChannelMoments,
  { x, share }: { x: Tensor<"f32">; share: number },
): void {
  using _scope = device.scope();
  const batch = channelMoments(device, x);
  const channels = x.shape[1];
  const elements = x.size / channels;
  device.dispatch({
    label: "batchNorm track",
    shader: TRACK,
    uniforms: { count: channels, share, correction: elements / Math.max(elements - 1, 1) },
    tensors: [running.mean, running.variance, batch.mean, batch.variance],
    workgroups: [Math.ceil(channels / WORKGROUP)],
  });
}
