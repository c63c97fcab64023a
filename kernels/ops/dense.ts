/**
 * Fully connected layer: every output is a weighted sum of all inputs of a row, plus a bias.
 *
 * The result and both large gradients are the same product of two matrices read in different
 * directions, so one kernel with strides serves all three. A classifier ends in one small product, which
 * is not worth tiles: one invocation per result and per 256 terms, and the parts are added in their
 * order.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import { type NdArray, type Operation, zeros } from "../operation.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

const WORKGROUP = 64;
const STEPS = 256;

function shaderFor(hasBias: boolean): string {
  return /* wgsl */ `
struct Params {
  rows: u32, columns: u32, terms: u32, slabs: u32,
  a_row: u32, a_term: u32, b_column: u32, b_term: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
${hasBias ? "@group(0) @binding(4) var<storage, read> bias: array<f32>;" : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  let size = p.rows * p.columns;
  if (index >= size * p.slabs) { return; }
  let slab = index / size;
  let row = index % size / p.columns;
  let column = index % p.columns;
  let first = slab * ${STEPS}u;
  let end = min(first + ${STEPS}u, p.terms);
  var sum = ${hasBias ? "select(0.0, bias[column], slab == 0u)" : "0.0"};
  for (var term = first; term < end; term++) {
    sum += a[row * p.a_row + term * p.a_term] * b[column * p.b_column + term * p.b_term];
  }
  partial[index] = sum;
}
`;
}

/** A matrix as it lies in a tensor: how far apart two of its rows are, and two terms of a sum. */
interface Factor {
  readonly tensor: Tensor<"f32">;
  readonly row: number;
  readonly term: number;
}

/** result[r, c] = Σ_t a[r, t] · b[c, t], plus bias[c]. */
function multiply(
  device: Device,
  { label, a, b, terms, size: [rows, columns], shape, bias = null }: {
    label: string;
    a: Factor;
    b: Factor;
    terms: number;
    size: readonly [rows: number, columns: number];
    shape: Shape;
    bias?: Tensor<"f32"> | null;
  },
): Tensor<"f32"> {
  const slabs = Math.ceil(terms / STEPS);
  using scope = device.scope();
  const partial = device.empty([slabs, rows, columns]);
  device.dispatch({
    label,
    shader: shaderFor(bias !== null),
    uniforms: {
      ...{ rows, columns, terms, slabs },
      ...{ a_row: a.row, a_term: a.term, b_column: b.row, b_term: b.term },
    },
    tensors: [partial, a.tensor, b.tensor, ...(bias ? [bias] : [])],
    workgroups: linearWorkgroups(slabs * rows * columns, WORKGROUP),
  });
  return scope.keep(sumSlabs(device, { partial, shape }));
}

function denseShape([x, w, b]: readonly Shape[]): Shape {
  const both = `Cannot run dense: x is ${formatShape(x)}, w is ${formatShape(w)}`;
  const [n, inputs, ...pixel] = x;
  if (!(n > 0 && inputs > 0) || pixel.some((extent) => extent !== 1)) {
    throw new RangeError(`${both}: x must be [n,in], or an image of one pixel`);
  }
  if (w.length !== 2 || !(w[0] > 0)) throw new RangeError(`${both}: w must be [out,in]`);
  if (w[1] !== inputs) throw new RangeError(`${both}: x has ${inputs} values, w expects ${w[1]}`);
  if (b.length !== 1 || b[0] !== w[0]) {
    throw new RangeError(`${both}: b is ${formatShape(b)}, expected [${w[0]}]`);
  }
  return [n, w[0], ...pixel];
}

function referenceForward([x, w, b]: readonly NdArray[]): NdArray {
  const y = zeros(denseShape([x.shape, w.shape, b.shape]));
  const [outputs, inputs] = w.shape;
  y.data.forEach((_, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs];
    y.data[at] = b.data[o];
    for (let i = 0; i < inputs; i++) {
      y.data[at] += x.data[row * inputs + i] * w.data[o * inputs + i];
    }
  });
  return y;
}

function referenceBackward([x, w, b]: readonly NdArray[], dy: NdArray): NdArray[] {
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  const [outputs, inputs] = w.shape;
  dy.data.forEach((g, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs];
    db.data[o] += g;
    for (let i = 0; i < inputs; i++) {
      dx.data[row * inputs + i] += g * w.data[o * inputs + i];
      dw.data[o * inputs + i] += g * x.data[row * inputs + i];
    }
  });
  return [dx, dw, db];
}

/** y = x · wᵀ + b for x `[n, in]`, w `[out, in]`, b `[out]`; x `[n, in, 1, 1]` keeps its axes. */
export const dense: Operation<Record<never, never>> = {
  name: "dense",
  inputs: ["x", "weight", "bias"],
  shape: denseShape,
  forward(device, [x, weight, bias]) {
    const [outputs, inputs] = weight.shape;
    return multiply(device, {
      label: "dense",
      a: { tensor: x, row: inputs, term: 1 },
      b: { tensor: weight, row: inputs, term: 1 },
      terms: inputs,
      size: [x.shape[0], outputs],
      shape: denseShape([x.shape, weight.shape, bias.shape]),
      bias,
    });
  },
  backward(device, { inputs: [x, weight, bias], dy, needs }) {
    const [outputs, inputs] = weight.shape;
    const [n] = x.shape;
    using scope = device.scope();
    const gradients = [
      () =>
        multiply(device, {
          label: "dense dx",
          a: { tensor: dy, row: outputs, term: 1 },
          b: { tensor: weight, row: 1, term: inputs },
          terms: outputs,
          size: [n, inputs],
          shape: x.shape,
        }),
      () =>
        multiply(device, {
          label: "dense dw",
          a: { tensor: dy, row: 1, term: outputs },
          b: { tensor: x, row: 1, term: inputs },
          terms: n,
          size: [outputs, inputs],
          shape: weight.shape,
        }),
      () => sumSlabs(device, { partial: dy, shape: bias.shape }),
    ];
    return gradients.map((compute, i) => needs[i] ? scope.keep(compute()) : null);
  },
  reference: { forward: referenceForward, backward: referenceBackward },
  samples: [
    { shapes: [[3, 8], [2, 8], [2]], params: {} },
    { shapes: [[1, 1], [1, 1], [1]], params: {} },
    { shapes: [[2, 7, 1, 1], [1, 7], [1]], params: {} },
    { shapes: [[5, 600], [3, 600], [3]], params: {} },
    { shapes: [[300, 3], [2, 3], [2]], params: {} },
    { shapes: [[2, 3], [700, 3], [700]], params: {} },
    { shapes: [[32, 128], [10, 128], [10]], params: {}, bench: true },
  ],
};
