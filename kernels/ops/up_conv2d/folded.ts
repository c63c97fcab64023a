/**
 * The step up in one kernel: the direct convolution with a loop of its own over the channels of the
 * smaller image, so that neither the enlarged image nor the joined channels are written out.
 *
 * A vector of the smaller image is two segments of the enlarged one, and a row of it two rows. Tiles
 * begin at even rows and segments, so which half of which vector a value comes from is known when the
 * kernel is generated; for that its tile has even rows and segments, and a window of one row and one
 * segment more on each side, as a 3×3 kernel needs.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { bindOperands, declareOperand, type Source } from "../../parts/operand.ts";
import { declareEpilogue, type Epilogue } from "../conv2d/epilogue.ts";
import { packWeights } from "../conv2d/pack.ts";
import {
  addProducts,
  loadTaps,
  loadWindow,
  type PixelTile,
  placeTile,
  storeSums,
  TILES_PER_WORKGROUP,
} from "../conv2d/pixel_tile.ts";
import { range } from "../../parts/range.ts";
import type { UpConvolution } from "./step_up.ts";

const TILE: PixelTile = { k: 3, rows: 4, segments: 2, vector: 4 };

/**
 * Loads the window of the enlarged image out of the smaller one. Row or segment i of the window lies
 * at i − 1 from the tile's first, which is ⌊(i − 1) / 2⌋ from that of the smaller image's tile.
 */
function loadEnlargedWindow({ rows, segments }: PixelTile): string {
  const half = (i: number) => Math.floor((i - 1) / 2) + 1;
  const loads = range(half(rows + 1) + 1).flatMap((r) => [
    `let row${r} = y0 / 2 + ${r - 1};`,
    ...range(half(segments + 1) + 1).map((s) => {
      const at = `s0 / 2 + ${s - 1}`;
      return `let l${r}_${s} = select(vec4f(0.0), low_at(plane + row${r} * low_width + ${at}), ` +
        `row${r} >= 0 && row${r} * 2 < i32(p.height) && ${at} >= 0 && ${at} < low_width);`;
    }),
  ]);
  const window = range(rows + 2).flatMap((r) =>
    range(segments + 2).map((s) =>
      `let v${r}_${s} = l${half(r)}_${half(s)}.${s % 2 === 0 ? "zzww" : "xxyy"};`
    )
  );
  return [...loads, ...window].join("\n    ");
}

function foldedShader(
  tile: PixelTile,
  { epilogue, source, halves: [isHalf, isSkipHalf, isLowHalf] }: {
    epilogue: Epilogue;
    source: Source;
    halves: readonly [y: boolean, skip: boolean, low: boolean];
  },
): string {
  return /* wgsl */ `
struct Params { batch: u32, c_low: u32, c_skip: u32, c_out: u32, height: u32, segments: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${declareEpilogue(epilogue, { binding: 2, type: "vec4f", isHalf })}
${declareOperand("x", { binding: 3, source, isHalf: isSkipHalf })}
${declareOperand("w", { binding: 4, source })}
${declareOperand("low", { binding: 5, source, isHalf: isLowHalf })}

@compute @workgroup_size(${TILES_PER_WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) groups: vec3u) {
  ${placeTile(tile)}
  let low_width = width / 2;
  let low_tap = block * (p.c_low + p.c_skip);
  for (var c = 0u; c < p.c_low; c++) {
    let plane = i32((image * p.c_low + c) * p.height) / 2 * low_width;
    let tap = i32((low_tap + c) * 9u);
    ${loadTaps(tile)}
    ${loadEnlargedWindow(tile)}
    ${addProducts(tile)}
  }
  let ky0 = 0;
  for (var c = 0u; c < p.c_skip; c++) {
    let plane = i32((image * p.c_skip + c) * p.height) * width;
    let tap = i32((low_tap + p.c_low + c) * 9u);
    ${loadTaps(tile)}
    ${loadWindow(tile)}
    ${addProducts(tile)}
  }
  ${storeSums(tile, epilogue)}
}
`;
}

/** Computes a step up with a 3×3 kernel; the smaller image's rows are in fours. */
export function foldedConvolution(
  device: Device,
  { low, skip, weight, bias, relu, isHalf = false }: UpConvolution,
  source: Source,
): Tensor<"f32"> {
  const [batch, cSkip, height, width] = skip.shape;
  const [cLow, cOut] = [low.shape[1], weight.shape[0]];
  const { k, rows, vector } = TILE;
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width], "f32", { isHalf });
  const packed = packWeights(device, { weight, transposed: false });
  const segments = width / vector;
  const tiles = Math.ceil(segments / TILE.segments) * Math.ceil(height / rows);
  const groups = Math.ceil(batch * tiles / TILES_PER_WORKGROUP) * Math.ceil(cOut / 4);
  device.dispatch({
    label: `conv2d k${k} doubled`,
    shader: foldedShader(TILE, {
      ...{ epilogue: relu ? "bias_relu" : "bias", source },
      halves: [isHalf, skip.isHalf, low.isHalf],
    }),
    uniforms: { batch, c_low: cLow, c_skip: cSkip, c_out: cOut, height, segments },
    ...bindOperands([y, bias], { operands: [skip, packed, low], source }),
    workgroups: linearWorkgroups(groups, 1),
  });
  return scope.keep(y);
}
