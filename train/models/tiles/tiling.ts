/**
 * Networks on images of any size: which tiles to cut so that memory suffices, and what to keep of
 * each. Tiles overlap by the reach of the network, so what is kept is as from the whole image.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../../kernels/gpu/errors.ts";
import type { TileArea } from "../../../kernels/masks/mod.ts";
import type { Shape } from "../../../kernels/gpu/shape.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { answersIn, type Network, type Outputs } from "../../../nn/module.ts";
import { rowBands } from "./bands.ts";
import { chooseTile, type TileLine, tilePlan, type TileSides } from "./tile_plan.ts";

/** A tile of an image. Its sides are multiples of what the network needs, and so is where it begins. */
export interface Tile {
  /** What the network sees; past the image's edges it is mirrored. */
  readonly area: TileArea;
  /** What of the answer is kept, in pixels of the image. */
  readonly kept: TileArea;
}

/** Tiles are not larger: with the default U-Net they take 0.9 GB and a sixth of them is overlap. */
const MOST_PIXELS = 1536 ** 2;
const FEWEST_PIXELS = 64 ** 2;

/**
 * The tiles of an image, row by row; the kept parts cover it without overlap.
 *
 * @param options The size of the image, and the largest side of a `tile` in pixels; by default the
 *   whole image where memory allows.
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 */
export function tilesOf(
  device: Device,
  { network, view, tile }: { network: Network; view: TileSides; tile?: number },
): Tile[] {
  const { reach, sizeMultiple: multiple } = network;
  const sides = tile === undefined
    ? largestTile(device, { network, view })
    : { width: tile, height: tile };
  const rows = tilePlan({ length: view.height, side: sides.height, reach, multiple });
  const columns = tilePlan({ length: view.width, side: sides.width, reach, multiple });
  return rows.flatMap((row) =>
    columns.map((column) => ({ area: areaOf(row, column), kept: keptOf(row, column) }))
  );
}

/**
 * What a network takes of the GPU's memory, beside its weights, for an image of this size.
 */
export interface TileBytes {
  /** At most, while it answers for a tile, in bytes. */
  readonly peak: number;
  /** What its answers for a tile take, in bytes. */
  readonly answers: number;
}

/**
 * The memory that a network takes for an image of this size, tile by tile.
 *
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 */
export function bytesOfTile(
  device: Device,
  { network, view }: { network: Network; view: TileSides },
): TileBytes {
  const { width, height } = largestTile(device, { network, view });
  let answers = 0;
  const { peak } = device.plan(() => {
    const x = device.empty([1, network.inChannels, height, width]);
    const maps = answersIn(runNetwork(device, { network, x }));
    answers = maps.values().reduce((sum, { value }) => sum + value.byteLength, 0);
  });
  return { peak, answers };
}

/**
 * About the most bytes that go from layer to layer at once where they are memory of the process. Of smaller
 * bands the rows that are computed twice would be more than a few percent.
 */
const BAND_BYTES = 8 * 2 ** 20;

/** Applies a network to x `[n, c, h, w]` for its answer alone. */
export function runNetwork(
  device: Device,
  { network, x }: { network: Network; x: Tensor<"f32"> },
): Outputs {
  const { isSoftware } = device.adapter;
  if (isSoftware) makeRoom(device, x.shape);
  const bands = isSoftware ? rowBands(device, { mostBytes: BAND_BYTES }) : undefined;
  return network.forward(new Tape(device, { record: false, bands }), new Variable(x));
}

/** The shape that was computed last. */
const lastShapes = new WeakMap<GPUDevice, string>();

/** Gives back what tensors of other shapes have left, before those of a shape are made. */
function makeRoom(device: Device, shape: Shape): void {
  if (device.isPlanning || lastShapes.get(device.gpu) === `${shape}`) return;
  lastShapes.set(device.gpu, `${shape}`);
  device.trim();
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
  { network, view }: { network: Network; view: TileSides },
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
  { network, view }: { network: Network; view: TileSides },
): TileSides {
  const { reach, sizeMultiple: multiple } = network;
  for (let mostPixels = MOST_PIXELS;; mostPixels /= 2) {
    const tile = chooseTile(view, { reach, multiple, mostPixels });
    try {
      const shape = [1, network.inChannels, tile.height, tile.width];
      device.plan(() => runNetwork(device, { network, x: device.empty(shape) }));
      return tile;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || mostPixels <= FEWEST_PIXELS) throw error;
    }
  }
}
