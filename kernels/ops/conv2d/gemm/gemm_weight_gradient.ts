/**
 * Weight gradient as a matrix product, tiled in workgroup memory: the gradients `[c_out, pixels]`
 * times the transposed windows `[pixels, c_in · k²]`, which are gathered while they are loaded.
 *
 * The sum over the pixels is long and the result small, so it is split: each workgroup takes one slab
 * of pixels of one image, and a second pass adds the slabs in their order. In each step it loads 16
 * pixels, a vector of 4 channels at a time, or 4 pixels of 4 terms (c_in · k²), which it turns round, and
 * every invocation multiplies a register tile of 8 channels × 8 terms out of them. Where the plane of a
 * term begins and where its tap moves is found once, before the first step.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../../gpu/device.ts";
import { declareOperand } from "../../../parts/operand.ts";
import { sumSlabs } from "../../../parts/reduce.ts";
import type { Tensor } from "../../../gpu/tensor.ts";
import type { WeightGradient } from "../convolution.ts";
import { gatherFor } from "./gather.ts";
import {
  blockOf,
  declareSums,
  DEPTH,
  groupOf,
  multiplyRows,
  placeInTile,
  SIDE,
  threadsOf,
  type WorkgroupTile,
} from "../../../parts/matrix/register_tile.ts";
import { range } from "../../../parts/range.ts";

/** The least pixels of a slab; more where there would be too many slabs. */
const SLAB = 512;
const MOST_SLABS = 64;

/** The numbers that the kernel is generated from. */
export interface GemmGradientTile extends WorkgroupTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Columns of the image. */
  readonly width: number;
  /** Whether the gradients are summed for the bias, too. */
  readonly hasBias: boolean;
}

/** The tile for a number of channels; it takes at most 16 KiB of workgroup memory. */
function tileFor(cOut: number): WorkgroupTile {
  if (cOut <= 16) return { blocks: 4, groups: 32 };
  return cOut <= 32 ? { blocks: 8, groups: 32 } : { blocks: 16, groups: 16 };
}

/** WGSL of the first pass for one tile. */
function gemmWeightGradientShader({ k, width, hasBias, ...tile }: GemmGradientTile): string {
  const { blocks, groups } = tile;
  const gather = gatherFor(k, width);
  const taps = k * k;
  const pad = (k - 1) / 2;
  const threads = threadsOf(tile);
  // One vector more a row: invocations that store along a column meet different banks.
  const [stride, windowStride] = [blocks + 1, groups + 1];
  const stores = range(4 * SIDE).map((o) => {
    const values = range(SIDE).flatMap((g) =>
      range(4).map((i) => {
        const term = `(term0 + (${groupOf(tile, g)}) * 4u + ${i}u)`;
        return `if (${term} < terms) { partial[out + ${term}] = a${o}_${g}[${i}]; }`;
      })
    );
    return `{
    let channel = channel0 + (${blockOf(tile, o)}) * 4u + ${o % 4}u;
    if (channel < p.c_out) {
      let out = (part * p.c_out + channel) * terms;
      ${values.join("\n      ")}
    }
  }`;
  });
  // Workgroups past the last compute what an earlier one computes: barriers must be met by all.
  // The workgroups of the first terms also sum the gradients, a vector of channels an invocation. The
  // gradients that an invocation loads belong to one pixel, as the threads are a multiple of the depth;
  // its windows to the same 4. Of 8 invocations side by side, 2 read next to each other, and all 8 store
  // to different banks.
  return /* wgsl */ `
struct Params {
  c_in: u32, c_out: u32, height: u32, width: u32, slab: u32, slabs: u32, columns: u32, rows: u32,
  count: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
${declareOperand("x", { binding: 2, type: gather.type })}
@group(0) @binding(3) var<storage, read> dz: array<f32>;
${hasBias ? "@group(0) @binding(4) var<storage, read_write> bias: array<f32>;" : ""}

var<workgroup> gradients: array<vec4f, ${DEPTH * stride}>;
var<workgroup> windows: array<vec4f, ${DEPTH * windowStride}>;
var<workgroup> taps: array<vec3i, ${groups * 4}>;

@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let index = min(id.x + id.y * size.x, p.count - 1u);
  let area = p.height * p.width;
  let terms = p.c_in * ${taps}u;
  let term0 = index % p.columns * ${groups * 4}u;
  let channel0 = index / p.columns % p.rows * ${blocks * 4}u;
  let part = index / p.columns / p.rows;
  let image = part / p.slabs;
  let first = part % p.slabs * p.slab;
  let end = min(first + p.slab, area);
  ${placeInTile(tile)}
  let steps = vec4u(0u, 1u, 2u, 3u);
  ${declareSums()}
  ${
    hasBias
      ? `let sums_bias = term0 == 0u && local < ${blocks}u;
  var bias_sum = vec4f(0.0);`
      : ""
  }
  for (var i = local; i < ${groups * 4}u; i += ${threads}u) {
    let term = min(term0 + i, terms - 1u);
    let c = term / ${taps}u;
    let tap = i32(term - c * ${taps}u);
    taps[i] = vec3i(i32((image * p.c_in + c) * area), tap / ${k} - ${pad}, tap % ${k} - ${pad});
  }
  workgroupBarrier();
  let pixel = (local % 2u + local / 8u % 2u * 2u) * 4u;
  for (var n0 = first; n0 < end; n0 += ${DEPTH}u) {
    let n = n0 + local % ${DEPTH}u;
    for (var slot = local; slot < ${DEPTH * blocks}u; slot += ${threads}u) {
      let channel = channel0 + slot / ${DEPTH}u * 4u + steps;
      let has = (channel < vec4u(p.c_out)) & vec4<bool>(n < end);
      let at = select(vec4u(0u), (image * p.c_out + channel) * area + n, has);
      let values = vec4f(dz[at.x], dz[at.y], dz[at.z], dz[at.w]);
      gradients[slot % ${DEPTH}u * ${stride}u + slot / ${DEPTH}u] =
        select(vec4f(0.0), values, has);
    }
    let loaded = n0 + pixel;
    ${gather.place}
    for (var slot = local; slot < ${DEPTH / 4 * groups}u; slot += ${threads}u) {
      let group = slot / 2u % 4u + slot / 16u * 4u;
      var turned: mat4x4f;
      ${
    range(4).map((i) =>
      `{
        let tap = taps[group * 4u + ${i}u];
        let plane = tap.x;
        let right = tap.z;
        let from_row = row + tap.y;
        let from_column = column + right;
        ${gather.load}
        turned[${i}] = pixels;
      }`
    ).join("\n      ")
  }
      turned = transpose(turned);
      ${
    range(4).map((i) => `windows[(pixel + ${i}u) * ${windowStride}u + group] = turned[${i}];`)
      .join("\n      ")
  }
    }
    ${
    multiplyRows(tile, {
      left: { name: "gradients", stride },
      right: { name: "windows", stride: windowStride },
      also: hasBias
        ? `if (sums_bias) {
      for (var d = 0u; d < ${DEPTH}u; d++) { bias_sum += gradients[d * ${stride}u + local]; }
    }`
        : "",
    })
  }
  }
  ${stores.join("\n  ")}
  ${
    hasBias
      ? `if (sums_bias) {
    for (var i = 0u; i < 4u; i++) {
      let channel = channel0 + local * 4u + i;
      if (channel < p.c_out) { bias[part * p.c_out + channel] = bias_sum[i]; }
    }
  }`
      : ""
  }
}
`;
}

/** Computes dw `[c_out, c_in, k, k]` as a matrix product. */
export function gemmWeightGradient(
  device: Device,
  { x, dz, k, sum = sumSlabs, sumBias }: WeightGradient,
): Tensor<"f32"> {
  const [batch, cIn, height, width] = x.shape;
  const cOut = dz.shape[1];
  const area = height * width;
  const { blocks, groups } = tileFor(cOut);
  const slab = Math.ceil(Math.max(SLAB, area / MOST_SLABS) / DEPTH) * DEPTH;
  const slabs = Math.ceil(area / slab);
  const columns = Math.ceil(cIn * k * k / (groups * 4));
  const rows = Math.ceil(cOut / (blocks * 4));
  const count = columns * rows * batch * slabs;
  using scope = device.scope();
  const partial = device.empty([batch * slabs, cOut, cIn, k, k]);
  const bias = sumBias ? device.empty([batch * slabs, cOut]) : null;
  device.dispatch({
    label: `conv2d k${k} dw product`,
    shader: gemmWeightGradientShader({ k, width, blocks, groups, hasBias: bias !== null }),
    uniforms: {
      ...{ c_in: cIn, c_out: cOut, height, width, slab, slabs, columns, rows },
      count,
    },
    tensors: bias ? [partial, x, dz, bias] : [partial, x, dz],
    workgroups: linearWorkgroups(count, 1),
  });
  if (sumBias && bias) scope.keep(sumBias(bias));
  return scope.keep(sum(device, { partial, shape: [cOut, cIn, k, k] }));
}
