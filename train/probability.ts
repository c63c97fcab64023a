/**
 * Probability maps of whole images, however large: the image is cut into tiles that overlap by the
 * reach of the network, so the result is that of the whole image at once.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import { OutOfMemoryError } from "../kernels/errors.ts";
import { cutTile, pasteTile, type PlaneView } from "../kernels/postprocess/mod.ts";
import type { Tensor } from "../kernels/tensor.ts";
import { Tape, Variable } from "../nn/autodiff.ts";
import type { Network } from "../nn/module.ts";
import type { Plane } from "./data/image.ts";
import { ORIENTATIONS, swapsAxes } from "./data/orientation.ts";
import { chooseTile, type TileLine, tilePlan, type TileSides } from "./tile_plan.ts";

/** Options of {@linkcode predictProbability}. */
export interface PredictOptions {
  /** Largest side of a tile in pixels; by default the whole image where memory allows. */
  readonly tile?: number;
  /** Average over the eight orientations (test-time augmentation). */
  readonly tta?: boolean;
}

/** Tiles are not larger: with the default U-Net they take 0.9 GB and a sixth of them is overlap. */
const MOST_PIXELS = 1536 ** 2;
const FEWEST_PIXELS = 64 ** 2;

/**
 * The probability map of a normalised image.
 *
 * The image is padded by reflection at its end to a multiple of what the network needs; tiles overlap
 * by its reach, and only their inner part is kept.
 *
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 */
export async function predictProbability(
  device: Device,
  options: PredictOptions & { network: Network; image: Plane },
): Promise<Plane> {
  const { width, height } = options.image;
  const map = queueProbability(device, options);
  const values = device.read(map);
  device.free(map);
  return { width, height, data: await values };
}

/**
 * What {@linkcode predictProbability} does, on the GPU and without waiting for it.
 *
 * @returns The map `[h, w]`, a tensor of the innermost scope.
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 */
export function queueProbability(
  device: Device,
  { network, image, tta = false, tile }: PredictOptions & { network: Network; image: Plane },
): Tensor<"f32"> {
  const { width, height } = image;
  using scope = device.scope();
  const plane = device.upload([height, width], image.data);
  const map = scope.keep(device.empty([height, width]));
  if (tta) device.clear(map);
  const share = tta ? ORIENTATIONS : 1;
  for (let k = 0; k < share; k++) {
    predictView(device, { network, plane, map, view: viewOf(image, k), share, tile });
  }
  return map;
}

/** An image as {@linkcode orient} turns it. */
function viewOf({ width, height }: Plane, orientation: number): PlaneView {
  const swap = swapsAxes(orientation);
  const [viewWidth, viewHeight] = swap ? [height, width] : [width, height];
  const [alongX, alongY] = swap ? [width, 1] : [1, width];
  const mirrorsX = (orientation & 4) !== 0;
  const mirrorsY = (orientation & 2) !== 0;
  return {
    width: viewWidth,
    height: viewHeight,
    origin: (mirrorsX ? (viewWidth - 1) * alongX : 0) + (mirrorsY ? (viewHeight - 1) * alongY : 0),
    stepX: mirrorsX ? -alongX : alongX,
    stepY: mirrorsY ? -alongY : alongY,
  };
}

/** Adds the map of one view, tile by tile, or puts it in its place if it is the only one. */
function predictView(
  device: Device,
  { network, plane, map, view, share, tile }: {
    network: Network;
    plane: Tensor<"f32">;
    map: Tensor<"f32">;
    view: PlaneView;
    share: number;
    tile?: number;
  },
): void {
  const { reach, sizeMultiple: multiple } = network;
  const sides = tile === undefined
    ? largestTile(device, { network, view })
    : { width: tile, height: tile };
  const rows = tilePlan({ length: view.height, side: sides.height, reach, multiple });
  const columns = tilePlan({ length: view.width, side: sides.width, reach, multiple });
  for (const row of rows) {
    for (const column of columns) {
      using _scope = device.scope();
      const area = areaOf(row, column);
      const x = cutTile(device, plane, { view, area });
      const y = forward(device, { network, x });
      const kept = keptOf(row, column);
      pasteTile(device, { tile: y, plane: map }, { view, area, kept, share });
    }
  }
}

function areaOf(row: TileLine, column: TileLine) {
  return { left: column.start, top: row.start, width: column.size, height: row.size };
}

function keptOf(row: TileLine, column: TileLine) {
  return {
    left: column.keepFrom,
    top: row.keepFrom,
    width: column.keepTo - column.keepFrom,
    height: row.keepTo - row.keepFrom,
  };
}

/** Tiles that were found to fit, by image size and memory in use: to plan takes milliseconds. */
const fitting = new WeakMap<Network, Map<string, TileSides>>();

/** The tile, up to the whole image, that costs least among those that fit into memory. */
function largestTile(
  device: Device,
  { network, view }: { network: Network; view: PlaneView },
): TileSides {
  let known = fitting.get(network);
  if (!known) fitting.set(network, known = new Map());
  const key = `${view.width}x${view.height}, ${device.memory.inUse} bytes`;
  const tile = known.get(key) ?? planTile(device, { network, view });
  known.set(key, tile);
  return tile;
}

function planTile(
  device: Device,
  { network, view }: { network: Network; view: PlaneView },
): TileSides {
  const { reach, sizeMultiple: multiple } = network;
  for (let mostPixels = MOST_PIXELS;; mostPixels /= 2) {
    const tile = chooseTile(view, { reach, multiple, mostPixels });
    try {
      const shape = [1, 1, tile.height, tile.width];
      device.plan(() => forward(device, { network, x: device.empty(shape) }));
      return tile;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || mostPixels <= FEWEST_PIXELS) throw error;
    }
  }
}

function forward(
  device: Device,
  { network, x }: { network: Network; x: Tensor<"f32"> },
): Tensor<"f32"> {
  const tape = new Tape(device, { record: false });
  return network.forward(tape, new Variable(x)).prob.value;
}
