/**
 * Products tiled in workgroup memory: a workgroup loads 16 terms of its rows and of its columns at a
 * time, and every invocation multiplies a register tile of 8 × 8 numbers out of them.
 *
 * Neighbouring invocations load neighbours in memory: along the terms, or along the rows or columns, as
 * the factor lies. Where there are few tiles and many terms, the terms are divided into slabs, so
 * that there is work for many workgroups and no long loop.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { range } from "../range.ts";
import type { Product, Slabs } from "./problem.ts";
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
} from "./register_tile.ts";

/** The least terms of a slab, and the most: a software driver ends longer loops early. */
const SLAB = { least: 256, most: 16_384 };
/** Workgroups that make slabs unnecessary. */
const ENOUGH_GROUPS = 128;

/** The direction in which neighbours of a factor lie in memory. */
type Direction = "terms" | "lines";

/** The tile for a size of the result; it takes at most 16 KiB of workgroup memory. */
function tileFor([matrices, rows, columns]: Product["size"]): WorkgroupTile {
  if (rows <= 32) return { blocks: 8, groups: columns <= 64 ? 16 : 32 };
  const tiles = matrices * Math.ceil(rows / 64) * Math.ceil(columns / 128);
  return { blocks: 16, groups: tiles < ENOUGH_GROUPS ? 16 : 32 };
}

/** WGSL that fills the rows of a factor in workgroup memory, a vector of 4 lines at a time. */
function loadFactor(
  { name, from, lines, direction, stride, threads }: {
    name: string;
    from: "a" | "b";
    /** Vectors of 4 lines in the tile. */
    lines: number;
    direction: Direction;
    stride: number;
    threads: number;
  },
): string {
  const [d, line] = direction === "terms"
    ? [`slot % ${DEPTH}u`, `slot / ${DEPTH}u`]
    : [`slot / ${lines}u`, `slot % ${lines}u`];
  const last = from === "a" ? "p.rows" : "p.columns";
  return `for (var slot = local; slot < ${DEPTH * lines}u; slot += ${threads}u) {
      let d = ${d};
      let group = ${line};
      let term = min(term0 + d, end - 1u);
      let line = min(${from}_line0 + group * 4u + steps, vec4u(${last} - 1u));
      let at = ${from}_first + line * p.${from}_line + term * p.${from}_term;
      let values = vec4f(${from}[at.x], ${from}[at.y], ${from}[at.z], ${from}[at.w]);
      ${name}[d * ${stride}u + group] = select(vec4f(0.0), values, term0 + d < end);
    }`;
}

function shaderFor(
  { a, b, isWhole, hasBias, ...tile }: WorkgroupTile & {
    a: Direction;
    b: Direction;
    isWhole: boolean;
    hasBias: boolean;
  },
): string {
  const { blocks, groups } = tile;
  const threads = threadsOf(tile);
  // One vector more a row: invocations that store along a column meet different banks.
  const [left, right] = [
    { name: "lefts", stride: blocks + 1 },
    { name: "rights", stride: groups + 1 },
  ];
  const stores = range(4 * SIDE).map((o) => {
    const outputs = range(SIDE).flatMap((g) => {
      const column = `(b_line0 + (${groupOf(tile, g)}) * 4u)`;
      if (isWhole) {
        return [`if (${column} < p.columns) {
        partial[(out + ${column}) / 4u] = a${o}_${g}${
          hasBias ? ` + bias_at(${column} / 4u, slab)` : ""
        };
      }`];
      }
      return range(4).map((i) =>
        `if (${column} + ${i}u < p.columns) { partial[out + ${column} + ${i}u] = a${o}_${g}[${i}]${
          hasBias ? ` + bias_at(${column} + ${i}u, slab)` : ""
        }; }`
      );
    });
    return `{
    let row = a_line0 + (${blockOf(tile, o)}) * 4u + ${o % 4}u;
    if (row < p.rows) {
      let out = (part * p.rows + row) * p.columns;
      ${outputs.join("\n      ")}
    }
  }`;
  });
  const type = isWhole ? "vec4f" : "f32";
  // Workgroups past the last compute what an earlier one computes: barriers must be met by all.
  return /* wgsl */ `
struct Params {
  rows: u32, columns: u32, terms: u32, matrices: u32, slab: u32, tiles: u32, tile_rows: u32, count: u32,
  a_matrix: u32, a_line: u32, a_term: u32, b_matrix: u32, b_line: u32, b_term: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<${type}>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
${
    hasBias
      ? `@group(0) @binding(4) var<storage, read> bias: array<${type}>;
fn bias_at(i: u32, slab: u32) -> ${type} { return select(${type}(0.0), bias[i], slab == 0u); }`
      : ""
  }

var<workgroup> ${left.name}: array<vec4f, ${DEPTH * left.stride}>;
var<workgroup> ${right.name}: array<vec4f, ${DEPTH * right.stride}>;

@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) id: vec3u,
    @builtin(num_workgroups) size: vec3u) {
  let index = min(id.x + id.y * size.x, p.count - 1u);
  let b_line0 = index % p.tiles * ${groups * 4}u;
  let a_line0 = index / p.tiles % p.tile_rows * ${blocks * 4}u;
  let part = index / p.tiles / p.tile_rows;
  let matrix = part % p.matrices;
  let slab = part / p.matrices;
  let first = slab * p.slab;
  let end = min(first + p.slab, p.terms);
  let a_first = matrix * p.a_matrix;
  let b_first = matrix * p.b_matrix;
  let steps = vec4u(0u, 1u, 2u, 3u);
  ${placeInTile(tile)}
  ${declareSums()}
  for (var term0 = first; term0 < end; term0 += ${DEPTH}u) {
    ${loadFactor({ from: "a", lines: blocks, direction: a, threads, ...left })}
    ${loadFactor({ from: "b", lines: groups, direction: b, threads, ...right })}
    ${multiplyRows(tile, { left, right })}
  }
  ${stores.join("\n  ")}
}
`;
}

/** The kernel for a product, and into how many slabs it divides the terms. */
export function tiledProduct(
  { label, left, right, size, terms, bias = null }: Product,
): { slabs: Slabs; run: (device: Device, partial: Tensor<"f32">) => void } {
  const [matrices, rows, columns] = size;
  const tile = tileFor(size);
  const tiles = Math.ceil(columns / (tile.groups * 4));
  const tileRows = Math.ceil(rows / (tile.blocks * 4));
  const groups = matrices * tiles * tileRows;
  const wanted = Math.max(
    1,
    Math.min(Math.ceil(ENOUGH_GROUPS / groups), Math.floor(terms / SLAB.least)),
    Math.ceil(terms / SLAB.most),
  );
  const length = Math.ceil(terms / wanted / DEPTH) * DEPTH;
  const slabs = { length, count: Math.ceil(terms / length) };
  const count = groups * slabs.count;
  const direction = ({ term }: Product["left"]): Direction => term === 1 ? "terms" : "lines";
  const isWhole = columns % 4 === 0;
  const shape = { a: direction(left), b: direction(right), isWhole, hasBias: bias !== null };
  return {
    slabs,
    run: (device, partial) =>
      device.dispatch({
        label,
        shader: shaderFor({ ...shape, ...tile }),
        uniforms: {
          ...{ rows, columns, terms, matrices, slab: length, tiles, tile_rows: tileRows, count },
          ...{ a_matrix: left.matrix, a_line: left.line, a_term: left.term },
          ...{ b_matrix: right.matrix, b_line: right.line, b_term: right.term },
        },
        tensors: [partial, left.tensor, right.tensor, ...(bias ? [bias] : [])],
        workgroups: linearWorkgroups(count, 1),
      }),
  };
}
