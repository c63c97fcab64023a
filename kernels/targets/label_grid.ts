/**
 * Label images and the grid of pixels at which targets are computed.
 *
 * @module
 */

import { formatShape, type Shape } from "../gpu/shape.ts";

/**
 * The label of pixels that belong to no object and that training must ignore: −1 in 32 bits.
 *
 * @category Labels and targets
 */
export const IGNORED_LABEL: number = 0xffffffff;

/** No side may be longer: squared distances must fit into 32 bits, and loops stay short. */
const LONGEST_SIDE = 16384;

/** The extents of a batch of label images and of the grid laid over them. */
export interface LabelGrid {
  /** Images. */
  readonly images: number;
  /** Rows of pixels. */
  readonly height: number;
  /** Columns of pixels. */
  readonly width: number;
  /** Rows of the grid: ⌊(height − 1)/grid⌋ + 1. */
  readonly rows: number;
  /** Columns of the grid. */
  readonly columns: number;
  /** Pixels from one grid point to the next. */
  readonly grid: number;
}

/**
 * Lays a grid over label images: its point (i, j) is the pixel (i·grid, j·grid).
 *
 * @param shape The shape of the labels, `[n, 1, h, w]`.
 * @param options The `grid`, in pixels, and the `task`, for the message.
 * @throws {TypeError} If there are not four axes.
 * @throws {RangeError} If there are several channels, no pixel, too long a side or no such grid.
 */
export function labelGrid(
  shape: Shape,
  { grid, task }: { grid: number; task: string },
): LabelGrid {
  const what = `Cannot ${task}: the labels are ${formatShape(shape)}`;
  if (shape.length !== 4) throw new TypeError(`${what}, expected [n,1,h,w]`);
  const [images, channels, height, width] = shape;
  if (channels !== 1) throw new RangeError(`${what}, expected one channel`);
  if (images < 1 || height < 1 || width < 1) throw new RangeError(`${what}, an axis is empty`);
  if (Math.max(height, width) > LONGEST_SIDE) {
    throw new RangeError(`${what}, expected sides of at most ${LONGEST_SIDE} pixels; cut patches`);
  }
  if (!Number.isInteger(grid) || grid < 1) {
    throw new RangeError(`Cannot ${task}: the grid is ${grid}, expected a whole number from 1`);
  }
  const along = (extent: number) => Math.floor((extent - 1) / grid) + 1;
  return { images, height, width, rows: along(height), columns: along(width), grid };
}

/** Extents as {@linkcode GRID_PARAMS} has them; `count` is the number of grid points. */
export function gridUniforms(
  { images, height, width, rows, columns, grid }: LabelGrid,
): Record<"count" | "height" | "width" | "rows" | "columns" | "grid", number> {
  return { count: images * rows * columns, height, width, rows, columns, grid };
}

/** WGSL fields of a uniform struct for {@linkcode gridUniforms}. */
export const GRID_PARAMS =
  "count: u32, height: u32, width: u32, rows: u32, columns: u32, grid: u32";

/** WGSL: the uniforms, and the label at a point of the grid; a shader binds `labels` where it wants. */
export const GRID_HEAD = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { ${GRID_PARAMS} }
@group(0) @binding(0) var<uniform> p: Params;

fn raw_label_at(image: u32, row: u32, column: u32) -> u32 {
  return labels[(image * p.height + row * p.grid) * p.width + column * p.grid];
}
`)();
