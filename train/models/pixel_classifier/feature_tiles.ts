/**
 * Features of large images, tile by tile. Tiles overlap by the reach of the features, so what is kept
 * of each is as from the whole image.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import {
  pixelFeatureNames,
  pixelFeatureReach,
  pixelFeatures,
} from "../../../kernels/features/mod.ts";
import type { TileArea } from "../../../kernels/masks/mod.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { Plane } from "../../images/image.ts";
import { chooseTile, type TileLine, tilePlan, type TileSides } from "../tiles/tile_plan.ts";

/** A tile of an image. */
export interface FeatureTile {
  /** What features are computed of. */
  readonly area: TileArea;
  /** What of them is kept, in pixels of the image. */
  readonly kept: TileArea;
}

/** Tiles are not larger, whatever memory there is. */
const MOST_PIXELS = 1024 ** 2;

/**
 * The tiles of an image, row by row; the kept parts cover it without overlap.
 *
 * @param options Standard deviations of the features in pixels, and the most pixels of a tile: as many
 *   as fit into one tensor unless told.
 */
export function featureTiles(
  device: Device,
  { width, height }: TileSides,
  { sigmas, mostPixels = mostTilePixels(device, sigmas) }: {
    sigmas: readonly number[];
    mostPixels?: number;
  },
): FeatureTile[] {
  const rule = { reach: pixelFeatureReach(sigmas), multiple: 1 };
  const side = chooseTile({ width, height }, { ...rule, mostPixels });
  const columns = tilePlan({ length: width, side: side.width, ...rule });
  const rows = tilePlan({ length: height, side: side.height, ...rule });
  return rows.flatMap((row) =>
    columns.map((column) => ({ area: areaOf(row, column), kept: keptOf(row, column) }))
  );
}

function mostTilePixels(device: Device, sigmas: readonly number[]): number {
  const bytes = 4 * pixelFeatureNames(sigmas).length;
  return Math.min(MOST_PIXELS, Math.floor(device.maxTensorBytes / bytes));
}

function areaOf(row: TileLine, column: TileLine): TileArea {
  return { left: column.start, top: row.start, width: column.size, height: row.size };
}

function keptOf(row: TileLine, column: TileLine): TileArea {
  return {
    left: column.keepFrom,
    top: row.keepFrom,
    width: column.keepTo - column.keepFrom,
    height: row.keepTo - row.keepFrom,
  };
}

/** The features of a tile, `[features, height, width]`: a tensor of the innermost scope. */
export function tileFeatures(
  device: Device,
  plane: Plane,
  { area: { left, top, width, height }, sigmas }: { area: TileArea; sigmas: readonly number[] },
): Tensor<"f32"> {
  const tile = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * plane.width + left;
    tile.set(plane.data.subarray(from, from + width), y * width);
  }
  using scope = device.scope();
  return scope.keep(pixelFeatures(device, device.upload([height, width], tile), { sigmas }));
}
