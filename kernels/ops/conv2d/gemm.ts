/**
 * Convolution as a matrix product, tiled in workgroup memory: weights `[c_out, c_in · k²]` times the
 * image's windows `[c_in · k², pixels]`, which are never written out but gathered while they are
 * loaded. A 1×1 convolution is a plain matrix product here.
 *
 * A workgroup of 256 invocations computes 64 channels × 64 pixels (128 pixels of up to 32 channels).
 * In each step it loads 16 rows of both matrices once, and every invocation multiplies a register tile
 * of 4 channels × 4 pixels out of them: what is loaded from global memory serves a whole tile.
 *
 * With f16 the weights and the windows are rounded to half precision where they are stored; products
 * are still summed in float32. That halves what workgroup memory has to hold and to deliver, and
 * costs three digits of every factor.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../device.ts";
import type { Tensor } from "../../tensor.ts";
import type { Convolution } from "./convolution.ts";
import { packWeights } from "./pack.ts";
import { range } from "./tile.ts";

const DEPTH = 16;

/** The numbers that a product kernel is generated from. */
export interface GemmTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Vectors of 4 output channels per workgroup. */
  readonly blocks: number;
  /** Vectors of 4 pixels per workgroup. */
  readonly groups: number;
  /** Whether a bias is added. */
  readonly hasBias: boolean;
  /** Whether negative results become 0. */
  readonly relu: boolean;
  /** Whether operands are stored as f16; the device needs `shader-f16`. */
  readonly half: boolean;
}

const THREADS = 256;

/** WGSL of the product kernel for one tile. */
export function gemmShader({ k, blocks, groups, hasBias, relu, half }: GemmTile): string {
  const vector = half ? "vec4<f16>" : "vec4f";
  const taps = k * k;
  const pad = (k - 1) / 2;
  const perThread = blocks * groups / THREADS;
  const columns = range(perThread);
  const channels = range(4);
  const finish = (value: string) => relu ? `max(${value}, 0.0)` : value;
  return /* wgsl */ `
${half ? "enable f16;" : ""}
struct Params { c_in: u32, c_out: u32, height: u32, width: u32, tiles: u32, rows: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<${vector}>;
${hasBias ? "@group(0) @binding(4) var<storage, read> b: array<f32>;" : ""}

var<workgroup> weights: array<${vector}, ${DEPTH * blocks}>;
var<workgroup> windows: array<${vector}, ${DEPTH * groups}>;

// Row "term" of the windows at pixel n of an image.
fn window(plane: u32, term: u32, n: u32) -> f32 {
  let c = term / ${taps}u;
  let tap = term - c * ${taps}u;
  let row = i32(n / p.width + tap / ${k}u) - ${pad};
  let column = i32(n % p.width + tap % ${k}u) - ${pad};
  let inside = c < p.c_in && row >= 0 && row < i32(p.height) && column >= 0 &&
    column < i32(p.width);
  let at = ((plane + c) * p.height + u32(max(row, 0))) * p.width + u32(max(column, 0));
  return select(0.0, x[select(0u, at, inside)], inside);
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x;
  // Workgroups past the last compute what an earlier one computes: barriers must be met by all.
  let tile = min(index, p.count - 1u);
  let area = p.height * p.width;
  let terms = p.c_in * ${taps}u;
  let n0 = tile % p.tiles * ${groups * 4}u;
  let block0 = tile / p.tiles % p.rows * ${blocks}u;
  let image = tile / p.tiles / p.rows;
  let last_block = (p.c_out + 3u) / 4u - 1u;
  let thread_block = local / ${groups / perThread}u;
  let thread_group = local % ${groups / perThread}u;
  ${channels.flatMap((o) => columns.map((g) => `var a${o}_${g} = vec4f(0.0);`)).join("\n  ")}
  for (var term0 = 0u; term0 < terms; term0 += ${DEPTH}u) {
    for (var slot = local; slot < ${DEPTH * blocks}u; slot += ${THREADS}u) {
      let term = term0 + slot % ${DEPTH}u;
      let block = min(block0 + slot / ${DEPTH}u, last_block);
      weights[slot % ${DEPTH}u * ${blocks}u + slot / ${DEPTH}u] =
        select(${vector}(), w[block * terms + min(term, terms - 1u)], term < terms);
    }
    for (var slot = local; slot < ${DEPTH * groups}u; slot += ${THREADS}u) {
      let term = term0 + slot / ${groups}u;
      let n = n0 + slot % ${groups}u * 4u;
      let plane = image * p.c_in;
      windows[slot] = ${vector}(vec4f(window(plane, term, n), window(plane, term, n + 1u),
        window(plane, term, n + 2u), window(plane, term, n + 3u)));
    }
    workgroupBarrier();
    for (var d = 0u; d < ${DEPTH}u; d++) {
      let factor = vec4f(weights[d * ${blocks}u + thread_block]);
      ${
    columns.map((g) =>
      `let pixels${g} = vec4f(windows[d * ${groups}u + thread_group + ${g * groups / perThread}u]);`
    ).join("\n      ")
  }
      ${
    channels.flatMap((o) =>
      columns.map((g) => `a${o}_${g} = fma(vec4f(factor[${o}]), pixels${g}, a${o}_${g});`)
    ).join("\n      ")
  }
    }
    workgroupBarrier();
  }
  ${
    channels.map((o) => {
      const stores = columns.flatMap((g) =>
        range(4).map((i) => {
          const n = `n0 + (thread_group + ${g * groups / perThread}u) * 4u + ${i}u`;
          const value = `a${o}_${g}[${i}]${hasBias ? " + bias" : ""}`;
          return `if (${n} < area) { y[out + ${n}] = ${finish(value)}; }`;
        })
      );
      return `{
    let channel = (block0 + thread_block) * 4u + ${o}u;
    if (channel < p.c_out) {
      let out = (image * p.c_out + channel) * area;
      ${hasBias ? "let bias = b[channel];" : ""}
      ${stores.join("\n      ")}
    }
  }`;
    }).join("\n  ")
  }
}
`;
}

/** Computes a convolution as a matrix product. */
export function gemmConvolution(
  device: Device,
  { x, weight, bias, transposed, relu }: Convolution,
  { half }: { half: boolean },
): Tensor<"f32"> {
  const [batch, cIn, height, width] = x.shape;
  const cOut = weight.shape[transposed ? 1 : 0];
  const k = weight.shape[2];
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width]);
  const packed = packWeights(device, { weight, transposed, half });
  const [blocks, groups] = cOut <= 32 ? [8, 32] : [16, 16];
  const tiles = Math.ceil(height * width / (groups * 4));
  const rows = Math.ceil(cOut / (blocks * 4));
  const count = batch * rows * tiles;
  device.dispatch({
    label: `conv2d k${k} product`,
    shader: gemmShader({ k, blocks, groups, hasBias: bias !== null, relu, half }),
    uniforms: [cIn, cOut, height, width, tiles, rows, count],
    tensors: bias ? [y, x, packed, bias] : [y, x, packed],
    workgroups: linearWorkgroups(count, 1),
  });
  return scope.keep(y);
}
