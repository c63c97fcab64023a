/**
 * Upsampling by 2 along rows and columns: nearest neighbour (each pixel becomes a 2 × 2 block) and
 * bilinear with half-pixel centres (PyTorch's `align_corners=False`).
 *
 * Bilinear rule along one axis: y[2i] = ¼ x[i−1] + ¾ x[i] and y[2i+1] = ¾ x[i] + ¼ x[i+1], with
 * indices clamped to the image. Backward gathers: x[i] is seen by the four outputs 2i−1 … 2i+2, the
 * outermost of which count fully at the image's edge.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { imageShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Shader around a body that computes element `index` of the result, or of its vectors. */
function shaderAround(body: string, type: "f32" | "vec4f" = "f32"): string {
  return /* wgsl */ `
struct Params { height: u32, width: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  ${body}
}
`;
}

const NEAREST = /* @__PURE__ */ shaderAround(`
  let columns = p.width * 2u;
  let row = index / columns;
  y[index] = x[row / 2u * p.width + index % columns / 2u];`);

const NEAREST_BACKWARD = /* @__PURE__ */ shaderAround(`
  let columns = p.width * 2u;
  let at = index / p.width * 2u * columns + index % p.width * 2u;
  y[index] = x[at] + x[at + 1u] + x[at + columns] + x[at + columns + 1u];`);

/** Forward and backward for rows of whole vectors: `index` counts vectors of the small image. */
const NEAREST_VECTORS = /* @__PURE__ */ shaderAround(
  `
  let columns = p.width / 4u;
  let at = (index / columns * 2u * columns + index % columns) * 2u;
  let value = x[index];
  for (var row = 0u; row < 2u; row++) {
    y[at + row * 2u * columns] = value.xxyy;
    y[at + row * 2u * columns + 1u] = value.zzww;
  }`,
  "vec4f",
);

const NEAREST_BACKWARD_VECTORS = /* @__PURE__ */ shaderAround(
  `
  let columns = p.width / 4u;
  let at = (index / columns * 2u * columns + index % columns) * 2u;
  let left = x[at] + x[at + 2u * columns];
  let right = x[at + 1u] + x[at + 2u * columns + 1u];
  y[index] = vec4f(left.xz, right.xz) + vec4f(left.yw, right.yw);`,
  "vec4f",
);

const BILINEAR = /* @__PURE__ */ shaderAround(`
  let columns = p.width * 2u;
  let rows = p.height * 2u;
  let column = index % columns;
  let row = index / columns % rows;
  let plane = index / columns / rows * p.height;
  let near = vec2u(column, row) / 2u;
  let last = vec2u(p.width, p.height) - 1u;
  let odd = vec2u(column, row) % 2u == vec2u(1u);
  let far = select(max(near, vec2u(1u)) - 1u, min(near + 1u, last), odd);
  let top = 0.75 * x[(plane + near.y) * p.width + near.x] + 0.25 * x[(plane + near.y) * p.width + far.x];
  let bottom = 0.75 * x[(plane + far.y) * p.width + near.x] + 0.25 * x[(plane + far.y) * p.width + far.x];
  y[index] = 0.75 * top + 0.25 * bottom;`);

const BILINEAR_BACKWARD = /* @__PURE__ */ shaderAround(`
  let size = vec2i(vec2u(p.width, p.height));
  let at = vec2i(vec2u(index % p.width, index / p.width % p.height));
  let plane = i32(index / p.width / p.height) * size.y * 2;
  var sum = 0.0;
  for (var dy = -1; dy <= 2; dy++) {
    for (var dx = -1; dx <= 2; dx++) {
      let offset = vec2i(dx, dy);
      let target_at = at * 2 + offset;
      let inside = all(target_at >= vec2i(0)) && all(target_at < size * 2);
      let outer = (offset == vec2i(-1)) | (offset == vec2i(2));
      let edge = ((at == vec2i(0)) & (offset == vec2i(0))) |
        ((at == size - 1) & (offset == vec2i(1)));
      let weight = select(select(vec2f(0.75), vec2f(1.0), edge), vec2f(0.25), outer);
      if (inside) {
        sum += weight.x * weight.y * x[(plane + target_at.y) * size.x * 2 + target_at.x];
      }
    }
  }
  y[index] = sum;`);

function doubled([x]: readonly Shape[], name: string): Shape {
  const [n, c, h, w] = imageShape(x, name);
  return [n, c, 2 * h, 2 * w];
}

/** Shaders of one pass: one for every size, and one for rows of whole vectors. */
interface Kernels {
  readonly any: string;
  readonly vectors?: string;
}

/** Computes a tensor of `shape`; `small` is the shape of the smaller of the two images. */
function run(
  device: Device,
  { label, kernels, shape, small, input }: {
    label: string;
    kernels: Kernels;
    shape: Shape;
    small: Shape;
    input: Tensor<"f32">;
  },
): Tensor<"f32"> {
  const result = device.empty(shape);
  const { vectors } = kernels;
  const isWhole = vectors !== undefined && small[3] % 4 === 0;
  const count = isWhole ? sizeOf(small) / 4 : result.size;
  device.dispatch({
    label,
    shader: isWhole ? vectors : kernels.any,
    uniforms: { height: small[2], width: small[3], count },
    tensors: [result, input],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}

/** Calls back with (output, input, weight) for every input that an output is made of. */
type Visit = (x: Shape, meet: (out: number, input: number, weight: number) => void) => void;

function visitWith(taps: (at: number, size: number) => [index: number, weight: number][]): Visit {
  return ([n, c, h, w], meet) => {
    for (let plane = 0; plane < n * c; plane++) {
      for (let row = 0; row < 2 * h; row++) {
        for (let column = 0; column < 2 * w; column++) {
          const out = (plane * 2 * h + row) * 2 * w + column;
          for (const [y, wy] of taps(row, h)) {
            for (const [x, wx] of taps(column, w)) meet(out, (plane * h + y) * w + x, wy * wx);
          }
        }
      }
    }
  };
}

function upsampling(
  { name, forward, backward }: { name: string; forward: Kernels; backward: Kernels },
): Operation<Record<never, never>, ["x"]> {
  return {
    name,
    inputs: ["x"],
    shape: (shapes) => doubled(shapes, name),
    forward: (device, [x]) =>
      run(device, {
        label: name,
        kernels: forward,
        shape: doubled([x.shape], name),
        small: x.shape,
        input: x,
      }),
    backward: (device, { inputs: [x], dy }) => [
      run(device, {
        label: `${name} dx`,
        kernels: backward,
        shape: x.shape,
        small: x.shape,
        input: dy,
      }),
    ],
  };
}

/** What an upsampling is held against. */
function upsamplingCheck(name: string, visit: Visit): OperationCheck<Record<never, never>> {
  return {
    reference: {
      forward([x]): NdArray {
        const y = zeros(doubled([x.shape], name));
        visit(x.shape, (out, input, weight) => y.data[out] += weight * x.data[input]);
        return y;
      },
      backward([x], dy) {
        const dx = zeros(x.shape);
        visit(x.shape, (out, input, weight) => dx.data[input] += weight * dy.data[out]);
        return [dx];
      },
    },
    samples: [
      { shapes: [[2, 3, 5, 7]], params: {} },
      { shapes: [[1, 1, 1, 1]], params: {} },
      { shapes: [[3, 2, 1, 6]], params: {} },
      { shapes: [[2, 3, 3, 8]], params: {} },
      { shapes: [[4, 16, 64, 64]], params: {}, bench: true },
    ],
  };
}

/**
 * Nearest-neighbour upsampling: `[n, c, h, w]` to `[n, c, 2h, 2w]`.
 *
 * @category Operations
 */
export const upsampleNearest: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ upsampling({
  name: "upsampleNearest",
  forward: { any: NEAREST, vectors: NEAREST_VECTORS },
  backward: { any: NEAREST_BACKWARD, vectors: NEAREST_BACKWARD_VECTORS },
});

/** What {@linkcode upsampleNearest} is held against. */
export const upsampleNearestCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ upsamplingCheck(
    "upsampleNearest",
    /* @__PURE__ */ visitWith((at) => [[Math.floor(at / 2), 1]]),
  );

/**
 * Bilinear upsampling with half-pixel centres: `[n, c, h, w]` to `[n, c, 2h, 2w]`.
 *
 * @category Operations
 */
export const upsampleBilinear: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ upsampling({
  name: "upsampleBilinear",
  forward: { any: BILINEAR },
  backward: { any: BILINEAR_BACKWARD },
});

/** What {@linkcode upsampleBilinear} is held against. */
export const upsampleBilinearCheck: OperationCheck<Record<never, never>> =
  /* @__PURE__ */ upsamplingCheck(
    "upsampleBilinear",
    /* @__PURE__ */ visitWith((at, size) => {
      const source = Math.min(Math.max((at + 0.5) / 2 - 0.5, 0), size - 1);
      const low = Math.floor(source);
      const high = Math.min(low + 1, size - 1);
      // At the edge there is one input, not a second one times 0.
      return source === low ? [[low, 1]] : [[low, 1 - (source - low)], [high, source - low]];
    }),
  );
