/**
 * Images that are looked at block by block, each of some whole rows, so that none of them need fit into
 * memory. A block is seen with so many rows around it that what a network says of its own rows is what it
 * says of them in the whole image.
 *
 * @module
 */

import type { Plane } from "../../images/image.ts";
import type { Network } from "../../../nn/module.ts";
import type { View } from "../views.ts";

/**
 * An image whose rows are read when they are needed.
 *
 * @category Kinds of models
 */
export interface RowImage {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Reads rows, from one up to but without another, normalised. */
  rows(range: { readonly from: number; readonly to: number }): Promise<Plane>;
}

/**
 * A map of the image's size that is kept outside of memory. Rows are written from the first to the last one.
 *
 * @category Kinds of models
 */
export interface RowStore<A extends Float32Array | Uint32Array> {
  /** Keeps the next rows. */
  write(values: A): void;
  /** Gives rows that were written, from one up to but without another. */
  read(from: number, to: number): A;
}

/**
 * Where maps are kept.
 *
 * @category Kinds of models
 */
export interface RowStores {
  /** A map of floats. */
  floats(width: number): RowStore<Float32Array<ArrayBuffer>>;
  /** A map of whole numbers. */
  numbers(width: number): RowStore<Uint32Array<ArrayBuffer>>;
}

/**
 * What to segment block by block, and how.
 *
 * @category Kinds of models
 */
export interface RowSegmentOptions<D extends object = object> {
  /** A network with its weights. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: RowImage;
  /** How its answer becomes objects; taken for checked. */
  readonly decode: D;
  /** The gain at which it is seen, see `expose`; 1 unless told. */
  readonly exposure?: number;
  /** The views whose answers are averaged; the image as it is unless told. */
  readonly views?: readonly View[];
  /** Largest side of a tile in pixels; as memory asks for unless told. */
  readonly tile?: number;
  /** About how many rows a block has. */
  readonly blockRows: number;
  /** Where what is larger than memory is kept. */
  readonly stores: RowStores;
  /** Takes the rows of the probability map, from top to bottom, where that is wanted. */
  readonly onMap?: (rows: Float32Array<ArrayBuffer>) => Promise<void>;
  /** Told how many rows the network has seen. */
  readonly onRows?: (done: number) => void;
}

/**
 * The objects of an image that need not fit into memory.
 *
 * @category Kinds of models
 */
export interface RowSegmentation {
  /** Number of objects. */
  readonly count: number;
  /** The ids of the pixels, some rows at a time from top to bottom. */
  labels(): AsyncIterable<Uint32Array<ArrayBuffer>>;
}

/** Pixels along one axis. */
export interface Line {
  readonly from: number;
  readonly to: number;
}

/** A block along one axis: what is seen of the image, and what of the answer is kept. */
export interface BlockLine {
  readonly seen: Line;
  readonly kept: Line;
}

/**
 * Blocks along one axis. What is seen of the image begins at a multiple of what the network takes, and
 * ends, counted from the end of the mirrored image, at one, too: then pooling meets the same pixels in
 * every view as in the whole image.
 */
export function blockLines(
  length: number,
  { network: { grid, sizeMultiple, reach }, side }: {
    network: Pick<Network, "grid" | "sizeMultiple" | "reach">;
    side: number;
  },
): BlockLine[] {
  const step = Math.max(1, Math.ceil(side / sizeMultiple)) * sizeMultiple;
  const around = Math.ceil(reach / sizeMultiple) * sizeMultiple + sizeMultiple;
  const mirrored = length - (length - 1) % grid;
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => {
    const kept = { from: i * step, to: Math.min((i + 1) * step, length) };
    const missing = (mirrored - kept.to - around) % sizeMultiple;
    const to = kept.to + around + (missing + sizeMultiple) % sizeMultiple;
    const seen = { from: Math.max(0, kept.from - around), to: to >= mirrored ? length : to };
    return { seen, kept };
  });
}
