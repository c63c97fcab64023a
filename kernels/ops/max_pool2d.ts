/**
 * Maximum over 2 × 2 windows, stride 2; an odd last row or column is dropped, as in PyTorch.
 *
 * Backward: the whole gradient of a window goes to its first maximum in row-major order, so ties
 * never count twice; NaN is larger than any number. One invocation serves one window and writes all four of its inputs; windows
 * past the last whole one only write zeros.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { isLarger, nanFunctions } from "../parts/nan.ts";
import { declareOperand, declareResult } from "../parts/operand.ts";
import { vectorType, type VectorWidth } from "../parts/vector_width.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { formatShape, imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

const HEAD = /* wgsl */ `
struct Params { height: u32, width: u32, rows: u32, columns: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
`;

/** One window in a row, or four, for images without a window that is cut off. */
function forwardShader(vector: VectorWidth, [y, x]: readonly Tensor[]): string {
  const type = vectorType(vector);
  return /* wgsl */ `${HEAD}${nanFunctions(type)}
${declareResult("y", { type, isHalf: y.isHalf })}
${declareOperand("x", { binding: 2, type, isHalf: x.isHalf })}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let row = index / p.columns;
  let plane = row / p.rows * p.height;
  let at = i32((plane + row % p.rows * 2u) * p.width + index % p.columns * 2u);
  let below = at + i32(p.width);
  let left = max(rank(x_at(at)), rank(x_at(below)));
  let right = max(rank(x_at(at + 1)), rank(x_at(below + 1)));
  y[index] = stored(of_rank(max(${
    vector === 4 ? "vec4i(left.xz, right.xz), vec4i(left.yw, right.yw)" : "left, right"
  })));
}
`;
}

/** What a backward kernel does besides. */
interface Backward {
  /** Whether it adds to what dx holds. */
  readonly adds: boolean;
  /** Whether dx is 0 where x is not above 0. */
  readonly gated: boolean;
}

/** WGSL that puts a part of dx in its place. */
function put(
  at: string,
  { value, zero, adds, gated }: Backward & { value: string; zero: string },
): string {
  const sum = adds ? `dx[${at}] + ${value}` : value;
  return `dx[${at}] = ${gated ? `select(${sum}, ${zero}, is_blocked(x[${at}]))` : sum};`;
}

function backwardShader(how: Backward): string {
  const corner = (at: string, which: number) =>
    put(at, { value: `select(0.0, gradient, first == ${which}u)`, zero: "0.0", ...how });
  return /* wgsl */ `${HEAD}${nanFunctions("f32")}
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let columns = (p.width + 1u) / 2u;
  let rows = (p.height + 1u) / 2u;
  let column = index % columns;
  let row = index / columns % rows;
  let plane = index / columns / rows;
  let at = (plane * p.height + row * 2u) * p.width + column * 2u;
  let right = column * 2u + 1u < p.width;
  let below = row * 2u + 1u < p.height;
  let whole = right && below;
  var gradient = 0.0;
  var first = 4u;
  if (whole) {
    gradient = dy[(plane * p.rows + row) * p.columns + column];
    let a = rank(x[at]);
    let b = rank(x[at + 1u]);
    let c = rank(x[at + p.width]);
    let d = rank(x[at + p.width + 1u]);
    first = select(select(3u, 2u, c >= d), select(1u, 0u, a >= b), max(a, b) >= max(c, d));
  }
  ${corner("at", 0)}
  if (right) { ${corner("at + 1u", 1)} }
  if (below) { ${corner("at + p.width", 2)} }
  if (whole) { ${corner("at + p.width + 1u", 3)} }
}
`;
}

/** Four windows in a row at once. */
function backwardVectorsShader(how: Backward): string {
  const place = (at: string, value: string) => put(at, { value, zero: "zero", ...how });
  return /* wgsl */ `${HEAD}${nanFunctions("vec4f")}
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;

fn even(a: vec4f, b: vec4f) -> vec4f { return vec4f(a.xz, b.xz); }
fn odd(a: vec4f, b: vec4f) -> vec4f { return vec4f(a.yw, b.yw); }

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let row = index / p.columns;
  let at = (row * 2u * p.columns + index % p.columns) * 2u;
  let below = at + 2u * p.columns;
  let zero = vec4f(0.0);
  let a = rank(even(x[at], x[at + 1u]));
  let b = rank(odd(x[at], x[at + 1u]));
  let c = rank(even(x[below], x[below + 1u]));
  let d = rank(odd(x[below], x[below + 1u]));
  let is_top = max(a, b) >= max(c, d);
  let top = select(zero, dy[index], is_top);
  let bottom = select(dy[index], zero, is_top);
  let da = select(zero, top, a >= b);
  let db = select(top, zero, a >= b);
  let dc = select(zero, bottom, c >= d);
  let dd = select(bottom, zero, c >= d);
  ${place("at", "vec4f(da.x, db.x, da.y, db.y)")}
  ${place("at + 1u", "vec4f(da.z, db.z, da.w, db.w)")}
  ${place("below", "vec4f(dc.x, dd.x, dc.y, dd.y)")}
  ${place("below + 1u", "vec4f(dc.z, dd.z, dc.w, dd.w)")}
}
`;
}

function poolShape([x]: readonly Shape[]): Shape {
  const [n, c, h, w] = imageShape(x, "maxPool2d");
  if (h < 2 || w < 2) {
    throw new RangeError(`Cannot run maxPool2d: x is ${formatShape(x)}, smaller than 2 × 2`);
  }
  return [n, c, Math.floor(h / 2), Math.floor(w / 2)];
}

/** Whether rows of the result are whole vectors, and no window is cut off. */
function hasVectors([, , h, w]: Shape): boolean {
  return h % 2 === 0 && w % 8 === 0;
}

function dispatchPool(
  device: Device,
  { backward, x, tensors }: { backward: Backward | null; x: Shape; tensors: Tensor<"f32">[] },
): void {
  const [n, c, height, width] = x;
  const [, , rows, columns] = poolShape([x]);
  const vector = hasVectors(x) ? 4 : 1;
  const windows = backward ? Math.ceil(height / 2) * Math.ceil(width / 2) : rows * columns;
  const count = n * c * windows / vector;
  const backwardFor = vector === 4 ? backwardVectorsShader : backwardShader;
  device.dispatch({
    label: backward ? "maxPool2d dx" : "maxPool2d",
    shader: backward ? backwardFor(backward) : forwardShader(vector, tensors),
    uniforms: { height, width: width / vector, rows, columns: columns / vector, count },
    tensors,
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

/** Calls back with each window's output index and the flat index of its first maximum. */
function visitMaxima(x: NdArray, found: (out: number, input: number) => void): void {
  const [, , h, w] = x.shape;
  const [n, c, rows, columns] = poolShape([x.shape]);
  for (let plane = 0; plane < n * c; plane++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = (plane * h + row * 2) * w + column * 2;
        const best = [at, at + 1, at + w, at + w + 1]
          .reduce((a, b) => isLarger(x.data[b], x.data[a]) ? b : a);
        found((plane * rows + row) * columns + column, best);
      }
    }
  }
}

/**
 * y = maximum of each 2 × 2 window: `[n, c, h, w]` to `[n, c, ⌊h/2⌋, ⌊w/2⌋]`.
 *
 * @category Operations
 */
export const maxPool2d: Operation<Record<never, never>, ["x"]> = {
  name: "maxPool2d",
  inputs: ["x"],
  shape: poolShape,
  halves: () => "keeps",
  forward(device, [x], _params, { isHalf = false } = {}) {
    const y = device.empty(poolShape([x.shape]), "f32", { isHalf: isHalf && hasVectors(x.shape) });
    dispatchPool(device, { backward: null, x: x.shape, tensors: [y, x] });
    return y;
  },
  backward(device, { inputs: [x], dy, gates, gate, takeSum }) {
    const sum = takeSum?.(0) ?? null;
    const dx = sum ?? device.empty(x.shape);
    const backward = { adds: sum !== null, gated: gates?.[0] ?? false };
    if (backward.gated) gate?.(0);
    dispatchPool(device, { backward, x: x.shape, tensors: [dx, x, dy] });
    return [dx];
  },
};

/** What {@linkcode maxPool2d} is held against. */
export const maxPool2dCheck: OperationCheck<Record<never, never>> = {
  reference: {
    forward([x]) {
      const y = zeros(poolShape([x.shape]));
      visitMaxima(x, (out, input) => y.data[out] = x.data[input]);
      return y;
    },
    backward([x], dy) {
      const dx = zeros(x.shape);
      visitMaxima(x, (out, input) => dx.data[input] = dy.data[out]);
      return [dx];
    },
  },
  samples: [
    { shapes: [[2, 3, 8, 12]], params: {} },
    { shapes: [[1, 2, 5, 7]], params: {} },
    { shapes: [[1, 1, 2, 2]], params: {} },
    { shapes: [[3, 2, 6, 6]], params: {}, fills: ["ties"] },
    { shapes: [[2, 3, 4, 16]], params: {} },
    { shapes: [[3, 2, 6, 8]], params: {}, fills: ["ties"] },
    { shapes: [[4, 16, 128, 128]], params: {}, bench: true },
  ],
};
