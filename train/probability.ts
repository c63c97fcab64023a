/**
 * Probability maps of whole images, however large: the image is cut into tiles that overlap by the
 * reach of the network, so the result is that of the whole image at once.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import { OutOfMemoryError } from "../kernels/errors.ts";
import { Tape, Variable } from "../nn/autodiff.ts";
import type { Network } from "../nn/module.ts";
import type { Plane } from "./data/image.ts";
import { orient, ORIENTATIONS, unorient } from "./data/orientation.ts";
import { reflectIndex } from "./data/sample.ts";

/** Options of {@linkcode predictProbability}. */
export interface PredictOptions {
  /** Largest side of a tile in pixels; by default what the device's memory allows, at most 1024. */
  readonly tile?: number;
  /** Average over the eight orientations (test-time augmentation). */
  readonly tta?: boolean;
}

const LARGEST_TILE = 1024;
const SMALLEST_TILE = 64;

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
  { network, image, tta = false, tile }: PredictOptions & { network: Network; image: Plane },
): Promise<Plane> {
  const side = tile ?? largestTile(device, { network, image });
  if (!tta) return await predictTiled(device, { network, image, side });
  const mean = new Float32Array(image.data.length);
  for (let k = 0; k < ORIENTATIONS; k++) {
    const turned = await predictTiled(device, { network, image: orient(image, k), side });
    unorient(turned, k).data.forEach((p, i) => mean[i] += p / ORIENTATIONS);
  }
  return { ...image, data: mean };
}

/** The largest square tile, or the whole image, whose forward pass fits into memory. */
function largestTile(
  device: Device,
  { network, image }: { network: Network; image: Plane },
): number {
  const multiple = network.sizeMultiple;
  const whole = roundUp(Math.max(image.width, image.height), multiple);
  for (let side = Math.min(LARGEST_TILE, whole);; side = roundUp(side / 2, multiple)) {
    try {
      device.plan(() => forward(device, { network, shape: [1, 1, side, side], data: null }));
      return side;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || side <= SMALLEST_TILE) throw error;
    }
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function forward(
  device: Device,
  { network, shape, data }: {
    network: Network;
    shape: readonly number[];
    data: Float32Array<ArrayBuffer> | null;
  },
) {
  const x = data ? device.upload(shape, data) : device.empty(shape);
  const tape = new Tape(device, { record: false });
  return network.forward(tape, new Variable(x)).prob.value;
}

/** Where a line of tiles begins and what of each tile is kept, along one axis of `length` pixels. */
export function tilePlan(
  { length, side, reach, multiple }: {
    length: number;
    side: number;
    reach: number;
    multiple: number;
  },
): { start: number; size: number; keepFrom: number; keepTo: number }[] {
  const padded = roundUp(length, multiple);
  if (padded <= side) return [{ start: 0, size: padded, keepFrom: 0, keepTo: length }];
  const margin = roundUp(reach, multiple);
  const core = Math.max(multiple, Math.floor((side - 2 * margin) / multiple) * multiple);
  return Array.from({ length: Math.ceil(length / core) }, (_, i) => {
    const start = Math.max(0, i * core - margin);
    const end = Math.min(padded, (i + 1) * core + margin);
    return {
      start,
      size: end - start,
      keepFrom: i * core,
      keepTo: Math.min(length, (i + 1) * core),
    };
  });
}

async function predictTiled(
  device: Device,
  { network, image, side }: { network: Network; image: Plane; side: number },
): Promise<Plane> {
  const { width, height } = image;
  const { reach, sizeMultiple: multiple } = network;
  const rows = tilePlan({ length: height, side, reach, multiple });
  const columns = tilePlan({ length: width, side, reach, multiple });
  const result = new Float32Array(width * height);
  for (const row of rows) {
    for (const column of columns) {
      const values = await predictTile(device, {
        network,
        shape: [1, 1, row.size, column.size],
        data: cut(image, { row, column }),
      });
      for (let y = row.keepFrom; y < row.keepTo; y++) {
        const from = (y - row.start) * column.size - column.start;
        const kept = values.subarray(from + column.keepFrom, from + column.keepTo);
        result.set(kept, y * width + column.keepFrom);
      }
    }
  }
  return { width, height, data: result };
}

/** Queues one tile; its tensors are free again before the answer is awaited. */
function predictTile(
  device: Device,
  tile: { network: Network; shape: readonly number[]; data: Float32Array<ArrayBuffer> },
): Promise<Float32Array<ArrayBuffer>> {
  using _scope = device.scope();
  return device.read(forward(device, tile));
}

/** One tile of an image, with what lies past its end mirrored. */
function cut(
  { width, height, data }: Plane,
  { row, column }: Record<"row" | "column", { start: number; size: number }>,
): Float32Array<ArrayBuffer> {
  const tile = new Float32Array(row.size * column.size);
  for (let y = 0; y < row.size; y++) {
    const source = reflectIndex(row.start + y, height) * width;
    for (let x = 0; x < column.size; x++) {
      tile[y * column.size + x] = data[source + reflectIndex(column.start + x, width)];
    }
  }
  return tile;
}
