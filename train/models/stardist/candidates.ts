/**
 * From images of any size to StarDist's candidates, tile by tile: the same as from the whole image at
 * once, as every grid point belongs to one tile and its answer does not depend on where tiles end. (Its
 * last bits do where kernels are chosen by the size of images, as some add up in another order.)
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Steps, TileArea } from "../../../kernels/masks/mod.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { gatherAbove } from "../../../kernels/targets/gather_above.ts";
import type { Network } from "../../../nn/module.ts";
import {
  type CandidateRule,
  type Candidates,
  findCandidates,
  gatheredCandidates,
  type GatheredMaps,
  joinCandidates,
  type RayMaps,
} from "../../../nn/labels/stardist/candidates.ts";
import type { Channels, Plane } from "../../images/image.ts";
import { type TileCut, uploadTile } from "../tiles/cut.ts";
import type { TileSides } from "../tiles/tile_plan.ts";
import { runNetwork, type Tile } from "../tiles/tiling.ts";
import { PLAIN, planeView } from "../views.ts";
import { type Border, proposingPoints, tilesWithMargin } from "./border.ts";

/** Which image is looked at, and how. */
export interface StarImage {
  /** A StarDist network. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** The gain at which it is seen, see `expose`; 1 unless told. */
  readonly exposure?: number;
  /** What proposes objects at its edges; `mirror` unless told. */
  readonly border?: Border;
  /** Largest side of a tile in pixels; by default the whole image where memory allows. */
  readonly tile?: number;
}

/** What a StarDist network says about an image. */
export interface StarAnswer {
  /** What proposes an object, the most probable first. */
  readonly candidates: Candidates;
  /** Object probabilities on the grid, `[⌈h/grid⌉, ⌈w/grid⌉]`. */
  readonly prob: Plane;
}

/**
 * Finds the candidates of an image, one step a tile.
 *
 * @param options `threshold`: candidates are more probable than this.
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 * @throws {RangeError} If a candidate has a distance that is no number below 2^23.
 */
export function* candidateSteps(
  device: Device,
  { network, image, exposure, border = "mirror", tile, threshold }: StarImage & {
    threshold: number;
  },
): Steps<StarAnswer> {
  const view = planeView(image, PLAIN[0]);
  const answer = new GrowingAnswer({ network, size: image, border, threshold });
  for (const { area, kept } of tilesWithMargin(device, { network, view, border, tile })) {
    const input = { network, image, view, area, exposure };
    const found = yield* gatheredOf(device, { ...input, threshold });
    if (answer.addGathered(found, { area, kept })) continue;
    answer.add(yield* mapsOf(device, input), { area, kept });
  }
  return answer.whole();
}

/** What a network says about an image, put together from its parts. */
export class GrowingAnswer {
  readonly #network: Network;
  readonly #threshold: number;
  readonly #proposing: ReturnType<typeof proposingPoints>;
  readonly #map: Plane;
  readonly #parts: Candidates[] = [];

  /** Knows nothing yet of an image of this size. */
  constructor(
    { network, size, border, threshold }: {
      network: Network;
      size: TileSides;
      border: Border;
      threshold: number;
    },
  ) {
    const { grid, sizeMultiple: multiple } = network;
    this.#network = network;
    this.#threshold = threshold;
    this.#proposing = proposingPoints({ size, grid, multiple, border });
    const [width, height] = [Math.ceil(size.width / grid), Math.ceil(size.height / grid)];
    this.#map = { width, height, data: new Float32Array(width * height) };
  }

  /**
   * Adds what the network says about a part.
   *
   * @throws {RangeError} If a candidate has a distance that is no number below 2^23.
   */
  add(maps: RayMaps, tile: Tile): void {
    this.#parts.push(findCandidates(maps, this.#ruleFor(maps, tile)));
  }

  /**
   * Adds what the network says about the points of a part that may propose; nothing where some of them are
   * missing.
   *
   * @returns Whether it was added.
   * @throws {RangeError} As {@linkcode GrowingAnswer.add}.
   */
  addGathered(maps: GatheredMaps, tile: Tile): boolean {
    const found = gatheredCandidates(maps, this.#ruleFor(maps, tile));
    const { prob, places } = maps;
    const share = Math.max(SPARE * places[0] / prob.length, LASTING * shareOf(this.#network));
    shares.set(this.#network, Math.min(1, share));
    if (found !== null) this.#parts.push(found);
    return found !== null;
  }

  /** Copies the probabilities of a part, and tells which of its points count. */
  #ruleFor({ prob }: Pick<RayMaps, "prob">, { area, kept }: Tile): CandidateRule {
    const { grid } = this.#network;
    const part = { area: onGrid(area, grid), kept: onGrid(kept, grid) };
    copyPart(prob, { ...part, map: this.#map });
    return { threshold: this.#threshold, grid, ...insideOf(part, this.#proposing) };
  }

  /** All of it, once every part was added. */
  whole(): StarAnswer {
    return { candidates: joinCandidates(this.#parts), prob: this.#map };
  }
}

/** A tile on its way into the network. */
export interface TileInput extends TileCut {
  /** The network. */
  readonly network: Network;
  /** The whole image. */
  readonly image: Plane | Channels;
}

/** What the network says about a tile. */
export function* mapsOf(device: Device, input: TileInput): Steps<RayMaps> {
  const outputs = queueTile(device, input);
  try {
    const [prob, dist] = yield outputs;
    const [, , height, width] = outputs[0].shape;
    return { prob: prob as Float32Array, dist: dist as Float32Array, width, height };
  } finally {
    outputs.forEach((tensor) => device.free(tensor));
  }
}

/** The share of points that there is room for, as the last images of a network needed it. */
const shares = new WeakMap<Network, number>();
/** That share before anything is known, and the least one. */
const [FIRST_SHARE, LEAST_SHARE] = [1 / 4, 1 / 16];
/** How much more room there is than the last image needed, and how much of a share is left after one image. */
const [SPARE, LASTING] = [2, 0.9];
/** There is room for a multiple of so many points. */
const ROOM_STEP = 256;

function shareOf(network: Network): number {
  return Math.max(LEAST_SHARE, shares.get(network) ?? FIRST_SHARE);
}

/** What the network says about a tile at the points that may propose. */
function* gatheredOf(
  device: Device,
  { threshold, ...input }: TileInput & { threshold: number },
): Steps<GatheredMaps> {
  const outputs = queueGathered(device, { ...input, threshold });
  try {
    const [prob, places, values] = yield outputs;
    const [, , height, width] = outputs[0].shape;
    return {
      ...{ prob: prob as Float32Array, width, height },
      ...{ places: places as Uint32Array, values: values as Float32Array },
    };
  } finally {
    outputs.forEach((tensor) => device.free(tensor));
  }
}

function queueGathered(
  device: Device,
  { network, image, threshold, ...cut }: TileInput & { threshold: number },
): Tensor[] {
  using scope = device.scope();
  const { prob, dist } = runNetwork(device, { network, x: uploadTile(device, image, cut) });
  const most = Math.ceil(shareOf(network) * prob.value.size / ROOM_STEP) * ROOM_STEP;
  const { places, values } = gatherAbove(device, {
    ...{ prob: prob.value, maps: dist.value, threshold, most },
  });
  return [prob.value, places, values].map((tensor) => scope.keep(tensor));
}

function queueTile(
  device: Device,
  { network, image, ...cut }: TileInput,
): [prob: Tensor<"f32">, dist: Tensor<"f32">] {
  using scope = device.scope();
  const { prob, dist } = runNetwork(device, { network, x: uploadTile(device, image, cut) });
  return [scope.keep(prob.value), scope.keep(dist.value)];
}

/** The grid points of an area that begins on one. */
function onGrid({ left, top, width, height }: TileArea, grid: number): TileArea {
  return {
    left: left / grid,
    top: top / grid,
    width: Math.ceil(width / grid),
    height: Math.ceil(height / grid),
  };
}

/** The grid points of a tile that may become candidates: those of its own that may propose. */
function insideOf(
  { area, kept }: Tile,
  { rows, columns }: ReturnType<typeof proposingPoints>,
): Pick<CandidateRule, "rows" | "columns" | "origin"> {
  const range = (first: number, count: number, { from, all }: {
    from: number;
    all: readonly [from: number, to: number];
  }) => [Math.max(first, all[0]) - from, Math.min(first + count, all[1]) - from] as const;
  return {
    rows: range(kept.top, kept.height, { from: area.top, all: rows }),
    columns: range(kept.left, kept.width, { from: area.left, all: columns }),
    origin: [area.top, area.left],
  };
}

/** Copies the kept part of a tile's values into the map of the image. */
function copyPart(
  values: Float32Array,
  { area, kept, map }: Tile & { map: Plane },
): void {
  for (let row = kept.top; row < kept.top + kept.height; row++) {
    const from = (row - area.top) * area.width + kept.left - area.left;
    map.data.set(values.subarray(from, from + kept.width), row * map.width + kept.left);
  }
}

/** A map of grid points as one of pixels: each has the value of the grid point above and left of it. */
export function enlarged(
  map: Plane,
  { width, height, grid }: { width: number; height: number; grid: number },
): Plane {
  const data = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / grid) * map.width;
    for (let x = 0; x < width; x++, i++) data[i] = map.data[row + Math.floor(x / grid)];
  }
  return { width, height, data };
}
