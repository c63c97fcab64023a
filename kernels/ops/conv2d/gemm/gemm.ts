/**
 * Convolution as a matrix product, tiled in workgroup memory: weights `[c_out, c_in · k²]` times the
 * image's windows `[c_in · k², pixels]`, which are never written out but gathered while they are
 * loaded. A 1×1 convolution is a plain matrix product here.
 *
 * In each step a workgroup loads 16 rows of both matrices, and every invocation multiplies a register
 * tile of 8 channels × 8 pixels out of them: 128 operations for 64 bytes of workgroup memory. The
 * pixels that an invocation loads stay the same, so where they lie is computed once; see gather.ts.
 *
 * A small image has few tiles, and most of a GPU would have no work: there the terms of a sum are split
 * into slabs that are added up afterwards, in their order; see slabs.ts.
 *
 * With f16 the weights and the windows are rounded to half precision where they are stored; products
 * are still summed in float32. That halves what workgroup memory has to hold and to deliver, and
 * costs three digits of every factor.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../../gpu/device.ts";
import type { Tensor } from "../../../gpu/tensor.ts";
import { declareOperand } from "../../../parts/operand.ts";
import type { Convolution } from "../convolution.ts";
import {
  addsBias,
  declareEpilogue,
  type Epilogue,
  epilogueOf,
  readBesides,
  storeSum,
} from "../epilogue.ts";
import { type Gather, gatherFor } from "./gather.ts";
import { packWeights } from "../pack.ts";
import { addSlabs, slabOf } from "./slabs.ts";
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
import { vectorType, vectorWidth } from "../../../parts/vector_width.ts";
import { range } from "../../../parts/range.ts";

/** The numbers that a product kernel is generated from. */
export interface GemmTile extends WorkgroupTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** What it stores at once: 4 pixels where images are whole vectors of them. */
  readonly type: "vec4f" | "f32";
  /** How windows are gathered. */
  readonly gather: Gather;
  /** What is done with sums. */
  readonly epilogue: Epilogue;
  /** Whether operands are multiplied as f16; the device needs `shader-f16`. */
  readonly half: boolean;
  /** Whether the result and the image are stored as halves. */
  readonly halves: readonly [y: boolean, x: boolean];
}

/** Pixels in a batch below which a large tile leaves most of a GPU without work. */
const FEW_PIXELS = 8192;

/** The tile for a number of channels and of pixels; it takes at most 16 KiB of workgroup memory. */
function tileFor(cOut: number, pixels: number): WorkgroupTile {
  if (cOut <= 16) return { blocks: 4, groups: 32 };
  if (cOut <= 32) return { blocks: 8, groups: 32 };
  return pixels < FEW_PIXELS ? { blocks: 8, groups: 16 } : { blocks: 16, groups: 32 };
}

/** WGSL of the product kernel for one tile. */
function gemmShader(
  { k, type, gather, epilogue, half, halves: [isHalf, fromHalves], ...tile }: GemmTile,
): string {
  const { blocks, groups } = tile;
  const vector = half ? "vec4<f16>" : "vec4f";
  const hasBias = addsBias(epilogue);
  const taps = k * k;
  const pad = (k - 1) / 2;
  const threads = threadsOf(tile);
  // One vector more a row: invocations that store along a column meet different banks.
  const stride = blocks + 1;
  const stores = range(4 * SIDE).map((o) => {
    const outputs = range(SIDE).flatMap((g) => {
      const n = `(n0 + (${groupOf(tile, g)}) * 4u)`;
      const value = `a${o}_${g}${hasBias ? " + bias" : ""}`;
      if (type === "vec4f") {
        const at = `(out + ${n}) / 4u`;
        return [`if (${n} < area) { ${storeSum(epilogue, { value, at, type })} }`];
      }
      return range(4).map((i) => {
        const part = { value: `(${value})[${i}]`, at: `out + ${n} + ${i}u`, type } as const;
        return `if (${n} + ${i}u < area) { ${storeSum(epilogue, part)} }`;
      });
    });
    return `{
    let channel = (block0 + ${blockOf(tile, o)}) * 4u + ${o % 4}u;
    if (channel < p.c_out) {
      let out = (result * p.c_out + channel) * area;
      ${hasBias ? "let bias = b[channel];" : ""}
      ${outputs.join("\n      ")}
    }
  }`;
  });
  // Workgroups past the last compute what an earlier one computes: barriers must be met by all.
  return /* wgsl */ `
${half ? "enable f16;" : ""}
struct Params {
  c_in: u32, c_out: u32, height: u32, width: u32, tiles: u32, rows: u32, count: u32, batch: u32,
  slab: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
${declareEpilogue(epilogue, { binding: 4, type, isHalf })}
${declareOperand("x", { binding: 2, type: gather.type, isHalf: fromHalves })}
@group(0) @binding(3) var<storage, read> w: array<${vector}>;
var<workgroup> weights: array<${vector}, ${DEPTH * stride}>;
var<workgroup> windows: array<${vector}, ${DEPTH * groups}>;

@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let index = min(id.x + id.y * size.x, p.count - 1u);
  let area = p.height * p.width;
  let terms = p.c_in * ${taps}u;
  let n0 = index % p.tiles * ${groups * 4}u;
  let block0 = index / p.tiles % p.rows * ${blocks}u;
  let result = index / p.tiles / p.rows;
  let image = result % p.batch;
  let first = result / p.batch * p.slab;
  let end = min(first + p.slab, terms);
  let last_block = (p.c_out + 3u) / 4u - 1u;
  ${placeInTile(tile)}
  let loaded = n0 + local % ${groups}u * 4u;
  ${gather.place}
  ${declareSums()}
  for (var term0 = first; term0 < end; term0 += ${DEPTH}u) {
    for (var slot = local; slot < ${DEPTH * blocks}u; slot += ${threads}u) {
      let term = term0 + slot % ${DEPTH}u;
      let block = min(block0 + slot / ${DEPTH}u, last_block);
      weights[slot % ${DEPTH}u * ${stride}u + slot / ${DEPTH}u] =
        select(${vector}(), w[block * terms + min(term, terms - 1u)], term < terms);
    }
    for (var d = local / ${groups}u; d < ${DEPTH}u; d += ${threads / groups}u) {
      let term = min(term0 + d, terms - 1u);
      let c = term / ${taps}u;
      let tap = i32(term - c * ${taps}u);
      let down = tap / ${k} - ${pad};
      let right = tap % ${k} - ${pad};
      let plane = i32((image * p.c_in + c) * area);
      let from_row = row + down;
      let from_column = column + right;
      ${gather.load}
      windows[d * ${groups}u + local % ${groups}u] = ${vector}(pixels);
    }
    ${
    multiplyRows(tile, {
      left: { name: "weights", stride },
      right: { name: "windows", stride: groups },
    })
  }
  }
  ${stores.join("\n  ")}
}
`;
}

/** Computes a convolution as a matrix product. */
export function gemmConvolution(
  device: Device,
  problem: Convolution,
  { half }: { half: boolean },
): Tensor<"f32"> {
  const { x, weight, transposed, isHalf = false } = problem;
  const [batch, cIn, height, width] = x.shape;
  const cOut = weight.shape[transposed ? 1 : 0];
  const k = weight.shape[2];
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width], "f32", { isHalf });
  const packed = packWeights(device, { weight, transposed, half });
  const { blocks, groups } = tileFor(cOut, batch * height * width);
  const tiles = Math.ceil(height * width / (groups * 4));
  const rows = Math.ceil(cOut / (blocks * 4));
  const terms = cIn * k * k;
  const slab = slabOf(device, { groups: batch * rows * tiles, terms });
  const slabs = Math.ceil(terms / slab);
  const isWhole = slabs === 1;
  const sums = isWhole ? y : device.empty([slabs * batch, cOut, height, width]);
  const count = slabs * batch * rows * tiles;
  const type = vectorType(vectorWidth(height * width));
  device.dispatch({
    label: `conv2d k${k} product`,
    shader: gemmShader({
      ...{ k, blocks, groups, type, half, halves: [isWhole && isHalf, x.isHalf] },
      ...{ gather: gatherFor(k, width), epilogue: isWhole ? epilogueOf(problem) : "none" },
    }),
    uniforms: { c_in: cIn, c_out: cOut, height, width, tiles, rows, count, batch, slab },
    tensors: [sums, x, packed, ...isWhole ? readBesides(problem) : []],
    workgroups: linearWorkgroups(count, 1),
  });
  if (!isWhole) addSlabs(device, { sums, slabs, y, problem });
  return scope.keep(y);
}
