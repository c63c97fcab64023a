/**
 * Tiles of an image plane: cut out of it, mirrored past its edges, and pasted back.
 *
 * A plane can be looked at in another orientation, without a turned copy: pixel (x, y) of a view is
 * the plane's value at `origin + x * stepX + y * stepY`, with steps that may be negative.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** A plane as it is seen in some orientation. */
export interface PlaneView {
  /** Width of what is seen, in pixels. */
  readonly width: number;
  /** Height of what is seen, in pixels. */
  readonly height: number;
  /** Where in the plane the view's first pixel lies. */
  readonly origin: number;
  /** How far in the plane the next pixel of a row is. */
  readonly stepX: number;
  /** How far in the plane the next row is. */
  readonly stepY: number;
  /** Pixels of the plane, where the view shows only a part of it. */
  readonly planePixels?: number;
}

/** A rectangle of a view, or of a tile, in pixels. */
export interface TileArea {
  /** First column. */
  readonly left: number;
  /** First row. */
  readonly top: number;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

const WORKGROUP = 256;

// Origins and steps may be negative: sums and products that wrap around give the same as with signs.
const CUT = /* wgsl */ `
struct Params {
  count: u32, tile_width: u32, tile_height: u32, left: u32, top: u32,
  width: u32, height: u32, origin: u32, step_x: u32, step_y: u32, plane_pixels: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> tile: array<f32>;
@group(0) @binding(2) var<storage, read> plane: array<f32>;

// Mirrored at the last element without repeating it, as often as needed.
fn reflect_index(position: u32, length: u32) -> u32 {
  if (position < length || length == 1u) { return min(position, length - 1u); }
  let period = 2u * (length - 1u);
  let folded = position % period;
  return min(folded, period - folded);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let row = i / p.tile_width;
  let channel = row / p.tile_height;
  let x = reflect_index(p.left + i % p.tile_width, p.width);
  let y = reflect_index(p.top + row % p.tile_height, p.height);
  tile[i] = plane[channel * p.plane_pixels + p.origin + x * p.step_x + y * p.step_y];
}
`;

const PASTE = /* wgsl */ `
struct Params {
  count: u32, width: u32, first: u32, tile_width: u32, origin: u32, step_x: u32, step_y: u32,
  share: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> plane: array<f32>;
@group(0) @binding(2) var<storage, read> tile: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let x = i % p.width;
  let y = i / p.width;
  let at = p.origin + x * p.step_x + y * p.step_y;
  let value = tile[p.first + y * p.tile_width + x];
  if (p.share == 1u) { plane[at] = value; } else { plane[at] += value / f32(p.share); }
}
`;

/**
 * Cuts a tile out of a view; what lies right of it or below is mirrored at the last pixel.
 *
 * @param image Planes of the view's size one after the other, `[c, h, w]`, or one of them.
 * @param area Where the tile lies; it begins inside the view.
 * @returns The tile `[1, c, h, w]`, a tensor of the innermost scope.
 */
export function cutTile(
  device: Device,
  image: Tensor<"f32">,
  { view, area }: { view: PlaneView; area: TileArea },
): Tensor<"f32"> {
  const { left, top, width, height } = area;
  const planePixels = view.planePixels ?? view.width * view.height;
  const channels = image.size / planePixels;
  const tile = device.empty([1, channels, height, width]);
  device.dispatch({
    label: "cut tile",
    shader: CUT,
    uniforms: {
      ...{ count: tile.size, tile_width: width, tile_height: height, left, top },
      ...{ width: view.width, height: view.height },
      ...{ origin: view.origin, step_x: view.stepX, step_y: view.stepY },
      plane_pixels: planePixels,
    },
    tensors: [tile, image],
    workgroups: linearWorkgroups(tile.size, WORKGROUP),
  });
  return tile;
}

/**
 * Pastes a part of a tile into a plane: puts its values there, or adds them divided by a number.
 *
 * @param view How the tile sees the plane.
 * @param area Where the tile lies in the view.
 * @param kept The part of the view that is pasted, inside `area`.
 * @param share 1 to replace what is there; a larger whole number to add that part of each value.
 */
export function pasteTile(
  device: Device,
  { tile, plane }: { tile: Tensor<"f32">; plane: Tensor<"f32"> },
  { view, area, kept, share }: {
    view: PlaneView;
    area: TileArea;
    kept: TileArea;
    share: number;
  },
): void {
  const { origin, stepX, stepY } = view;
  const count = kept.width * kept.height;
  const first = (kept.top - area.top) * area.width + kept.left - area.left;
  const at = origin + kept.left * stepX + kept.top * stepY;
  device.dispatch({
    label: "paste tile",
    shader: PASTE,
    uniforms: {
      ...{ count, width: kept.width, first, tile_width: area.width },
      ...{ origin: at, step_x: stepX, step_y: stepY, share },
    },
    tensors: [plane, tile],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}
