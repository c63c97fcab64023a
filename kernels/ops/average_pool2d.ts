/**
 * Mean over square windows, without zeros around the image; what is left over at the right and lower edge
 * is dropped, as in PyTorch.
 *
 * Backward: each pixel collects from the windows that it lies in, in their order, so windows may overlap
 * and nothing is scattered.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { formatShape, imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode averagePool2d}.
 *
 * @category Operations
 */
export type AveragePool2dParams = {
  /** Rows and columns of a window. */
  readonly side: number;
  /** Pixels from one window to the next; the side unless told. */
  readonly stride?: number;
};

/** The loop over a window stays far below the 65,535 steps after which software adapters end it. */
const LARGEST_SIDE = 128;

const HEAD = /* wgsl */ `
struct Params {
  height: u32, width: u32, rows: u32, columns: u32, side: u32, stride: u32, count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
`;

const FORWARD = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let line = index / p.columns;
  let row = line / p.rows * p.height + line % p.rows * p.stride;
  let column = index % p.columns * p.stride;
  var sum = 0.0;
  for (var tap = 0u; tap < p.side * p.side; tap++) {
    sum += x[(row + tap / p.side) * p.width + column + tap % p.side];
  }
  y[index] = sum / f32(p.side * p.side);
}
`)();

/** Its `first_window` is the first one that reaches a place along an axis. */
const BACKWARD = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;

fn first_window(place: u32) -> u32 {
  if (place < p.side) { return 0u; }
  return (place - p.side) / p.stride + 1u;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let line = index / p.width;
  let plane = line / p.height * p.rows;
  let i = line % p.height;
  let j = index % p.width;
  var sum = 0.0;
  for (var row = first_window(i); row < p.rows && row * p.stride <= i; row++) {
    for (var column = first_window(j); column < p.columns && column * p.stride <= j; column++) {
      sum += dy[(plane + row) * p.columns + column];
    }
  }
  dx[index] = sum / f32(p.side * p.side);
}
`)();

function pooledShape([x]: readonly Shape[], { side, stride = side }: AveragePool2dParams): Shape {
  const [n, c, h, w] = imageShape(x, "averagePool2d");
  const cannot = `Cannot run averagePool2d: x is ${formatShape(x)}`;
  const isSide = Number.isInteger(side) && side > 0 && side <= LARGEST_SIDE;
  if (!(isSide && Number.isInteger(stride) && stride > 0)) {
    throw new RangeError(
      `${cannot}, side is ${side} and stride ${stride}, expected whole numbers > 0, the side up to ` +
        `${LARGEST_SIDE}`,
    );
  }
  if (Math.min(h, w) < side) throw new RangeError(`${cannot}, smaller than ${side} × ${side}`);
  const count = (extent: number) => Math.floor((extent - side) / stride) + 1;
  return [n, c, count(h), count(w)];
}

function dispatchPool(
  device: Device,
  { backward, x, params, tensors }: {
    backward: boolean;
    x: Shape;
    params: AveragePool2dParams;
    tensors: [Tensor<"f32">, Tensor<"f32">];
  },
): Tensor<"f32"> {
  const { side, stride = side } = params;
  const [, , height, width] = x;
  const [, , rows, columns] = pooledShape([x], params);
  const [result] = tensors;
  device.dispatch({
    label: backward ? "averagePool2d dx" : "averagePool2d",
    shader: backward ? BACKWARD : FORWARD,
    uniforms: { height, width, rows, columns, side, stride, count: result.size },
    tensors,
    workgroups: linearWorkgroups(result.size, WORKGROUP),
  });
  return result;
}

/** Calls back with the flat indices of every window and each pixel in it. */
function visit(
  x: Shape,
  params: AveragePool2dParams,
  meet: (window: number, pixel: number) => void,
): void {
  const { side, stride = side } = params;
  const [, , h, w] = x;
  const [n, c, rows, columns] = pooledShape([x], params);
  for (let at = 0; at < n * c * rows * columns; at++) {
    const [column, line] = [at % columns * stride, Math.floor(at / columns)];
    const row = Math.floor(line / rows) * h + line % rows * stride;
    for (let tap = 0; tap < side * side; tap++) {
      meet(at, (row + Math.floor(tap / side)) * w + column + tap % side);
    }
  }
}

/**
 * y = mean of each window: `[n, c, h, w]` to `[n, c, ⌊(h − side) / stride⌋ + 1, …]`.
 *
 * @category Operations
 */
export const averagePool2d: Operation<AveragePool2dParams, ["x"]> = {
  name: "averagePool2d",
  inputs: ["x"],
  shape: pooledShape,
  forward: (device, [x], params) =>
    dispatchPool(device, {
      ...{ backward: false, x: x.shape, params },
      tensors: [device.empty(pooledShape([x.shape], params)), x],
    }),
  backward: (device, { inputs: [x], dy }, params) => [
    dispatchPool(device, {
      ...{ backward: true, x: x.shape, params },
      tensors: [device.empty(x.shape), dy],
    }),
  ],
};

/** What {@linkcode averagePool2d} is held against. */
export const averagePool2dCheck: OperationCheck<AveragePool2dParams> = {
  reference: {
    forward([x], params): NdArray {
      const y = zeros(pooledShape([x.shape], params));
      visit(x.shape, params, (at, pixel) => y.data[at] += x.data[pixel] / params.side ** 2);
      return y;
    },
    backward([x], dy, params) {
      const dx = zeros(x.shape);
      visit(x.shape, params, (at, pixel) => dx.data[pixel] += dy.data[at] / params.side ** 2);
      return [dx];
    },
  },
  samples: [
    { shapes: [[2, 3, 8, 12]], params: { side: 2 } },
    { shapes: [[1, 2, 7, 5]], params: { side: 2 } },
    { shapes: [[1, 2, 9, 8]], params: { side: 3, stride: 2 } },
    { shapes: [[2, 1, 7, 11]], params: { side: 2, stride: 3 } },
    { shapes: [[1, 1, 1, 1]], params: { side: 1 } },
    { shapes: [[3, 2, 4, 4]], params: { side: 4 } },
    { shapes: [[4, 16, 128, 128]], params: { side: 2 }, bench: true },
  ],
};
