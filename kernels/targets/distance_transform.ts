/**
 * The exact Euclidean distance transform of every object in a label image at once: how far each of an
 * object's pixels is from the nearest pixel that is not of that object.
 *
 * Squared distances are whole numbers, so nothing is rounded. First each pixel finds the nearest other
 * label in its own column. Then it walks its row to both sides: a pixel k columns away offers k² plus
 * the square of what it found in its column, or k² alone where it has another label itself. The walk
 * ends once k² is no better than the best offer, so no loop is longer than the object is wide. What
 * the columns of another label know is never asked for: k² is less.
 *
 * The image's border is no edge: an object that it cuts goes on behind it. Only where an object fills
 * the whole image there is nothing else to be near to; then, and only then, the border counts.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { GRID_HEAD, gridUniforms, IGNORED_LABEL, labelGrid } from "./label_grid.ts";

/** Stands for no other label: more than every squared distance, with room for another to be added. */
const FAR = 2 ** 31;

/** Ignored pixels are background. */
const HEAD = /* @__PURE__ */ (() =>
  /* wgsl */ `${GRID_HEAD}
fn label_at(image: u32, row: u32, column: u32) -> u32 {
  let label = raw_label_at(image, row, column);
  return select(label, 0u, label == ${IGNORED_LABEL}u);
}
`)();

const COLUMN_PASS = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> squares: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let column = i % p.columns;
  let row = i / p.columns % p.rows;
  let image = i / (p.rows * p.columns);
  let label = label_at(image, row, column);
  var square = 0u;
  if (label != 0u) {
    square = ${FAR}u;
    for (var k = 1u; k < p.rows && square == ${FAR}u; k++) {
      if (row >= k && label_at(image, row - k, column) != label) { square = k * k; }
      if (row + k < p.rows && label_at(image, row + k, column) != label) { square = k * k; }
    }
  }
  squares[i] = square;
}
`)();

const ROW_PASS = /* @__PURE__ */ (() => /* wgsl */ `
${HEAD}
@group(0) @binding(1) var<storage, read_write> nearest: array<u32>;
@group(0) @binding(2) var<storage, read> squares: array<u32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let column = i % p.columns;
  let row = i / p.columns % p.rows;
  let image = i / (p.rows * p.columns);
  let label = label_at(image, row, column);
  var best = squares[i];
  for (var k = 1u; k < p.columns && k * k < best; k++) {
    if (column >= k) {
      let differs = label_at(image, row, column - k) != label;
      best = min(best, k * k + select(squares[i - k], 0u, differs));
    }
    if (column + k < p.columns) {
      let differs = label_at(image, row, column + k) != label;
      best = min(best, k * k + select(squares[i + k], 0u, differs));
    }
  }
  if (best >= ${FAR}u) {
    let rows_out = min(row + 1u, p.rows - row);
    let columns_out = min(column + 1u, p.columns - column);
    best = min(rows_out * rows_out, columns_out * columns_out);
  }
  nearest[i] = best;
}
`)();

/**
 * Squared Euclidean distances from the pixels of every object to the nearest pixel of the grid that is
 * not of that object.
 *
 * @param labels Object ids, `[n, 1, h, w]`; 0 is background and {@linkcode IGNORED_LABEL} like it.
 * @param options With a `grid` over 1 only every grid-th row and column is looked at, and distances
 *   count grid points.
 * @returns `[n, 1, ⌊(h−1)/grid⌋+1, ⌊(w−1)/grid⌋+1]`, 0 outside of objects: a tensor of the innermost
 *   scope.
 * @throws {TypeError} If the labels do not have four axes.
 * @throws {RangeError} If they have several channels or no pixel, or the grid is out of range.
 * @category Labels and targets
 */
export function distanceTransform(
  device: Device,
  labels: Tensor<"u32">,
  { grid }: { grid: number },
): Tensor<"u32"> {
  const extents = labelGrid(labels.shape, { grid, task: "transform distances" });
  const shape = [extents.images, 1, extents.rows, extents.columns];
  const uniforms = gridUniforms(extents);
  const workgroups = linearWorkgroups(uniforms.count, WORKGROUP);
  using scope = device.scope();
  const squares = device.empty(shape, "u32");
  const nearest = device.empty(shape, "u32");
  device.dispatch({
    label: "distances in columns",
    shader: COLUMN_PASS,
    uniforms,
    tensors: [squares, labels],
    workgroups,
  });
  device.dispatch({
    label: "distances",
    shader: ROW_PASS,
    uniforms,
    tensors: [nearest, squares, labels],
    workgroups,
  });
  return scope.keep(nearest);
}
