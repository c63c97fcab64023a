/**
 * Difference of the foreground in each tile of two predictions: the image is cut into squares from
 * its top left corner, and the loss is Σ over tiles of |Σa − Σb|, divided by the number of all
 * elements.
 *
 * That is the mean of |Σa − Σb| / (elements of the tile) with each tile weighted by its size, so that
 * the narrow ones that are left over at the right and lower edge count as much as they cover. With
 * one tile it is {@linkcode foregroundSum}; a tile goes through all channels. The gradient is the same
 * for every pixel of a tile, and 0 where the sums are equal.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { nanFunctions } from "../parts/nan.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { imageShape, requireSameShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode tileSum}.
 *
 * @category Losses
 */
export type TileSumParams = {
  /** Side of a tile in pixels. */
  readonly side: number;
};

const CHUNK = 256;

const HEAD = /* wgsl */ `
struct Params {
  channels: u32, height: u32, width: u32,
  tile_height: u32, tile_width: u32, rows: u32, columns: u32,
  tiles: u32, chunks: u32, size: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
`;

// Each invocation takes every `chunks`-th pixel of a whole tile and leaves out those past the image.
const TILES = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.tiles * p.chunks) { return; }
  let chunk = index % p.chunks;
  let tile = index / p.chunks;
  let top = tile / p.columns % p.rows * p.tile_height;
  let left = tile % p.columns * p.tile_width;
  let image = tile / p.columns / p.rows;
  let length = p.channels * p.tile_height * p.tile_width;
  var sum = 0.0;
  for (var i = chunk; i < length; i += p.chunks) {
    let row = top + i / p.tile_width % p.tile_height;
    let column = left + i % p.tile_width;
    if (row >= p.height || column >= p.width) { continue; }
    let plane = image * p.channels + i / p.tile_width / p.tile_height;
    let at = (plane * p.height + row) * p.width + column;
    sum += a[at] - b[at];
  }
  partial[chunk * p.tiles + tile] = sum;
}
`)();

const VALUE = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { tiles: u32, chunks: u32, size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> differences: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let chunk = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (chunk >= p.chunks) { return; }
  var sum = 0.0;
  for (var tile = chunk; tile < p.tiles; tile += p.chunks) { sum += abs(differences[tile]); }
  partial[chunk] = sum / f32(p.size);
}
`)();

const GRADIENT = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> differences: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
override direction: f32;
${nanFunctions("f32")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.size) { return; }
  let row = i / p.width % p.height / p.tile_height;
  let column = i % p.width / p.tile_width;
  let image = i / p.width / p.height / p.channels;
  let tile = (image * p.rows + row) * p.columns + column;
  gradient[i] = direction * keep_nan(sign(differences[tile]), differences[tile]) * dy[0] / f32(p.size);
}
`)();

function tilesOf(shape: Shape, { side }: TileSumParams) {
  const [n, c, h, w] = shape;
  const [tileHeight, tileWidth] = [Math.min(side, h), Math.min(side, w)];
  const [rows, columns] = [Math.ceil(h / tileHeight), Math.ceil(w / tileWidth)];
  const tiles = n * rows * columns;
  const chunks = Math.ceil(c * tileHeight * tileWidth / CHUNK);
  const size = sizeOf(shape);
  const uniforms = {
    ...{ channels: c, height: h, width: w },
    ...{ tile_height: tileHeight, tile_width: tileWidth, rows, columns },
    ...{ tiles, chunks, size },
  };
  return { tileHeight, tileWidth, rows, columns, tiles, chunks, size, uniforms };
}

/** Σa − Σb of every tile. */
function differencesOf(
  device: Device,
  [a, b]: readonly Tensor<"f32">[],
  params: TileSumParams,
): Tensor<"f32"> {
  const { tiles, chunks, uniforms } = tilesOf(a.shape, params);
  using scope = device.scope();
  const partial = device.empty([chunks, tiles]);
  device.dispatch({
    label: "tileSum tiles",
    shader: TILES,
    uniforms,
    tensors: [partial, a, b],
    workgroups: linearWorkgroups(tiles * chunks, WORKGROUP),
  });
  return scope.keep(sumSlabs(device, { partial, shape: [tiles] }));
}

function checkedShape(shapes: readonly Shape[], { side }: TileSumParams): Shape {
  imageShape(requireSameShape(shapes, "tileSum"), "tileSum");
  if (!(Number.isInteger(side) && side >= 1)) {
    throw new RangeError(`Cannot run tileSum: side is ${side}, expected a whole number from 1`);
  }
  return [1];
}

/** Σa − Σb of every tile, and the tile of every element. */
function referenceTiles([a, b]: readonly NdArray[], params: TileSumParams) {
  const { tileHeight, tileWidth, rows, columns, tiles } = tilesOf(a.shape, params);
  const [, c, h, w] = a.shape;
  const differences = new Float64Array(tiles);
  const tileOf = Array.from(a.data, (_, i) => {
    const [image, row, column] = [Math.floor(i / (c * h * w)), Math.floor(i / w) % h, i % w];
    return (image * rows + Math.floor(row / tileHeight)) * columns + Math.floor(column / tileWidth);
  });
  tileOf.forEach((tile, i) => differences[tile] += a.data[i] - b.data[i]);
  return { differences, tileOf };
}

/**
 * Difference of the foreground in each tile of two maps `[n, c, h, w]`; a scalar `[1]`.
 *
 * @category Losses
 */
export const tileSum: Operation<TileSumParams, ["a", "b"]> = {
  name: "tileSum",
  inputs: ["a", "b"],
  shape: checkedShape,
  forward(device, inputs, params) {
    using scope = device.scope();
    const differences = differencesOf(device, inputs, params);
    const { tiles, size } = tilesOf(inputs[0].shape, params);
    const chunks = Math.ceil(tiles / CHUNK);
    const partial = device.empty([chunks, 1]);
    device.dispatch({
      label: "tileSum value",
      shader: VALUE,
      uniforms: { tiles, chunks, size },
      tensors: [partial, differences],
      workgroups: linearWorkgroups(chunks, WORKGROUP),
    });
    return scope.keep(sumSlabs(device, { partial, shape: [1] }));
  },
  backward(device, { inputs, dy, needs }, params) {
    using scope = device.scope();
    const [{ shape }] = inputs;
    const differences = differencesOf(device, inputs, params);
    const { size, uniforms } = tilesOf(shape, params);
    return [1, -1].map((direction, i) => {
      if (!needs[i]) return null;
      const gradient = device.empty(shape);
      device.dispatch({
        label: `tileSum ${i === 0 ? "da" : "db"}`,
        shader: GRADIENT,
        uniforms,
        constants: { direction },
        tensors: [gradient, differences, dy],
        workgroups: linearWorkgroups(size, WORKGROUP),
      });
      return scope.keep(gradient);
    });
  },
};

/** What {@linkcode tileSum} is held against. */
export const tileSumCheck: OperationCheck<TileSumParams> = {
  reference: {
    forward(inputs, params) {
      const { differences } = referenceTiles(inputs, params);
      const total = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
      return { shape: [1], data: Float64Array.of(total / inputs[0].data.length) };
    },
    backward(inputs, dy, params) {
      const { differences, tileOf } = referenceTiles(inputs, params);
      const [da, db] = inputs.map(({ shape }) => zeros(shape));
      tileOf.forEach((tile, i) => {
        da.data[i] = Math.sign(differences[tile]) * dy.data[0] / da.data.length;
        db.data[i] = -da.data[i];
      });
      return [da, db];
    },
  },
  samples: /* @__PURE__ */ (() =>
    ([
      [[2, 1, 16, 12], 4],
      [[1, 1, 1, 1], 32],
      [[3, 2, 33, 17], 8],
      [[1, 1, 5, 70], 32],
      [[2, 1, 7, 5], 1],
      [[4, 1, 128, 128], 32],
    ] as const).map(([shape, side]) => ({
      shapes: [shape, shape],
      params: { side },
      fills: ["probability", "probability"],
      bench: sizeOf(shape) > 10_000,
    })))(),
};
