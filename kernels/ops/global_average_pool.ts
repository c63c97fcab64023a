/**
 * Mean over all pixels of each channel: what a classifier makes of an image of any size.
 *
 * Backward: every pixel of a channel receives the same share of its gradient.
 *
 * @module
 */

import { linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type Operation, type OperationCheck, zeros } from "../operation.ts";
import { rowSums } from "../parts/row_sums.ts";
import { imageShape, type Shape } from "../gpu/shape.ts";

/**
 * Parameters of {@linkcode globalAveragePool}.
 *
 * @category Operations
 */
export type GlobalAveragePoolParams = {
  /** Whether the result is an image of one pixel, `[n, c, 1, 1]`, and not `[n, c]`. */
  readonly keepAxes: boolean;
};

const BACKWARD = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { area: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  dx[index] = dy[index / p.area] / f32(p.area);
}
`)();

function poolShape([x]: readonly Shape[], { keepAxes }: GlobalAveragePoolParams): Shape {
  const [n, c] = imageShape(x, "globalAveragePool");
  return keepAxes ? [n, c, 1, 1] : [n, c];
}

/**
 * y = mean of x over its pixels: `[n, c, h, w]` to `[n, c]`, or to `[n, c, 1, 1]`.
 *
 * @category Operations
 */
export const globalAveragePool: Operation<GlobalAveragePoolParams, ["x"]> = {
  name: "globalAveragePool",
  inputs: ["x"],
  shape: poolShape,
  forward(device, [x], params) {
    const [n, c] = x.shape;
    return rowSums(device, {
      label: "globalAveragePool",
      inputs: [x],
      rows: n * c,
      setup: "let share = 1.0 / count;",
      terms: ["a * share"],
      shape: poolShape([x.shape], params),
    });
  },
  backward(device, { inputs: [x], dy }) {
    const [, , h, w] = x.shape;
    const dx = device.empty(x.shape);
    device.dispatch({
      label: "globalAveragePool dx",
      shader: BACKWARD,
      uniforms: { area: h * w, count: x.size },
      tensors: [dx, dy],
      workgroups: linearWorkgroups(x.size, WORKGROUP),
    });
    return [dx];
  },
};

/** What {@linkcode globalAveragePool} is held against. */
export const globalAveragePoolCheck: OperationCheck<GlobalAveragePoolParams> = {
  reference: {
    forward([x], params) {
      const y = zeros(poolShape([x.shape], params));
      const area = x.data.length / y.data.length;
      x.data.forEach((value, i) => y.data[Math.floor(i / area)] += value / area);
      return y;
    },
    backward([x], dy) {
      const area = x.data.length / dy.data.length;
      return [{
        shape: x.shape,
        data: x.data.map((_, i) => dy.data[Math.floor(i / area)] / area),
      }];
    },
  },
  samples: [
    { shapes: [[2, 3, 5, 7]], params: { keepAxes: false } },
    { shapes: [[1, 1, 1, 1]], params: { keepAxes: true } },
    { shapes: [[3, 5, 4, 6]], params: { keepAxes: true } },
    { shapes: [[1, 2, 45, 44]], params: { keepAxes: false } },
    { shapes: [[4, 64, 32, 32]], params: { keepAxes: true }, bench: true },
  ],
};
