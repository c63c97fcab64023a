/**
 * Direct convolution with a register tile: one invocation computes `rows` × `columns` pixels of 4
 * output channels.
 *
 * Each input value it loads serves k² taps of 4 channels, and each weight all pixels of the tile, so
 * a 4 × 8 tile of a 3×3 kernel does 1152 multiply-adds for 33 loads. The 9 taps of 4 neighbouring
 * pixels stand next to each other, so that a compiler short of registers keeps these sums in some and
 * loads a weight once for the 4, and channels and kernel rows share one loop: a second loop inside
 * halves the speed of a software adapter.
 *
 * The weights come packed as `[c_out / 4][c_in][k][k]` vectors over 4 output channels (see pack.ts).
 * The input gradient is the same kernel on weights packed the other way round.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../gpu/device.ts";
import { bindOperands, declareOperand, type Source } from "../../parts/operand.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import type { Convolution } from "./convolution.ts";
import { declareEpilogue, type Epilogue, epilogueOf, readBesides } from "./epilogue.ts";
import { packWeights } from "./pack.ts";
import {
  addProducts,
  loadTaps,
  loadWindow,
  type PixelTile,
  placeTile,
  storeSums,
  TILES_PER_WORKGROUP,
} from "./pixel_tile.ts";
import { unrolledKernelRows } from "./tile.ts";
import { vectorType, vectorWidth } from "../../parts/vector_width.ts";

/** WGSL of the direct kernel for one tile; x and w are read from `source`. */
function directShader(
  tile: PixelTile,
  { epilogue, source, halves: [isHalf, fromHalves] }: {
    epilogue: Epilogue;
    source: Source;
    halves: readonly [y: boolean, x: boolean];
  },
): string {
  const kernelRows = unrolledKernelRows(tile.k);
  const passes = tile.k / kernelRows;
  const type = vectorType(tile.vector);
  const first = epilogue === "none" ? 2 : 3;
  return /* wgsl */ `
struct Params { batch: u32, c_in: u32, c_out: u32, height: u32, segments: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${declareEpilogue(epilogue, { binding: 2, type, isHalf })}
${declareOperand("x", { binding: first, source, type, isHalf: fromHalves })}
${declareOperand("w", { binding: first + 1, source })}

@compute @workgroup_size(${TILES_PER_WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) groups: vec3u) {
  ${placeTile(tile)}
  for (var step = 0u; step < p.c_in * ${passes}u; step++) {
    let c = step / ${passes}u;
    let plane = i32((image * p.c_in + c) * p.height) * width;
    let ky0 = i32(step - c * ${passes}u);
    let tap = i32((block * p.c_in * ${passes}u + step) * ${kernelRows * tile.k}u);
    ${loadTaps(tile)}
    ${loadWindow(tile)}
    ${addProducts(tile)}
  }
  ${storeSums(tile, epilogue)}
}
`;
}

/** Rows and columns of output pixels that one invocation computes; columns in fours. */
export interface DirectSide {
  /** Rows. */
  readonly rows: number;
  /** Columns, a multiple of 4. */
  readonly columns: number;
}

/** Computes a convolution of whichever direction with the direct kernel. */
export function directConvolution(
  device: Device,
  problem: Convolution,
  { source, side: { rows, columns } }: { source: Source; side: DirectSide },
): Tensor<"f32"> {
  const { x, weight, transposed, isHalf = false } = problem;
  const [batch, cIn, height, width] = x.shape;
  const cOut = weight.shape[transposed ? 1 : 0];
  const k = weight.shape[2];
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width], "f32", { isHalf });
  const packed = packWeights(device, { weight, transposed });
  const vector = vectorWidth(width);
  const epilogue = epilogueOf(problem);
  const tile: PixelTile = { k, rows, segments: columns / vector, vector };
  const rowSegments = width / vector;
  const tiles = Math.ceil(rowSegments / tile.segments) * Math.ceil(height / rows);
  const groups = Math.ceil(batch * tiles / TILES_PER_WORKGROUP) * Math.ceil(cOut / 4);
  device.dispatch({
    label: `conv2d k${k} ${epilogue}`,
    shader: directShader(tile, { epilogue, source, halves: [isHalf, x.isHalf] }),
    uniforms: { batch, c_in: cIn, c_out: cOut, height, segments: rowSegments },
    ...bindOperands([y, ...readBesides(problem)], { operands: [x, packed], source }),
    workgroups: linearWorkgroups(groups, 1),
  });
  return scope.keep(y);
}
