/**
 * Convolution by windows written out: the windows that the kernel meets become the channels of a smaller
 * image, and a 1×1 convolution of that image does the arithmetic: a matrix product, for which there are
 * tuned kernels, with no product too many. It serves any stride, padding and side of the kernel, at the
 * price of memory for the windows, (side / stride)² times the input.
 *
 * Backward: the gradients of the 1×1 convolution; that of the windows is folded back, each pixel adding
 * up the windows that it lies in, in their order.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Shape } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { type Geometry, outputSides } from "./geometry.ts";
import { convolve, gradientToWeights } from "./variants.ts";

const HEAD = /* wgsl */ `
struct Params {
  channels: u32, height: u32, width: u32, rows: u32, columns: u32,
  k: u32, stride: u32, padding: u32, count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
`;

/**
 * One invocation writes one pixel of one window's channel. Left of and above the image the difference
 * wraps round and is no index either.
 */
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
  readonly geometry: Geometry;
}

/** Shape of the image whose channels are the pixels of the windows. */
function windowsShape({ x, weight, geometry }: Layer): Shape {
  const k = weight[2];
  return [x[0], x[1] * k * k, ...outputSides(x, { k, ...geometry })];
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
  const { x: [, c, h, w], weight, geometry: { stride, padding } } = layer;
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
    label: "conv2d windows",
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

/** A layer whose windows are pixels, without those of a margin: padding below 0. */
function inner(shape: Shape, margin: number): Layer {
  return { x: shape, weight: [1, shape[1], 1, 1], geometry: { stride: 1, padding: -margin } };
}

/** An image without some rows and columns at each side. */
export function withoutMargin(
  device: Device,
  image: Tensor<"f32">,
  margin: number,
): Tensor<"f32"> {
  return margin === 0 ? image : unfold(device, image, inner(image.shape, margin));
}

/** An image `[n, c, h, w]` of zeros with another inside of a margin. */
export function withMargin(
  device: Device,
  image: Tensor<"f32">,
  margin: number,
): Tensor<"f32"> {
  if (margin === 0) return image;
  const [n, c, height, width] = image.shape;
  const shape = [n, c, height + 2 * margin, width + 2 * margin];
  return dispatchWindows(device, {
    label: "conv2d margin",
    shader: FOLD,
    layer: inner(shape, margin),
    tensors: [device.empty(shape), image],
  });
}

/** What a convolution by windows is computed from. */
export interface WindowedConvolution {
  /** The image, `[n, c_in, h, w]`. */
  readonly x: Tensor<"f32">;
  /** Weights `[c_out, c_in, k, k]`. */
  readonly weight: Tensor<"f32">;
  /** Where the windows lie. */
  readonly geometry: Geometry;
}

/** Computes the convolution, with bias and ReLU where asked. */
export function convolveWindows(
  device: Device,
  { x, weight, geometry, bias, relu }: WindowedConvolution & {
    bias: Tensor<"f32">;
    relu: boolean;
  },
): Tensor<"f32"> {
  using scope = device.scope();
  const windows = unfold(device, x, { x: x.shape, weight: weight.shape, geometry });
  const flat = flatWeight(device, weight);
  return scope.keep(convolve(device, { x: windows, weight: flat, bias, relu, transposed: false }));
}

/** The gradient to the image, from that to the sums. */
export function windowsToInput(
  device: Device,
  { x, weight, geometry, dz }: WindowedConvolution & { dz: Tensor<"f32"> },
): Tensor<"f32"> {
  using scope = device.scope();
  const flat = flatWeight(device, weight);
  const turned = { x: dz, weight: flat, bias: null, relu: false, transposed: true };
  const windows = convolve(device, turned);
  return dispatchWindows(device, {
    label: "conv2d fold",
    shader: FOLD,
    layer: { x: x.shape, weight: weight.shape, geometry },
    tensors: [scope.keep(device.empty(x.shape)), windows],
  });
}

/** The gradient to the weights, from that to the sums. */
export function windowsToWeights(
  device: Device,
  { x, weight, geometry, dz }: WindowedConvolution & { dz: Tensor<"f32"> },
): Tensor<"f32"> {
  using scope = device.scope();
  const windows = unfold(device, x, { x: x.shape, weight: weight.shape, geometry });
  const flat = gradientToWeights(device, { x: windows, dz, k: 1 });
  return scope.keep(reshape(device, flat, weight.shape));
}
