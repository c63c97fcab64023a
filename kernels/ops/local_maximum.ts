/**
 * Maximum over the square of (2r + 1)² pixels around each pixel, stride 1: a grey dilation. Pixels
 * outside of the image do not take part; NaN is larger than any number.
 *
 * Along the rows first, then along the columns, so a pixel costs 2 · (2r + 1) loads whatever its
 * neighbours. Backward: the whole gradient of a window goes to its first maximum in row-major order.
 * That pixel is found in two steps too (the first row whose maximum is the window's, and in it the
 * first column), and the gradient takes the way back: along the columns to that row, then along the
 * row. In each step a pixel collects from those that chose it, so nothing is scattered and the order
 * of the sum is fixed.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { isLarger, nanFunctions } from "../parts/nan.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { imageShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode localMaximum}.
 *
 * @category Operations
 */
export type LocalMaximumParams = {
  /** How many pixels the window reaches to each side; 0 gives the input back. */
  readonly radius: number;
};

/** Loops stay far below the 65,535 steps after which software adapters end them. */
const LARGEST_RADIUS = 1024;

/** A kernel along one axis: pixel i has its neighbours at `line + at · stride`, `low <= at <= high`. */
function axisShader(bindings: string, body: string): string {
  return /* wgsl */ `
struct Params { count: u32, extent: u32, stride: u32, radius: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${bindings}
${nanFunctions("f32")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let place = i / p.stride % p.extent;
  let line = i - place * p.stride;
  let low = place - min(place, p.radius);
  let high = min(place + p.radius, p.extent - 1u);
  ${body}
}
`;
}

const MAXIMUM = /* @__PURE__ */ axisShader(
  /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;`,
  /* wgsl */ `
  var best = rank(x[line + low * p.stride]);
  for (var at = low + 1u; at <= high; at++) { best = max(best, rank(x[line + at * p.stride])); }
  y[i] = of_rank(best);`,
);

const FIRST_MAXIMUM = /* @__PURE__ */ axisShader(
  /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> first: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;`,
  /* wgsl */ `
  var from_pixel = line + low * p.stride;
  var best = rank(x[from_pixel]);
  for (var at = low + 1u; at <= high; at++) {
    let other = line + at * p.stride;
    let other_rank = rank(x[other]);
    if (other_rank > best) { from_pixel = other; best = other_rank; }
  }
  first[i] = from_pixel;`,
);

const COLLECT = /* @__PURE__ */ axisShader(
  /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> first: array<u32>;`,
  /* wgsl */ `
  var sum = 0.0;
  for (var at = low; at <= high; at++) {
    let other = line + at * p.stride;
    sum += select(0.0, dy[other], first[other] == i);
  }
  dx[i] = sum;`,
);

type Axis = "row" | "column";

/** Runs a kernel along one axis of all planes; `tensors` are what it writes, then what it reads. */
function alongAxis(
  device: Device,
  { label, shader, axis, shape, radius, tensors }: {
    label: string;
    shader: string;
    axis: Axis;
    shape: Shape;
    radius: number;
    tensors: readonly Tensor[];
  },
): void {
  const [n, c, h, w] = shape;
  const count = n * c * h * w;
  device.dispatch({
    label: `localMaximum ${label} ${axis}`,
    shader,
    uniforms: axis === "row"
      ? { count, extent: w, stride: 1, radius }
      : { count, extent: h, stride: w, radius },
    tensors,
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

function maximum(
  device: Device,
  x: Tensor<"f32">,
  { axis, radius }: { axis: Axis; radius: number },
): Tensor<"f32"> {
  const { shape } = x;
  const y = device.empty(shape);
  const tensors = [y, x];
  alongAxis(device, { label: "y", shader: MAXIMUM, axis, shape, radius, tensors });
  return y;
}

/** Takes a gradient from the maxima along one axis to the values `x` that they are of. */
function collect(
  device: Device,
  { x, dy, axis, radius }: { x: Tensor<"f32">; dy: Tensor<"f32">; axis: Axis; radius: number },
): Tensor<"f32"> {
  const { shape } = x;
  const first = device.empty(shape, "u32");
  const dx = device.empty(shape);
  const line = { axis, shape, radius };
  alongAxis(device, { ...line, label: "first", shader: FIRST_MAXIMUM, tensors: [first, x] });
  alongAxis(device, { ...line, label: "dx", shader: COLLECT, tensors: [dx, dy, first] });
  return dx;
}

function checkedShape([x]: readonly Shape[], { radius }: LocalMaximumParams): Shape {
  imageShape(x, "localMaximum");
  if (!(Number.isInteger(radius) && radius >= 0 && radius <= LARGEST_RADIUS)) {
    throw new RangeError(
      `Cannot run localMaximum: radius is ${radius}, expected a whole number from 0 to ` +
        `${LARGEST_RADIUS}`,
    );
  }
  return x;
}

/** The flat index of the first maximum around each pixel, looked for in the whole square. */
function referenceMaxima({ shape, data }: NdArray, radius: number): number[] {
  const [, , h, w] = shape;
  return Array.from(data, (_, i) => {
    const [row, column] = [Math.floor(i / w) % h, i % w];
    let best = -1;
    for (let y = Math.max(0, row - radius); y <= Math.min(h - 1, row + radius); y++) {
      for (let x = Math.max(0, column - radius); x <= Math.min(w - 1, column + radius); x++) {
        const other = i + (y - row) * w + x - column;
        if (best < 0 || isLarger(data[other], data[best])) best = other;
      }
    }
    return best;
  });
}

/**
 * y = largest value within `radius` pixels along both axes, for `[n, c, h, w]`, each plane alone.
 *
 * @category Operations
 */
export const localMaximum: Operation<LocalMaximumParams, ["x"]> = {
  name: "localMaximum",
  inputs: ["x"],
  shape: checkedShape,
  forward(device, [x], { radius }) {
    using scope = device.scope();
    const ofRows = maximum(device, x, { axis: "row", radius });
    return scope.keep(maximum(device, ofRows, { axis: "column", radius }));
  },
  backward(device, { inputs: [x], dy }, { radius }) {
    using scope = device.scope();
    const ofRows = maximum(device, x, { axis: "row", radius });
    const toRows = collect(device, { x: ofRows, dy, axis: "column", radius });
    return [scope.keep(collect(device, { x, dy: toRows, axis: "row", radius }))];
  },
};

/** What {@linkcode localMaximum} is held against. */
export const localMaximumCheck: OperationCheck<LocalMaximumParams> = {
  reference: {
    forward: ([x], { radius }) => ({
      shape: x.shape,
      data: Float64Array.from(referenceMaxima(x, radius), (at) => x.data[at]),
    }),
    backward([x], dy, { radius }) {
      const dx = zeros(x.shape);
      referenceMaxima(x, radius).forEach((at, i) => dx.data[at] += dy.data[i]);
      return [dx];
    },
  },
  samples: [
    { shapes: [[2, 3, 9, 12]], params: { radius: 2 } },
    { shapes: [[1, 1, 1, 1]], params: { radius: 3 } },
    { shapes: [[3, 1, 5, 7]], params: { radius: 0 } },
    { shapes: [[1, 2, 4, 3]], params: { radius: 50 } },
    { shapes: [[3, 2, 13, 7]], params: { radius: 1 }, fills: ["ties"] },
    { shapes: [[1, 1, 33, 65]], params: { radius: 5 }, fills: ["ties"] },
    { shapes: [[4, 2, 128, 128]], params: { radius: 3 }, bench: true },
  ],
};
