/**
 * StarDist's answer to several views of an image, merged: the mean of the probabilities, and of the
 * distances with the probabilities as weights. Rays turn with the image.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { PlaneView, Steps } from "../../../kernels/masks/mod.ts";
import type { Network } from "../../../nn/module.ts";
import type { RayMaps } from "../../../nn/labels/stardist/candidates.ts";
import type { Channels, Plane } from "../../images/image.ts";
import { swapsAxes } from "../../images/orientation.ts";
import type { Tile } from "../tiles/tiling.ts";
import { planeView, type View } from "../views.ts";
import { type Border, tilesWithMargin } from "./border.ts";
import { mapsOf } from "./candidates.ts";

/** What is merged. */
export interface ViewedImage {
  /** A StarDist network. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** Its exposure, see `expose`. */
  readonly exposure: number;
  /** How it is seen. */
  readonly views: readonly View[];
  /** What the network sees at its edges; `mirror` unless told. */
  readonly border?: Border;
  /** Largest side of a tile in pixels; by default the whole image where memory allows. */
  readonly tile?: number;
}

/** Sums over views, at the grid points of the image. */
interface Sums {
  readonly width: number;
  readonly height: number;
  /** Sum of probabilities, `[h, w]`. */
  readonly prob: Float32Array<ArrayBuffer>;
  /** Number of views, `[h, w]`: a turned view may lack the last row or column. */
  readonly seen: Uint8Array;
  /** Sum of probability times distance, `[rays, h, w]`. */
  dist: Float32Array<ArrayBuffer>;
}

/**
 * The merged maps of an image, one step a tile and view.
 *
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 * @throws {RangeError} If rays do not turn with the image: with transposes their number must be a
 *   multiple of 4, with mirrors of 2.
 */
export function* mergedMaps(
  device: Device,
  { network, image, exposure, views, border = "mirror", tile }: ViewedImage,
): Steps<RayMaps> {
  const { grid } = network;
  const width = Math.ceil(image.width / grid);
  const height = Math.ceil(image.height / grid);
  const sums: Sums = {
    width,
    height,
    prob: new Float32Array(width * height),
    seen: new Uint8Array(width * height),
    dist: new Float32Array(),
  };
  for (const { orientation, gain } of views) {
    const view = planeView(image, { orientation, grid });
    for (const { area, kept } of tilesWithMargin(device, { network, view, border, tile })) {
      const cut = { view, area, exposure: exposure * gain };
      const { prob, dist } = yield* mapsOf(device, { network, image, ...cut });
      addTile(sums, { prob, dist, area, kept, view, grid, orientation });
    }
  }
  return meanOf(sums);
}

/** Adds what the network says of a tile of a view. */
function addTile(
  sums: Sums,
  { prob, dist, area, kept, view, grid, orientation }: Tile & {
    prob: Float32Array;
    dist: Float32Array;
    view: PlaneView;
    grid: number;
    orientation: number;
  },
): void {
  const columns = Math.ceil(area.width / grid);
  const tileArea = columns * Math.ceil(area.height / grid);
  const rays = dist.length / tileArea;
  if (sums.dist.length === 0) sums.dist = new Float32Array(rays * sums.prob.length);
  const rayOf = rayMap(rays, orientation);
  const place = placeOf(sums, { view, grid, orientation });
  const from = { x: Math.ceil(kept.left / grid), y: Math.ceil(kept.top / grid) };
  const to = {
    x: Math.ceil((kept.left + kept.width) / grid),
    y: Math.ceil((kept.top + kept.height) / grid),
  };
  for (let y = from.y; y < to.y; y++) {
    for (let x = from.x; x < to.x; x++) {
      const source = (y - area.top / grid) * columns + x - area.left / grid;
      const target = place(x, y);
      const p = prob[source];
      sums.prob[target] += p;
      sums.seen[target]++;
      for (let ray = 0; ray < rays; ray++) {
        sums.dist[rayOf[ray] * sums.prob.length + target] += p * dist[ray * tileArea + source];
      }
    }
  }
}

/** Where in the maps of the image a grid point (x, y) of a view lies. */
function placeOf(
  { width }: Sums,
  { view, grid, orientation }: { view: PlaneView; grid: number; orientation: number },
): (x: number, y: number) => number {
  const last = { x: Math.floor((view.width - 1) / grid), y: Math.floor((view.height - 1) / grid) };
  const swap = swapsAxes(orientation);
  return (x, y) => {
    const u = orientation & 2 ? last.y - y : y;
    const v = orientation & 4 ? last.x - x : x;
    return swap ? v * width + u : u * width + v;
  };
}

/**
 * For each ray of a view the ray of the image. Ray r points along (row, column) = (sin φ, cos φ) with
 * φ = 2πr/n. Mirroring columns takes φ to π − φ, turning rows upside down φ to −φ, transposing φ to
 * π/2 − φ.
 */
function rayMap(rays: number, orientation: number): Int32Array {
  const needed = orientation & 1 ? 4 : orientation & 4 ? 2 : 1;
  if (rays % needed !== 0) {
    throw new RangeError(
      `Cannot turn ${rays} rays into orientation ${orientation}: their number must be a multiple of ` +
        `${needed}`,
    );
  }
  return Int32Array.from({ length: rays }, (_, ray) => {
    let turned = ray;
    if (orientation & 2) turned = -turned;
    if (orientation & 4) turned = rays / 2 - turned;
    if (orientation & 1) turned = rays / 4 - turned;
    return ((turned % rays) + rays) % rays;
  });
}

function meanOf({ width, height, prob, seen, dist }: Sums): RayMaps {
  const area = prob.length;
  for (let at = 0; at < area; at++) {
    const weight = prob[at] > 0 ? 1 / prob[at] : 0;
    for (let i = at; i < dist.length; i += area) dist[i] *= weight;
    prob[at] /= seen[at];
  }
  return { prob, dist, width, height };
}
