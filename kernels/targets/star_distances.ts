/**
 * Star distances: from every object pixel along rays to where its object ends.
 *
 * A ray goes in unit steps, adding up in float32, and looks at the pixel nearest to each position, a
 * tie going to the even one. It ends at the first step s that lies outside of the image or on another
 * label. The object's edge is taken to lie half a pixel before that pixel, measured along the axis the
 * ray is closer to: the distance is s − 1 + ½ / max(|sin φ|, |cos φ|). All of this is how StarDist
 * computes it (U. Schmidt et al., "Cell detection with star-convex polygons", 2018); unlike there, ids
 * have 32 bits, and the angles are rounded to float32 only after sine and cosine.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { GRID_PARAMS, gridUniforms, IGNORED_LABEL, labelGrid } from "./label_grid.ts";

/**
 * Options of {@linkcode starDistances}.
 *
 * @category Labels and targets
 */
export interface StarDistanceOptions {
  /** Number of rays, at least 3; ray k has the angle 2πk/rays, from the columns to the rows. */
  readonly rays: number;
  /** Pixels from one grid point to the next; 1 computes distances at every pixel. */
  readonly grid: number;
}

/** As many directions as a uniform buffer holds everywhere. */
const MOST_RAYS = 4000;

function shader(rays: number): string {
  // One invocation takes all rays of a pixel: most pixels are background, where starting one costs
  // more than what it does. Neighbours go the same way at the same time, for about as long.
  // Above and left of the image numbers without a sign are large.
  return /* wgsl */ `
struct Params {
  ${GRID_PARAMS},
  rays: array<vec4f, ${rays}>,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> distances: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let area = p.rows * p.columns;
  let image = i / area;
  let first = image * p.height * p.width;
  let row = i % area / p.columns * p.grid;
  let column = i % p.columns * p.grid;
  let label = labels[first + row * p.width + column];
  let is_object = label != 0u && label != ${IGNORED_LABEL}u;
  let start = vec2f(f32(row), f32(column));
  var place = image * ${rays}u * area + i % area;
  for (var k = 0u; k < ${rays}u; k++) {
    var distance = 0.0;
    if (is_object) {
      let ray = p.rays[k];
      var way = vec2f(0.0);
      loop {
        way += ray.xy;
        let at = vec2u(vec2i(round(start + way)));
        if (at.x >= p.height || at.y >= p.width) { break; }
        if (labels[first + at.x * p.width + at.y] != label) { break; }
        distance += 1.0;
      }
      distance += ray.z;
    }
    distances[place] = distance;
    place += area;
  }
}
`;
}

/** Per ray: its step along rows and along columns, its length in the last pixel, and nothing. */
function rayTable(rays: number): Float32Array {
  return Float32Array.from({ length: 4 * rays }, (_, i) => {
    const angle = 2 * Math.PI * Math.floor(i / 4) / rays;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    return [sine, cosine, 0.5 / Math.max(Math.abs(sine), Math.abs(cosine)), 0][i % 4];
  });
}

/**
 * Star distances of the objects in label images, in pixels of those images whatever the grid.
 *
 * @param labels Object ids, `[n, 1, h, w]`; 0 is background and {@linkcode IGNORED_LABEL} like it.
 * @returns `[n, rays, ⌊(h−1)/grid⌋+1, ⌊(w−1)/grid⌋+1]`, 0 outside of objects: a tensor of the
 *   innermost scope.
 * @throws {TypeError} If the labels do not have four axes.
 * @throws {RangeError} If they have several channels or no pixel, or rays or grid are out of range.
 * @category Labels and targets
 */
export function starDistances(
  device: Device,
  labels: Tensor<"u32">,
  { rays, grid }: StarDistanceOptions,
): Tensor<"f32"> {
  const task = "compute star distances";
  const extents = labelGrid(labels.shape, { grid, task });
  if (!Number.isInteger(rays) || rays < 3 || rays > MOST_RAYS) {
    throw new RangeError(`Cannot ${task}: ${rays} rays, expected 3 to ${MOST_RAYS}`);
  }
  const distances = device.empty([extents.images, rays, extents.rows, extents.columns]);
  const uniforms = gridUniforms(extents);
  device.dispatch({
    label: "star distances",
    shader: shader(rays),
    uniforms: { ...uniforms, rays: rayTable(rays) },
    tensors: [distances, labels],
    workgroups: linearWorkgroups(uniforms.count, WORKGROUP),
  });
  return distances;
}
