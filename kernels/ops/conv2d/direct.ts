/**
 * Direct convolution with a register tile: one invocation computes `rows` × `columns` pixels of 4
 * output channels.
 *
 * Each input value it loads serves k² taps of 4 channels, and each weight all pixels of the tile, so
 * a 4 × 8 tile of a 3×3 kernel does 1152 multiply-adds for 33 loads. The 9 taps of one output value
 * stand next to each other so that a compiler short of registers keeps the sum in one, and channels
 * and kernel rows share one loop: a second loop inside halves the speed of a software adapter.
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
import { packWeights } from "./pack.ts";
import { columnOf, haloSegments, range, unrolledKernelRows } from "./tile.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../../parts/vector_width.ts";

/** What happens to a sum before it is stored. */
export type Epilogue = "none" | "bias" | "bias_relu";

/** The numbers that a direct kernel is generated from. */
export interface DirectTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Output rows per invocation. */
  readonly rows: number;
  /** Output segments per row and invocation. */
  readonly segments: number;
  /** Columns per segment. */
  readonly vector: VectorWidth;
  /** What happens to a sum before it is stored. */
  readonly epilogue: Epilogue;
  /** Where x and w are read from. */
  readonly source: Source;
  /**
   * Whether the first channels come from an image of half the size, each pixel standing for 2 × 2;
   * needs a 3×3 kernel, vectors, and rows and segments that are even.
   */
  readonly doubled?: boolean;
}

const WORKGROUP = 64;

/** WGSL of the direct kernel for one tile. */
export function directShader(
  { k, rows, segments, vector, epilogue, source, doubled = false }: DirectTile,
): string {
  const halo = haloSegments(k, vector);
  const columns = segments * vector;
  const pad = (k - 1) / 2;
  const kernelRows = unrolledKernelRows(k);
  const passes = k / kernelRows;
  const type = vectorType(vector);
  const zero = `${type}(0.0)`;
  const hasBias = epilogue !== "none";
  const pixels = range(rows).flatMap((r) => range(columns).map((c) => ({ r, c })));
  const loads = range(rows + kernelRows - 1).flatMap((r) => [
    `let row${r} = y0 + ${r} + ky0 - ${pad};`,
    `let in${r} = row${r} >= 0 && row${r} < i32(p.height);`,
    `let at${r} = plane + row${r} * width;`,
    ...range(segments + 2 * halo).map((s) =>
      `let v${r}_${s} = select(${zero}, x_at(at${r} + s0 + ${s - halo}), in${r} && ` +
      `s0 + ${s - halo} >= 0 && s0 + ${s - halo} < width);`
    ),
  ]);
  const weights = range(kernelRows * k).map((t) => `let w${t} = w_at(tap + ${t});`);
  const sums = pixels.map(({ r, c }) => {
    const taps = range(kernelRows).flatMap((ky) =>
      range(k).map((kx) =>
        `sum = fma(vec4f(${columnOf(`v${r + ky}`, { offset: c + kx - pad, halo, vector })}), w${
          ky * k + kx
        }, sum);`
      )
    );
    return `{ var sum = a${r}_${c}; ${taps.join(" ")} a${r}_${c} = sum; }`;
  });
  const finish = (value: string) => epilogue === "bias_relu" ? `max(${value}, ${zero})` : value;
  const stores = range(4).map((channel) => {
    const outputs = range(rows).flatMap((r) =>
      range(segments).map((s) => {
        const parts = range(vector).map((i) => `a${r}_${s * vector + i}[${channel}]`);
        const value = vector === 4 ? `vec4f(${parts.join(", ")})` : parts[0];
        const biased = hasBias ? `${value} + bias${channel}` : value;
        return `if (y0 + ${r} < i32(p.height) && s0 + ${s} < width) ` +
          `{ y[out + ${r} * width + ${s}] = ${finish(biased)}; }`;
      })
    );
    return `if (channel + ${channel}u < p.c_out) {
    let out = i32((image * p.c_out + channel + ${channel}u) * p.height) * width + y0 * width + s0;
    ${hasBias ? `let bias${channel} = b[channel + ${channel}u];` : ""}
    ${outputs.join("\n    ")}
  }`;
  });
  return /* wgsl */ `
struct Params {
  batch: u32, c_in: u32, c_out: u32, height: u32, segments: u32${doubled ? ", c_low: u32" : ""}
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
${hasBias ? "@group(0) @binding(2) var<storage, read> b: array<f32>;" : ""}
${declareOperand("x", { binding: hasBias ? 3 : 2, source, type })}
${declareOperand("w", { binding: hasBias ? 4 : 3, source })}
${doubled ? declareOperand("low", { binding: hasBias ? 5 : 4, source }) : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) groups: vec3u) {
  let tiles_x = (p.segments + ${segments - 1}u) / ${segments}u;
  let tiles_y = (p.height + ${rows - 1}u) / ${rows}u;
  let blocks = (p.c_out + 3u) / 4u;
  // Workgroups next to each other compute other channels of the same tiles, which are still cached.
  let group = id.x + id.y * groups.x;
  let block = group % blocks;
  let index = group / blocks * ${WORKGROUP}u + local;
  let tile = index / tiles_x;
  let image = tile / tiles_y;
  if (image >= p.batch) { return; }
  let width = i32(p.segments);
  let s0 = i32(index % tiles_x) * ${segments};
  let y0 = i32(tile % tiles_y) * ${rows};
  let channel = block * 4u;
  ${pixels.map(({ r, c }) => `var a${r}_${c} = vec4f(0.0);`).join("\n  ")}
  ${doubled ? doubledLoop({ rows, segments, weights, sums }) : ""}
  for (var step = ${doubled ? "p.c_low" : "0u"}; step < p.c_in * ${passes}u; step++) {
    let c = step / ${passes}u;
    ${
    doubled
      ? "let plane = i32((image * (p.c_in - p.c_low) + c - p.c_low) * p.height) * width;"
      : "let plane = i32((image * p.c_in + c) * p.height) * width;"
  }
    let ky0 = i32(step - c * ${passes}u);
    let tap = i32((block * p.c_in * ${passes}u + step) * ${kernelRows * k}u);
    ${weights.join("\n    ")}
    ${loads.join("\n    ")}
    ${sums.join("\n    ")}
  }
  ${stores.join("\n  ")}
}
`;
}

/**
 * The loop over the channels of the smaller image, for a 3×3 kernel. Tiles begin at even rows and
 * segments, so which half of which vector a value comes from is known beforehand.
 */
function doubledLoop(
  { rows, segments, weights, sums }: {
    rows: number;
    segments: number;
    weights: readonly string[];
    sums: readonly string[];
  },
): string {
  // Row r of the window lies at y0 − 1 + r, in row y0 / 2 + ⌊(r − 1) / 2⌋ of the smaller image.
  const half = (at: number) => Math.floor((at - 1) / 2) + 1;
  const lowRows = range(half(rows + 1) + 1);
  const lowSegments = range(half(segments + 1) + 1);
  const loads = lowRows.flatMap((r) => [
    `let row${r} = y0 / 2 + ${r - 1};`,
    ...lowSegments.map((s) =>
      `let l${r}_${s} = select(vec4f(0.0), low_at(plane + row${r} * low_width + s0 / 2 + ${
        s - 1
      }), ` +
      `row${r} >= 0 && row${r} * 2 < i32(p.height) && s0 / 2 + ${s - 1} >= 0 && ` +
      `s0 / 2 + ${s - 1} < low_width);`
    ),
  ]);
  const window = range(rows + 2).flatMap((r) =>
    range(segments + 2).map((s) =>
      `let v${r}_${s} = l${half(r)}_${half(s)}.${s % 2 === 0 ? "zzww" : "xxyy"};`
    )
  );
  return `let low_width = width / 2;
  for (var step = 0u; step < p.c_low; step++) {
    let plane = i32((image * p.c_low + step) * p.height) / 2 * low_width;
    let tap = i32((block * p.c_in + step) * 9u);
    ${weights.join("\n    ")}
    ${loads.join("\n    ")}
    ${window.join("\n    ")}
    ${sums.join("\n    ")}
  }`;
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
  { x, weight, bias, transposed, relu }: Convolution,
  { source, side: { rows, columns } }: { source: Source; side: DirectSide },
): Tensor<"f32"> {
  const [batch, cIn, height, width] = x.shape;
  const cOut = weight.shape[transposed ? 1 : 0];
  const k = weight.shape[2];
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width]);
  const packed = packWeights(device, { weight, transposed });
  const vector = vectorWidth(width);
  const epilogue = bias ? relu ? "bias_relu" : "bias" : "none";
  const tile: DirectTile = { k, rows, segments: columns / vector, vector, epilogue, source };
  const rowSegments = width / vector;
  const tiles = Math.ceil(rowSegments / tile.segments) * Math.ceil(height / rows);
  const results = bias ? [y, bias] : [y];
  device.dispatch({
    label: `conv2d k${k} ${epilogue}`,
    shader: directShader(tile),
    uniforms: { batch, c_in: cIn, c_out: cOut, height, segments: rowSegments },
    ...bindOperands(results, { operands: [x, packed], source }),
    workgroups: linearWorkgroups(Math.ceil(batch * tiles / WORKGROUP) * Math.ceil(cOut / 4), 1),
  });
  return scope.keep(y);
}

/** A convolution over two images, the first of half the size. */
export interface DoubledConvolution {
  /** The smaller image, `[n, c_low, h / 2, w / 2]`; each pixel stands for 2 × 2. */
  readonly low: Tensor<"f32">;
  /** The other channels, `[n, c_skip, h, w]`. */
  readonly skip: Tensor<"f32">;
  /** Weights `[c_out, c_low + c_skip, 3, 3]`. */
  readonly weight: Tensor<"f32">;
  /** Added to every channel. */
  readonly bias: Tensor<"f32">;
  /** Whether negative results become 0. */
  readonly relu: boolean;
}

/** Computes such a convolution without writing the enlarged image or the joined channels out. */
export function doubledConvolution(
  device: Device,
  { low, skip, weight, bias, relu }: DoubledConvolution,
  source: Source,
): Tensor<"f32"> {
  const [batch, , height, width] = skip.shape;
  const [cOut, cIn, k] = weight.shape;
  const [rows, columns] = [4, 8];
  using scope = device.scope();
  const y = device.empty([batch, cOut, height, width]);
  const packed = packWeights(device, { weight, transposed: false });
  const tiles = Math.ceil(width / columns) * Math.ceil(height / rows);
  device.dispatch({
    label: `conv2d k${k} doubled`,
    shader: directShader({
      k,
      rows,
      segments: columns / 4,
      vector: 4,
      epilogue: relu ? "bias_relu" : "bias",
      source,
      doubled: true,
    }),
    uniforms: { batch, c_in: cIn, c_out: cOut, height, segments: width / 4, c_low: low.shape[1] },
    ...bindOperands([y, bias], { operands: [skip, packed, low], source }),
    workgroups: linearWorkgroups(Math.ceil(batch * tiles / WORKGROUP) * Math.ceil(cOut / 4), 1),
  });
  return scope.keep(y);
}
