/**
 * Winograd convolution of 3×3 kernels in four kernels: the windows of the input and the weights are
 * transformed, the products of all channels become (m + 2)² matrix products, and their results are
 * transformed back, with bias and ReLU.
 *
 * F(4) multiplies a quarter as often as a direct convolution, F(2) 4/9 as often. The transforms move
 * every value through memory twice, which pays from some 32 channels on.
 *
 * Tiles stand in groups of 4 in a row, one `vec4f`. Transformed inputs are `[e][c_in][group]` and
 * products `[e][c_out][group]` for the elements e of a transformed window; weights are
 * `[e][c_in][c_out / 4]` vectors over 4 output channels.
 *
 * @module
 */

import { type Device, linearWorkgroups, type Uniforms, WORKGROUP } from "../../../gpu/device.ts";
import { declareOperand } from "../../../parts/operand.ts";
import type { Tensor } from "../../../gpu/tensor.ts";
import type { Convolution } from "../convolution.ts";
import {
  addsBias,
  declareEpilogue,
  type Epilogue,
  epilogueOf,
  readBesides,
  storeSum,
} from "../epilogue.ts";
import { range } from "../../../parts/range.ts";
import { type TileSide, transformBothSides, WINOGRAD } from "./winograd_matrices.ts";

const TILES = 4;
/** Groups of tiles and vectors of output channels that one invocation of the product computes. */
const PRODUCT = { groups: 4, blocks: 2 };

/** The sizes of one Winograd convolution. */
interface Sizes {
  readonly m: TileSide;
  readonly elements: number;
  readonly batch: number;
  readonly cIn: number;
  readonly cOut: number;
  readonly height: number;
  /** Image columns in vectors of 4. */
  readonly segments: number;
  /** Rows of tiles. */
  readonly tileRows: number;
  /** Groups of 4 tiles in a row of tiles. */
  readonly tileGroups: number;
  /** Groups of tiles in the batch. */
  readonly groups: number;
}

/** The sizes of a problem whose rows are a multiple of 4 long. */
function winogradSizes({ x, weight, transposed }: Convolution, m: TileSide): Sizes {
  const [batch, cIn, height, width] = x.shape;
  const tileRows = Math.ceil(height / m);
  const tileGroups = Math.ceil(width / (m * TILES));
  return {
    m,
    elements: (m + 2) ** 2,
    batch,
    cIn,
    cOut: weight.shape[transposed ? 1 : 0],
    height,
    segments: width / 4,
    tileRows,
    tileGroups,
    groups: batch * tileRows * tileGroups,
  };
}

/** Bytes of the largest tensor that a problem needs on the way. */
export function winogradBytes(problem: Convolution, m: TileSide): number {
  const { elements, cIn, cOut, groups } = winogradSizes(problem, m);
  return elements * Math.max(cIn, cOut) * groups * 16;
}

const GROUP_SHADER = /* wgsl */ `
struct Params {
  channels: u32, height: u32, segments: u32, tile_rows: u32, tile_groups: u32, groups: u32, count: u32
}
@group(0) @binding(0) var<uniform> p: Params;
`;

/** Where in the image a group of tiles lies; `index` counts groups, and channels after them. */
function groupPosition(m: TileSide): string {
  return `let group = index % p.groups;
  let channel = index / p.groups;
  let tile_row = group / p.tile_groups;
  let image = tile_row / p.tile_rows;
  let y0 = i32(tile_row % p.tile_rows) * ${m};
  let s0 = i32(group % p.tile_groups) * ${m};
  let width = i32(p.segments);
  let height = i32(p.height);
  let plane = i32(image * p.channels + channel) * height * width;`;
}

function entry(body: string): string {
  return `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) size: vec3u) {
  let index = id.x + id.y * size.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  ${body}
}
`;
}

/** A group's window starts one pixel before its first output and has one more segment each side. */
export function inputShader(m: TileSide): string {
  const side = range(m + 2);
  const loads = side.flatMap((r) => [
    `let row${r} = y0 + ${r - 1};`,
    ...range(m + 2).map((s) =>
      `let v${r}_${s} = select(vec4f(0.0), x_at(plane + row${r} * width + s0 + ${s - 1}), ` +
      `row${r} >= 0 && row${r} < height && s0 + ${s - 1} >= 0 && s0 + ${s - 1} < width);`
    ),
  ]);
  const pixel = (r: number, column: number) =>
    `v${r}_${Math.floor((column + 3) / 4)}.${"xyzw"[(column + 3) % 4]}`;
  const windows = side.flatMap((r) =>
    side.map((c) =>
      `let d_${r}_${c} = vec4f(${range(TILES).map((tile) => pixel(r, tile * m + c)).join(", ")});`
    )
  );
  const stores = side.flatMap((i) =>
    side.map((j) => `v[index + ${i * (m + 2) + j}u * p.count] = t_${i}_${j};`)
  );
  return `${GROUP_SHADER}
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
${declareOperand("x", { binding: 2 })}
${
    entry(`${groupPosition(m)}
  ${loads.join("\n  ")}
  ${windows.join("\n  ")}
  ${transformBothSides(WINOGRAD[m].input, { source: "d", result: "t" }).join("\n  ")}
  ${stores.join("\n  ")}`)
  }`;
}

/** WGSL: a weight of the layer, or of the layer turned round as in pack.ts. */
const WEIGHT = /* wgsl */ `
fn weight(o: u32, i: u32, tap: u32) -> f32 {
  if (o >= p.c_out) { return 0.0; }
  if (p.transposed == 1u) { return w[(i * p.c_out + o) * p.taps + p.taps - 1u - tap]; }
  return w[(o * p.c_in + i) * p.taps + tap];
}
`;

/** The same order of weights as in pack.ts, transformed. */
function kernelShader(m: TileSide): string {
  const side = range(m + 2);
  const { kernel } = WINOGRAD[m];
  const taps = range(3).flatMap((r) =>
    range(3).map((c) =>
      `let w_${r}_${c} = vec4f(${
        range(4).map((o) => `weight(o + ${o}u, i, ${r * 3 + c}u)`).join(", ")
      });`
    )
  );
  const stores = side.flatMap((i) =>
    side.map((j) => `u[index + ${i * (m + 2) + j}u * p.count] = t_${i}_${j};`)
  );
  return `
struct Params { c_in: u32, c_out: u32, taps: u32, blocks: u32, transposed: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
${WEIGHT}
${
    entry(`let i = index / p.blocks;
  let o = index % p.blocks * 4u;
  ${taps.join("\n  ")}
  ${transformBothSides(kernel, { source: "w", result: "t" }).join("\n  ")}
  ${stores.join("\n  ")}`)
  }`;
}

/** Products of one element of the window: a register tile of groups × channels, `unroll` inputs at once. */
function productShader(unroll: number): string {
  const groups = range(PRODUCT.groups);
  const channels = range(PRODUCT.blocks * 4);
  const steps = range(unroll);
  const loads = steps.flatMap((c) => [
    ...groups.map((g) => `let v${c}_${g} = v_at(v0 + ${c} * groups + ${g} * columns);`),
    ...range(PRODUCT.blocks).map((b) => `let u${c}_${b} = u_at(u0 + ${c} * blocks + ${b});`),
  ]);
  const weightOf = (c: number, o: number) => `u${c}_${Math.floor(o / 4)}.${"xyzw"[o % 4]}`;
  const sums = channels.flatMap((o) =>
    groups.map((g) =>
      `{ var sum = a${o}_${g}; ${
        steps.map((c) => `sum = fma(v${c}_${g}, vec4f(${weightOf(c, o)}), sum);`).join(" ")
      } a${o}_${g} = sum; }`
    )
  );
  const stores = channels.map((o) =>
    `if (channel + ${o}u < p.c_out) {
    let out = (element * p.c_out + channel + ${o}u) * p.groups + group;
    ${
      groups.map((g) =>
        `if (group + ${g}u * stride < p.groups) { y[out + ${g}u * stride] = a${o}_${g}; }`
      ).join(" ")
    }
  }`
  );
  // Neighbouring invocations take neighbouring groups, and further ones a stride apart.
  return `
struct Params { c_in: u32, c_out: u32, groups: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
${declareOperand("v", { binding: 2 })}
${declareOperand("u", { binding: 3 })}
${
    entry(`let stride = (p.groups + ${PRODUCT.groups - 1}u) / ${PRODUCT.groups}u;
  let columns = i32(stride);
  let rows = (p.c_out + ${PRODUCT.blocks * 4 - 1}u) / ${PRODUCT.blocks * 4}u;
  let group = index % stride;
  let channel = index / stride % rows * ${PRODUCT.blocks * 4}u;
  let element = index / stride / rows;
  let groups = i32(p.groups);
  let blocks = i32(p.c_out + 3u) / 4;
  var v0 = i32(element * p.c_in) * groups + i32(group);
  var u0 = i32(element * p.c_in) * blocks + i32(channel) / 4;
  ${channels.flatMap((o) => groups.map((g) => `var a${o}_${g} = vec4f(0.0);`)).join("\n  ")}
  for (var c = 0u; c < p.c_in; c += ${unroll}u) {
    ${loads.join("\n    ")}
    ${sums.join("\n    ")}
    v0 += ${unroll} * groups;
    u0 += ${unroll} * blocks;
  }
  ${stores.join("\n  ")}`)
  }`;
}

/** From products to pixels. */
function outputShader(
  m: TileSide,
  epilogue: Epilogue,
): string {
  const hasBias = addsBias(epilogue);
  const side = range(m + 2);
  const loads = side.flatMap((i) =>
    side.map((j) => `let d_${i}_${j} = t_at(i32(index + ${i * (m + 2) + j}u * p.count));`)
  );
  const stores = range(m).flatMap((r) =>
    range(m).map((s) => {
      const pixels = range(4).map((c) => {
        const column = s * 4 + c;
        return `t_${r}_${column % m}[${Math.floor(column / m)}]`;
      });
      const value = `vec4f(${pixels.join(", ")})${hasBias ? " + bias" : ""}`;
      const at = `plane + (y0 + ${r}) * width + s0 + ${s}`;
      return `if (y0 + ${r} < height && s0 + ${s} < width) ` +
        `{ ${storeSum(epilogue, { value, at, type: "vec4f" })} }`;
    })
  );
  return `${GROUP_SHADER}
${declareEpilogue(epilogue, { binding: 2, type: "vec4f" })}
${declareOperand("t", { binding: epilogue === "none" ? 2 : 3 })}
${
    entry(`${groupPosition(m)}
  ${hasBias ? "let bias = b[channel];" : ""}
  ${loads.join("\n  ")}
  ${transformBothSides(WINOGRAD[m].output, { source: "d", result: "t" }).join("\n  ")}
  ${stores.join("\n  ")}`)
  }`;
}

/** Computes a 3×3 convolution whose rows are a multiple of 4 long. */
export function winogradConvolution(
  device: Device,
  problem: Convolution,
  m: TileSide,
): Tensor<"f32"> {
  using scope = device.scope();
  const sizes = winogradSizes(problem, m);
  const { batch, cOut, height, segments } = sizes;
  const y = device.empty([batch, cOut, height, segments * 4]);
  const products = multiply(device, problem, sizes);
  device.dispatch({
    label: `conv2d winograd${m} output`,
    shader: outputShader(m, epilogueOf(problem)),
    uniforms: groupUniforms(sizes, cOut),
    tensors: [y, ...readBesides(problem), products],
    workgroups: linearWorkgroups(cOut * sizes.groups, WORKGROUP),
  });
  return scope.keep(y);
}

function groupUniforms(sizes: Sizes, channels: number): Uniforms {
  const { height, segments, tileRows, tileGroups, groups } = sizes;
  return {
    ...{ channels, height, segments, tile_rows: tileRows, tile_groups: tileGroups, groups },
    count: channels * groups,
  };
}

/** Both transforms and the products, `[e][c_out][group]`. */
function multiply(
  device: Device,
  { x, weight, transposed }: Convolution,
  sizes: Sizes,
): Tensor<"f32"> {
  const { m, elements, cIn, cOut, groups } = sizes;
  using scope = device.scope();
  const products = device.empty([elements, cOut, groups, TILES]);
  const windows = device.empty([elements, cIn, groups, TILES]);
  device.dispatch({
    label: `conv2d winograd${m} input`,
    shader: inputShader(m),
    uniforms: groupUniforms(sizes, cIn),
    tensors: [windows, x],
    workgroups: linearWorkgroups(cIn * groups, WORKGROUP),
  });
  const blocks = Math.ceil(cOut / 4);
  const kernels = device.empty([elements, cIn, blocks, 4]);
  const count = cIn * blocks;
  device.dispatch({
    label: `conv2d winograd${m} kernel`,
    shader: kernelShader(m),
    uniforms: { c_in: cIn, c_out: cOut, taps: 9, blocks, transposed: Number(transposed), count },
    tensors: [kernels, weight],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  const tiles = Math.ceil(groups / PRODUCT.groups) * Math.ceil(cOut / (PRODUCT.blocks * 4));
  device.dispatch({
    label: `conv2d winograd${m} product`,
    shader: productShader(cIn % 4 === 0 ? 4 : 1),
    uniforms: { c_in: cIn, c_out: cOut, groups, count: elements * tiles },
    tensors: [products, windows, kernels],
    workgroups: linearWorkgroups(elements * tiles, WORKGROUP),
  });
  return scope.keep(products);
}
