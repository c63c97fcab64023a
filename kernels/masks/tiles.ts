/**
 * Tiles of an image plane, pasted into it.
 *
 * A plane can be looked at in another orientation, without a turned copy: pixel (x, y) of a view is
 * the plane's value at `origin + x * stepX + y * stepY`, with steps that may be negative.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * A plane as it is seen in some orientation.
 *
 * @category Masks
 */
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

/**
 * A rectangle of a view in pixels, which may reach beyond it.
 *
 * @category Masks
 */
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
const PASTE = /* @__PURE__ */ (() => /* wgsl */ `
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
`)();

/**
 * Pastes a part of a tile into a plane: puts its values there, or adds them divided by a number.
 *
 * @param view How the tile sees the plane.
 * @param area Where the tile lies in the view.
 * @param kept The part of the view that is pasted, inside `area`.
 * @param share 1 to replace what is there; a larger whole number to add that part of each value.
 * @category Masks
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
