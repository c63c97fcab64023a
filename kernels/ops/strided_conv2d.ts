/**
 * Convolution (cross-correlation) that moves by more than a pixel at a time: square kernels of any
 * side, zero padding, with bias, as in PyTorch.
 *
 * The windows that the kernel meets are written out as channels of a smaller image, and a 1×1
 * convolution of that image does the arithmetic: a matrix product, for which there are tuned kernels,
 * with no product too many. The price is memory for the windows, (side / stride)² times the input.
 *
 * Backward: the gradients of the 1×1 convolution; that of the windows is folded back, each pixel adding
 * up the windows that it lies in, in their order.
 *
 * @module
 */

import { sumPerChannel } from "../parts/channel_sums.ts";
import { type Device, linearWorkgroups } from "../gpu/device.ts";
import { type NdArray, type Operation, zeros } from "../operation.ts";
import { formatShape, imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { convolve, gradientToWeights } from "./conv2d/variants.ts";

/** Parameters of {@linkcode stridedConv2d}. */
export type StridedConv2dParams = {
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Rows and columns of zeros around the image. */
  readonly padding: number;
};

const WORKGROUP = 64;

const HEAD = /* wgsl */ `
struct Params {
  channels: u32, height: u32, width: u32, rows: u32, columns: u32,
  k: u32, stride: u32, padding: u32, count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
`;

/** One invocation writes one pixel of one window's channel. */
const UNFOLD = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> windows: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let line = index / p.columns;
  let column = index - line * p.columns;
  let place = line / p.rows;
  let row = line - place * p.rows;
  let plane = place / (p.k * p.k);
  let tap = place - plane * p.k * p.k;
  // Left of and above the image the difference wraps round and is no index either.
  let i = row * p.stride + tap / p.k - p.padding;
  let j = column * p.stride + tap % p.k - p.padding;
  var value = 0.0;
  if (i < p.height && j < p.width) { value = x[(plane * p.height + i) * p.width + j]; }
  windows[index] = value;
}
`)();

/** One invocation adds up what the windows over one pixel hold for it. */
const FOLD = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read> windows: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let line = index / p.width;
  let plane = line / p.height;
  let i = line - plane * p.height + p.padding;
  let j = index - line * p.width + p.padding;
  var sum = 0.0;
  for (var ky = i % p.stride; ky < p.k && ky <= i; ky += p.stride) {
    let row = (i - ky) / p.stride;
    if (row >= p.rows) { continue; }
    for (var kx = j % p.stride; kx < p.k && kx <= j; kx += p.stride) {
      let column = (j - kx) / p.stride;
      if (column >= p.columns) { continue; }
      let place = (plane * p.k + ky) * p.k + kx;
      sum += windows[(place * p.rows + row) * p.columns + column];
    }
  }
  x[index] = sum;
}
`)();

/** Everything about the sizes of a layer. */
interface Layer {
  readonly x: Shape;
  readonly weight: Shape;
  readonly params: StridedConv2dParams;
}

/** Shape of the image whose channels are the pixels of the windows. */
function windowsShape({ x: [n, c, h, w], weight, params: { stride, padding } }: Layer): Shape {
  const k = weight[2];
  const count = (side: number) => Math.floor((side + 2 * padding - k) / stride) + 1;
  return [n, c * k * k, count(h), count(w)];
}

function convShape([x, w, b]: readonly Shape[], params: StridedConv2dParams): Shape {
  const [n, c, height, width] = imageShape(x, "stridedConv2d");
  const both = `Cannot convolve x ${formatShape(x)} with w ${formatShape(w)}`;
  const { stride, padding } = params;
  if (w.length !== 4 || !(w[0] > 0 && w[2] > 0) || w[2] !== w[3]) {
    throw new RangeError(`${both}: w must be [c_out,c_in,k,k]`);
  }
  if (w[1] !== c) throw new RangeError(`${both}: x has ${c} channels, w expects ${w[1]}`);
  if (b.length !== 1 || b[0] !== w[0]) {
    throw new RangeError(`${both}: b is ${formatShape(b)}, expected [${w[0]}]`);
  }
  const isWhole = Number.isInteger(stride) && Number.isInteger(padding);
  if (!(isWhole && stride > 0 && padding >= 0)) {
    throw new RangeError(`${both}: stride is ${stride} and padding ${padding}`);
  }
  if (Math.min(height, width) + 2 * padding < w[2]) {
    throw new RangeError(`${both}: with padding ${padding} x is smaller than a window`);
  }
  const [, , rows, columns] = windowsShape({ x, weight: w, params });
  return [n, w[0], rows, columns];
}

function dispatchWindows(
  device: Device,
  { label, shader, layer, tensors }: {
    label: string;
    shader: string;
    layer: Layer;
    tensors: [Tensor<"f32">, Tensor<"f32">];
  },
): Tensor<"f32"> {
  const { x: [, c, h, w], weight, params: { stride, padding } } = layer;
  const [, , rows, columns] = windowsShape(layer);
  const count = tensors[0].size;
  device.dispatch({
    label,
    shader,
    uniforms: {
      ...{ channels: c, height: h, width: w, rows, columns },
      ...{ k: weight[2], stride, padding, count },
    },
    tensors,
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return tensors[0];
}

/** The windows of x as the channels of an image. */
function unfold(device: Device, x: Tensor<"f32">, layer: Layer): Tensor<"f32"> {
  const tensors: [Tensor<"f32">, Tensor<"f32">] = [device.empty(windowsShape(layer)), x];
  return dispatchWindows(device, {
    label: "stridedConv2d windows",
    shader: UNFOLD,
    layer,
    tensors,
  });
}

/** The same values in another shape. */
function reshape(device: Device, from: Tensor<"f32">, shape: Shape): Tensor<"f32"> {
  const to = device.empty(shape);
  device.copy({ from, to, count: to.size });
  return to;
}

/** The weights of the 1×1 convolution of the windows, `[c_out, c_in · k², 1, 1]`. */
function flatWeight(device: Device, weight: Tensor<"f32">): Tensor<"f32"> {
  const [cOut, cIn, k] = weight.shape;
  return reshape(device, weight, [cOut, cIn * k * k, 1, 1]);
}

/** Calls back with the flat indices of every (output, input, weight) triple that meet. */
function visit(
  layer: Layer,
  meet: (out: number, input: number, weight: number) => void,
): void {
  const { x: [n, c, height, width], weight: [cOut, , k], params: { stride, padding } } = layer;
  const [, , rows, columns] = windowsShape(layer);
  for (let plane = 0; plane < n * cOut; plane++) {
    const [image, o] = [Math.floor(plane / cOut), plane % cOut];
    for (let at = 0; at < rows * columns; at++) {
      for (let tap = 0; tap < c * k * k; tap++) {
        const channel = Math.floor(tap / k / k);
        const i = Math.floor(at / columns) * stride + Math.floor(tap / k) % k - padding;
        const j = at % columns * stride + tap % k - padding;
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        const input = ((image * c + channel) * height + i) * width + j;
        meet(plane * rows * columns + at, input, o * c * k * k + tap);
      }
    }
  }
}

function referenceForward([x, w, b]: readonly NdArray[], params: StridedConv2dParams): NdArray {
  const y = zeros(convShape([x.shape, w.shape, b.shape], params));
  const area = y.shape[2] * y.shape[3];
  y.data.forEach((_, i) => y.data[i] = b.data[Math.floor(i / area) % b.data.length]);
  visit({ x: x.shape, weight: w.shape, params }, (out, input, weight) => {
    y.data[out] += x.data[input] * w.data[weight];
  });
  return y;
}

function referenceBackward(
  [x, w, b]: readonly NdArray[],
  dy: NdArray,
  params: StridedConv2dParams,
): NdArray[] {
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  visit({ x: x.shape, weight: w.shape, params }, (out, input, weight) => {
    dx.data[input] += dy.data[out] * w.data[weight];
    dw.data[weight] += dy.data[out] * x.data[input];
  });
  const area = dy.shape[2] * dy.shape[3];
  dy.data.forEach((g, i) => db.data[Math.floor(i / area) % b.data.length] += g);
  return [dx, dw, db];
}

function sample(x: Shape, [cOut, k, stride, padding]: [number, number, number, number]) {
  return { shapes: [x, [cOut, x[1], k, k], [cOut]], params: { stride, padding } };
}

/** y = every `stride`-th pixel of x ⋆ w + b: `[n, c_in, h, w]` to `[n, c_out, ⌊(h + 2p − k)/s⌋ + 1, …]`. */
export const stridedConv2d: Operation<StridedConv2dParams, ["x", "weight", "bias"]> = {
  name: "stridedConv2d",
  inputs: ["x", "weight", "bias"],
  shape: convShape,
  forward(device, [x, weight, bias], params) {
    using scope = device.scope();
    const windows = unfold(device, x, { x: x.shape, weight: weight.shape, params });
    const flat = flatWeight(device, weight);
    const layer = { x: windows, weight: flat, bias, relu: false, transposed: false };
    return scope.keep(convolve(device, layer));
  },
  backward(device, { inputs: [x, weight], dy, needs }, params) {
    const layer = { x: x.shape, weight: weight.shape, params };
    using scope = device.scope();
    const inputGradient = () => {
      using inner = device.scope();
      const flat = flatWeight(device, weight);
      const turned = { x: dy, weight: flat, bias: null, relu: false, transposed: true };
      const windows = convolve(device, turned);
      const dx = inner.keep(device.empty(x.shape));
      return dispatchWindows(device, {
        label: "stridedConv2d dx",
        shader: FOLD,
        layer,
        tensors: [dx, windows],
      });
    };
    const weightGradient = () => {
      using inner = device.scope();
      const windows = unfold(device, x, layer);
      const flat = gradientToWeights(device, { x: windows, dz: dy, k: 1 });
      return inner.keep(reshape(device, flat, weight.shape));
    };
    const gradients = [inputGradient, weightGradient, () => sumPerChannel(device, dy)];
    return gradients.map((compute, i) => needs[i] ? scope.keep(compute()) : null);
  },
  reference: { forward: referenceForward, backward: referenceBackward },
  samples: /* @__PURE__ */ (() => [
    sample([2, 3, 9, 8], [4, 3, 2, 1]),
    sample([1, 1, 1, 1], [1, 3, 2, 1]),
    sample([2, 2, 7, 6], [3, 1, 2, 0]),
    sample([1, 3, 11, 10], [5, 5, 3, 2]),
    sample([1, 2, 6, 9], [3, 2, 2, 0]),
    sample([1, 2, 5, 6], [2, 3, 1, 0]),
    sample([3, 5, 12, 16], [7, 3, 2, 1]),
    sample([1, 2, 10, 7], [2, 2, 3, 2]),
    { ...sample([4, 16, 128, 128], [32, 3, 2, 1]), bench: true },
  ])(),
};
