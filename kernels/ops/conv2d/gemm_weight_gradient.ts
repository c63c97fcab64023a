/**
 * Weight gradient as a matrix product, tiled in workgroup memory: the gradients `[c_out, pixels]`
 * times the transposed windows `[pixels, c_in · k²]`, which are gathered while they are loaded.
 *
 * The sum over the pixels is long and the result small, so it is split: each workgroup takes one slab
 * of pixels of one image, and a second pass adds the slabs in their order.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../device.ts";
import { sumSlabs } from "../../reduce.ts";
import type { Tensor } from "../../tensor.ts";
import type { WeightGradient } from "./convolution.ts";
import { range } from "./tile.ts";

/** Pixels loaded at once. */
const DEPTH = 16;
/** Channels and terms (c_in · k²) of a workgroup's tile. */
const SIDE = 64;
const THREADS = 256;
/** The least pixels of a slab; more where there would be too many slabs. */
const SLAB = 1024;
const MOST_SLABS = 64;

/** WGSL of the first pass for one kernel side. */
export function gemmWeightGradientShader(k: number): string {
  const taps = k * k;
  const pad = (k - 1) / 2;
  const loads = DEPTH * SIDE / THREADS;
  return /* wgsl */ `
struct Params {
  c_in: u32, c_out: u32, height: u32, width: u32, slab: u32, slabs: u32, columns: u32, rows: u32,
  count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dz: array<f32>;

var<workgroup> gradients: array<f32, ${DEPTH * SIDE}>;
var<workgroup> windows: array<f32, ${DEPTH * SIDE}>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  // Workgroups past the last compute what an earlier one computes: barriers must be met by all.
  let index = min(id.x + id.y * size.x, p.count - 1u);
  let area = p.height * p.width;
  let terms = p.c_in * ${taps}u;
  let term0 = index % p.columns * ${SIDE}u;
  let channel0 = index / p.columns % p.rows * ${SIDE}u;
  let part = index / p.columns / p.rows;
  let image = part / p.slabs;
  let first = part % p.slabs * p.slab;
  let end = min(first + p.slab, area);
  let row = local / 16u * 4u;
  let column = local % 16u * 4u;
  ${range(4).map((o) => `var a${o} = vec4f(0.0);`).join("\n  ")}
  for (var n0 = first; n0 < end; n0 += ${DEPTH}u) {
    for (var i = 0u; i < ${loads}u; i++) {
      let slot = local + i * ${THREADS}u;
      let n = n0 + slot % ${DEPTH}u;
      let at = slot % ${DEPTH}u * ${SIDE}u + slot / ${DEPTH}u;
      let channel = channel0 + slot / ${DEPTH}u;
      let has = channel < p.c_out && n < end;
      gradients[at] = select(0.0, dz[select(0u, (image * p.c_out + channel) * area + n, has)], has);
      let term = term0 + slot / ${DEPTH}u;
      let c = term / ${taps}u;
      let tap = term - c * ${taps}u;
      let y = i32(n / p.width + tap / ${k}u) - ${pad};
      let x0 = i32(n % p.width + tap % ${k}u) - ${pad};
      let inside = c < p.c_in && n < end && y >= 0 && y < i32(p.height) && x0 >= 0 &&
        x0 < i32(p.width);
      let source = ((image * p.c_in + c) * p.height + u32(max(y, 0))) * p.width + u32(max(x0, 0));
      windows[at] = select(0.0, x[select(0u, source, inside)], inside);
    }
    workgroupBarrier();
    for (var d = 0u; d < ${DEPTH}u; d++) {
      let at = d * ${SIDE}u;
      let window = vec4f(windows[at + column], windows[at + column + 1u],
        windows[at + column + 2u], windows[at + column + 3u]);
      ${
    range(4).map((o) => `a${o} = fma(vec4f(gradients[at + row + ${o}u]), window, a${o});`)
      .join("\n      ")
  }
    }
    workgroupBarrier();
  }
  ${
    range(4).map((o) =>
      `if (channel0 + row + ${o}u < p.c_out) {
    let out = (part * p.c_out + channel0 + row + ${o}u) * terms + term0 + column;
    ${
        range(4).map((i) =>
          `if (term0 + column + ${i}u < terms) { partial[out + ${i}u] = a${o}[${i}]; }`
        ).join("\n    ")
      }
  }`
    ).join("\n  ")
  }
}
`;
}

/** Computes dw `[c_out, c_in, k, k]` as a matrix product. */
export function gemmWeightGradient(
  device: Device,
  { x, dz, k }: WeightGradient,
): Tensor<"f32"> {
  const [batch, cIn, height, width] = x.shape;
  const cOut = dz.shape[1];
  const area = height * width;
  const slab = Math.ceil(Math.max(SLAB, area / MOST_SLABS) / DEPTH) * DEPTH;
  const slabs = Math.ceil(area / slab);
  const columns = Math.ceil(cIn * k * k / SIDE);
  const rows = Math.ceil(cOut / SIDE);
  const count = columns * rows * batch * slabs;
  using scope = device.scope();
  const partial = device.empty([batch * slabs, cOut, cIn, k, k]);
  device.dispatch({
    label: `conv2d k${k} dw product`,
    shader: gemmWeightGradientShader(k),
    uniforms: [cIn, cOut, height, width, slab, slabs, columns, rows, count],
    tensors: [partial, x, dz],
    workgroups: linearWorkgroups(count, 1),
  });
  return scope.keep(sumSlabs(device, { partial, shape: [cOut, cIn, k, k] }));
}
