/**
 * Joins two tensors along an axis, a first. Long runs are plain copies; where the axis is an inner one
 * there are many short ones, which one kernel copies.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { axesOf } from "../parts/axes/layout.ts";
import { windowOf, windowOfArray } from "../parts/axes/window.ts";
import { vectorType, vectorWidth } from "../parts/vector_width.ts";
import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode concat}.
 *
 * @category Operations
 */
export type ConcatParams = {
  /** The axis; 1, the channels of images, unless told. −1 is the last. */
  readonly axis?: number;
};

/** Runs up to which copies are made one by one. */
const FEW_RUNS = 32;

function joinedAxis(a: Shape, { axis = 1 }: ConcatParams): number {
  return axesOf([axis], { shape: a, operation: "concat" })[0];
}

function concatShape([a, b]: readonly Shape[], params: ConcatParams): Shape {
  const axis = joinedAxis(a, params);
  const isSame = a.length === b.length && a.every((extent, i) => i === axis || extent === b[i]);
  if (!isSame || [...a, ...b].includes(0)) {
    throw new RangeError(
      `Cannot concat ${formatShape(a)} and ${
        formatShape(b)
      }: all extents but those of axis ${axis} ` +
        "must be equal, and none 0",
    );
  }
  return a.map((extent, i) => i === axis ? extent + b[i] : extent);
}

/** Where the part of one input begins in the whole. */
function startOf([a]: readonly { shape: Shape }[], which: number, params: ConcatParams): number[] {
  const axis = joinedAxis(a.shape, params);
  return a.shape.map((extent, i) => i === axis && which === 1 ? extent : 0);
}

function joinShader(type: string): string {
  return /* wgsl */ `
struct Params { count: u32, first: u32, second: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<storage, read> a: array<${type}>;
@group(0) @binding(3) var<storage, read> b: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let run = index / (p.first + p.second);
  let at = index % (p.first + p.second);
  if (at < p.first) {
    y[index] = a[run * p.first + at];
  } else {
    y[index] = b[run * p.second + at - p.first];
  }
}
`;
}

/** Joins runs of elements: `first` of a, `second` of b, and so on in turn. */
function joinRuns(
  device: Device,
  [y, a, b]: readonly Tensor<"f32">[],
  { first, second }: { first: number; second: number },
): void {
  const vector = vectorWidth(first) === 4 ? vectorWidth(second) : 1;
  const count = y.size / vector;
  device.dispatch({
    label: "concat",
    shader: joinShader(vectorType(vector)),
    uniforms: { count, first: first / vector, second: second / vector },
    tensors: [y, a, b],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

/**
 * y = [a, b] along an axis: `[n, c_a, h, w]` and `[n, c_b, h, w]` to `[n, c_a + c_b, h, w]`.
 *
 * @category Operations
 */
export const concat: Operation<ConcatParams, ["a", "b"]> = {
  name: "concat",
  inputs: ["a", "b"],
  shape: concatShape,
  forward(device, [a, b], params) {
    const y = device.empty(concatShape([a.shape, b.shape], params));
    const axis = joinedAxis(a.shape, params);
    const [first, second] = [a, b].map(({ shape }) => sizeOf(shape.slice(axis)));
    const runs = sizeOf(a.shape.slice(0, axis));
    if (runs > FEW_RUNS) {
      joinRuns(device, [y, a, b], { first, second });
      return y;
    }
    for (let run = 0; run < runs; run++) {
      const toOffset = run * (first + second);
      device.copy({ from: a, fromOffset: run * first, to: y, toOffset, count: first });
      const beside = toOffset + first;
      device.copy({ from: b, fromOffset: run * second, to: y, toOffset: beside, count: second });
    }
    return y;
  },
  backward: (device, { inputs, dy, needs }, params) =>
    inputs.map(({ shape }, i) =>
      needs[i]
        ? windowOf(device, dy, { label: "concat dx", from: startOf(inputs, i, params), shape })
        : null
    ),
};

/** What {@linkcode concat} is held against. */
export const concatCheck: OperationCheck<ConcatParams> = {
  reference: {
    forward(inputs, params) {
      const shape = concatShape(inputs.map((input) => input.shape), params);
      const sum = zeros(shape);
      inputs.forEach((input, i) => {
        const from = startOf(inputs, i, params).map((at) => at === 0 ? 0 : -at);
        windowOfArray(input, { from, shape }).data.forEach((value, at) => sum.data[at] += value);
      });
      return sum;
    },
    backward: (inputs: readonly NdArray[], dy, params) =>
      inputs.map(({ shape }, i) => windowOfArray(dy, { from: startOf(inputs, i, params), shape })),
  },
  samples: [
    { shapes: [[2, 3, 5, 7], [2, 5, 5, 7]], params: {} },
    { shapes: [[1, 1, 1, 1], [1, 2, 1, 1]], params: {} },
    { shapes: [[3, 4], [2, 4]], params: { axis: 0 } },
    { shapes: [[40, 3], [40, 5]], params: { axis: -1 } },
    { shapes: [[9, 5, 4], [9, 5, 8]], params: { axis: 2 } },
    { shapes: [[4, 16, 128, 128], [4, 16, 128, 128]], params: {}, bench: true },
    { shapes: [[4, 16, 128, 128], [4, 16, 128, 128]], params: { axis: 3 }, bench: true },
  ],
};
