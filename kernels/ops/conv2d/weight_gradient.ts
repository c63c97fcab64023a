/**
 * Weight gradient, split over the pixels: one invocation sums the products of 4 output channels × 2
 * input channels × the taps of `unrolledKernelRows` kernel rows over a slab of bands of rows, walking
 * along the row and keeping the segments it has already loaded. A second pass adds the slabs in
 * their order, so the result never depends on timing.
 *
 * An invocation makes a few hundred steps, and never more than 4096: longer rows are left to others, as
 * software adapters silently stop loops near 65,535.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { WeightGradient } from "./convolution.ts";
import { bindOperands, declareOperand, type Source } from "../../parts/operand.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { sumSlabs } from "../../parts/reduce.ts";
import { range } from "../../parts/range.ts";
import { columnOf, haloSegments, unrolledKernelRows } from "./tile.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../../parts/vector_width.ts";

const STEPS_PER_INVOCATION = 256;
const MOST_STEPS = 4096;
/** Channels of the input that one invocation computes. */
const CHANNELS = 2;
/** From this height on, tiles have four rows in place of two: fewer loads, fewer invocations. */
const TALL = 32;

/** The numbers that a kernel is generated from. */
interface GradientTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Columns per segment. */
  readonly vector: VectorWidth;
  /** Rows of the gradient at once: 2 or 4. */
  readonly rows: number;
  /** Whether tiles fill the image and the channels, so that only padding must be looked for. */
  readonly whole: boolean;
  /** Where x and dz are read from. */
  readonly source: Source;
}

/** A row of the window of one channel. */
interface WindowRow {
  /** Which of the channels that an invocation takes. */
  readonly c: number;
  /** The row of the window, from `y0` on. */
  readonly r: number;
}

/** WGSL that finds the segments of the input's window: in an image, or in one that stands for it. */
export interface WindowReader {
  /** Functions that the others call. */
  readonly functions: string;
  /** How many segments a channel takes, where the gradient's take `area`. */
  readonly planeArea: string;
  /** The segment of a row at this place. */
  segment(row: WindowRow, at: string): string;
  /** Statements before segments enter the window at this place, for all its rows. */
  prepare(window: { channels: number; rows: number }, at: string): string[];
  /** The segment of a row at this place, after those statements. */
  prepared(row: WindowRow, at: string): string;
}

function segmentOf({ c, r }: WindowRow, at: string): string {
  return `x_at(x${c} + (y0 + ${r}) * width + ${at})`;
}

/** Reads the image itself. */
export const itself: WindowReader = {
  functions: "",
  planeArea: "area",
  segment: segmentOf,
  prepare: () => [],
  prepared: segmentOf,
};

/** WGSL of the weight gradient's first pass for one tile. */
function weightGradientShader(
  { k, vector, rows, whole, source }: GradientTile,
  reader: WindowReader,
): string {
  const pad = (k - 1) / 2;
  const halo = haloSegments(k, vector);
  const kernelRows = unrolledKernelRows(k);
  const inputRows = rows + kernelRows - 1;
  const type = vectorType(vector);
  const zero = `${type}(0.0)`;
  const last = 2 * halo;
  const channels = range(CHANNELS);
  const taps = range(kernelRows * k);
  const windows = channels.flatMap((c) => range(inputRows).map((r) => ({ c, r })));
  const inside = ({ c, r }: WindowRow, { value, at }: { value: string; at: string }) =>
    `select(${zero}, ${value}, ${whole ? "" : `has${c} && `}in${r} && u32(${at}) < p.segments)`;
  const load = (row: WindowRow, at: string) => inside(row, { value: reader.segment(row, at), at });
  const starts = windows.flatMap(({ c, r }) =>
    range(last + 1).map((s) =>
      s === last || s < halo
        ? `var v${c}${r}_${s} = ${zero};`
        : `var v${c}${r}_${s} = ${load({ c, r }, `${s - halo}`)};`
    )
  );
  // Segments enter the window at its right end; those already loaded move one place to the left.
  const entering = `s + ${halo}`;
  const prepare = reader.prepare({ channels: CHANNELS, rows: inputRows }, entering);
  const enter = windows.map((row) => {
    const value = reader.prepared(row, entering);
    return `v${row.c}${row.r}_${last} = ${inside(row, { value, at: entering })};`;
  });
  const shift = windows.flatMap(({ c, r }) =>
    range(last).map((s) => `v${c}${r}_${s} = v${c}${r}_${s + 1};`)
  );
  const gradients = range(rows).flatMap((r) =>
    range(4).map((o) => {
      const value = `dz_at(z0 + ${o} * area + ${r} * width + s)`;
      const has = `oc + ${o}u < p.c_out && row + ${r} < i32(p.height)`;
      return `let g${r}_${o} = ${whole ? value : `select(${zero}, ${value}, ${has})`};`;
    })
  );
  const pixels = range(rows).flatMap((r) => range(vector).map((i) => ({ r, i })));
  const pixelGradients = pixels.map(({ r, i }) => {
    const part = vector === 4 ? `.${"xyzw"[i]}` : "";
    return `let d${r}_${i} = vec4f(${range(4).map((o) => `g${r}_${o}${part}`).join(", ")});`;
  });
  const sums = channels.flatMap((c) =>
    taps.flatMap((t) =>
      pixels.map(({ r, i }) => {
        const offset = i + t % k - pad;
        const value = columnOf(`v${c}${r + Math.floor(t / k)}`, { offset, halo, vector });
        return `a${c}_${t} = fma(vec4f(${value}), d${r}_${i}, a${c}_${t});`;
      })
    )
  );
  const stores = channels.flatMap((c) =>
    range(4).map((o) =>
      `if (has${c} && oc + ${o}u < p.c_out) {
    let at = ((slab * p.c_out + oc + ${o}u) * p.c_all + p.c_first + ic + ${c}u) * ${k * k}u +
      ky0 * ${k}u;
    ${taps.map((t) => `partial[at + ${t}u] = a${c}_${t}[${o}];`).join(" ")}
  }`
    )
  );
  return /* wgsl */ `
struct Params {
  batch: u32, c_in: u32, c_out: u32, height: u32, segments: u32, bands: u32, slabs: u32,
  c_first: u32, c_all: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
${declareOperand("dz", { binding: 2, source, type })}
${declareOperand("x", { binding: 3, source, type })}
${reader.functions}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let in_blocks = (p.c_in + ${CHANNELS - 1}u) / ${CHANNELS}u;
  let out_blocks = (p.c_out + 3u) / 4u;
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  let rest = index / ${k / kernelRows}u;
  let ky0 = (index - rest * ${k / kernelRows}u) * ${kernelRows}u;
  let ic = rest % in_blocks * ${CHANNELS}u;
  let oc = rest / in_blocks % out_blocks * 4u;
  let slab = rest / in_blocks / out_blocks;
  let image = slab / p.slabs;
  if (image >= p.batch) { return; }
  let width = i32(p.segments);
  let area = i32(p.height) * width;
  ${
    channels.map((c) =>
      `let has${c} = ic + ${c}u < p.c_in;
  let x${c} = i32(image * p.c_in + ic + ${c}u) * ${reader.planeArea};`
    ).join("\n  ")
  }
  ${channels.flatMap((c) => taps.map((t) => `var a${c}_${t} = vec4f(0.0);`)).join("\n  ")}
  let first = i32(slab % p.slabs * p.bands) * ${rows};
  let end = min(first + i32(p.bands) * ${rows}, i32(p.height));
  for (var row = first; row < end; row += ${rows}) {
    let y0 = row + i32(ky0) - ${pad};
    let z0 = i32(image * p.c_out + oc) * area + row * width;
    ${
    range(inputRows).map((r) => `let in${r} = y0 + ${r} >= 0 && y0 + ${r} < i32(p.height);`).join(
      "\n    ",
    )
  }
    ${starts.join("\n    ")}
    for (var s = 0; s < width; s++) {
      ${prepare.join("\n      ")}
      ${enter.join("\n      ")}
      ${gradients.join("\n      ")}
      ${pixelGradients.join("\n      ")}
      ${sums.join("\n      ")}
      ${shift.join("\n      ")}
    }
  }
  ${stores.join("\n  ")}
}
`;
}

/** An input of a layer, or some channels of one. */
export interface GradientInput {
  /** The image, `[n, c, h, w]`, or one that stands for it. */
  readonly x: Tensor<"f32">;
  /** How it is read. */
  readonly reader: WindowReader;
}

/** Whether an invocation can walk along a row of so many pixels. */
export function canWalk(width: number): boolean {
  return width / vectorWidth(width) <= MOST_STEPS;
}

/** Computes dw `[c_out, c_in, k, k]` from the input and the gradient of the sums. */
export function weightGradient(
  device: Device,
  { x, ...rest }: WeightGradient,
  source: Source,
): Tensor<"f32"> {
  return joinedWeightGradient(device, { inputs: [{ x, reader: itself }], ...rest }, source);
}

/** Rows of a band; a single channel fills half of a tile as it is. */
function rowsOf({ height, cAll, k }: { height: number; cAll: number; k: number }): number {
  return k === 3 && height >= TALL && cAll > 1 ? 4 : 2;
}

/** Computes dw for a layer that sees several images, one after the other along its channels. */
export function joinedWeightGradient(
  device: Device,
  { inputs, dz, k, sum = sumSlabs }: Omit<WeightGradient, "x"> & {
    inputs: readonly GradientInput[];
  },
  source: Source,
): Tensor<"f32"> {
  const [batch, cOut, height, width] = dz.shape;
  const cAll = inputs.reduce((sum, { x }) => sum + x.shape[1], 0);
  const vector = vectorWidth(width);
  const segments = width / vector;
  const rows = rowsOf({ height, cAll, k });
  const bands = Math.max(1, Math.floor(STEPS_PER_INVOCATION * 2 / rows / segments));
  const slabs = Math.ceil(Math.ceil(height / rows) / bands);
  using scope = device.scope();
  const partial = device.empty([batch * slabs, cOut, cAll, k, k]);
  let first = 0;
  for (const { x, reader } of inputs) {
    const cIn = x.shape[1];
    const blocks = Math.ceil(cOut / 4) * Math.ceil(cIn / CHANNELS) * (k / unrolledKernelRows(k));
    // Small images take the kernel that serves every size: each kernel costs memory and time.
    const whole = rows > 2 && cIn % CHANNELS === 0 && cOut % 4 === 0 && height % rows === 0;
    device.dispatch({
      label: `conv2d k${k} dw`,
      shader: weightGradientShader({ k, vector, rows, whole, source }, reader),
      uniforms: {
        ...{ batch, c_in: cIn, c_out: cOut, height, segments, bands, slabs },
        ...{ c_first: first, c_all: cAll },
      },
      // The gradient comes first, as in the kernel of dx: its copy in a texture can serve both.
      ...bindOperands([partial], { operands: [dz, x], source }),
      workgroups: linearWorkgroups(batch * slabs * blocks, WORKGROUP),
    });
    first += cIn;
  }
  return scope.keep(sum(device, { partial, shape: [cOut, cAll, k, k] }));
}
