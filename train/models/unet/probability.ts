/**
 * Probability maps of whole images, however large: the image is cut into tiles that overlap by the
 * reach of the network, so the result is that of the whole image at once.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { pasteTile, type PlaneView, type Steps } from "../../../kernels/masks/mod.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { Network } from "../../../nn/module.ts";
import type { Channels, Plane } from "../../images/image.ts";
import { uploadTile } from "../tiles/cut.ts";
import { runNetwork, type Tile, tilesOf } from "../tiles/tiling.ts";
import { PLAIN, planeView, type View } from "../views.ts";

/** Options of {@linkcode predictProbability}. */
export interface ProbabilityOptions {
  /** Largest side of a tile in pixels; by default the whole image where memory allows. */
  readonly tile?: number;
  /** The gain at which the image is seen, see {@linkcode expose}; 1 unless told. */
  readonly exposure?: number;
  /** The views whose answers are averaged; the image as it is unless told. */
  readonly views?: readonly View[];
}

/** What a map is made of. */
export interface ProbabilitySource extends ProbabilityOptions {
  /** The network. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: Plane | Channels;
}

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
  options: ProbabilitySource,
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
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit, or the map does not.
 */
export function queueProbability(device: Device, options: ProbabilitySource): Tensor<"f32"> {
  const { image: { width, height }, views = PLAIN } = options;
  using scope = device.scope();
  const map = scope.keep(device.empty([height, width]));
  if (views.length > 1) device.clear(map);
  for (const tile of seenTiles(device, options)) addTile(device, { ...options, map, tile });
  return map;
}

/**
 * The same map, with a wait after each tile where there are several: the thread is free in between, and
 * whoever drives it can see how far it is. Where memory is that of the process there is one after each view
 * of a large image, too: those that are turned have tiles of another shape, and what one shape took is given
 * back by then.
 */
export function* queuedProbabilitySteps(
  device: Device,
  options: ProbabilitySource,
): Steps<Tensor<"f32">> {
  const { image: { width, height }, views = PLAIN } = options;
  const tiles = [...seenTiles(device, options)];
  const isLarge = device.adapter.isSoftware && width * height > SMALL_PIXELS;
  if (tiles.length === (isLarge ? 1 : views.length)) return queueProbability(device, options);
  const [map, mark] = keptTensors(device, [[height, width], [1]]);
  device.clear(mark);
  if (views.length > 1) device.clear(map);
  let isDone = false;
  try {
    for (const tile of tiles) {
      addTile(device, { ...options, map, tile });
      yield [mark];
    }
    isDone = true;
    return map;
  } finally {
    device.free(mark);
    if (!isDone) device.free(map);
  }
}

/** Images that take little memory, in whatever shapes they are seen. */
const SMALL_PIXELS = 2 ** 18;

/** Tensors that are in no scope. */
function keptTensors(device: Device, shapes: readonly (readonly number[])[]): Tensor<"f32">[] {
  using scope = device.scope();
  return shapes.map((shape) => scope.keep(device.empty(shape)));
}

/** Puts or adds the network's answer to a tile into a map. */
function addTile(
  device: Device,
  { map, ...options }: Omit<ProbabilitySource, "tile"> & { map: Tensor<"f32">; tile: SeenTile },
): void {
  const { tile: { view, area, kept }, views = PLAIN } = options;
  using _scope = device.scope();
  const answer = queueTile(device, options);
  pasteTile(device, { tile: answer, plane: map }, { view, area, kept, share: views.length });
}

/**
 * The same map for an image that is larger than a buffer of the GPU: it is put together in CPU memory,
 * one step a tile and view.
 */
export function* probabilitySteps(device: Device, options: ProbabilitySource): Steps<Plane> {
  const { image: { width, height }, views = PLAIN } = options;
  const data = new Float32Array(width * height);
  for (const tile of seenTiles(device, options)) {
    const answer = queueTile(device, { ...options, tile });
    try {
      const [values] = yield [answer];
      paste(values as Float32Array, { data, tile, share: views.length });
    } finally {
      device.free(answer);
    }
  }
  return { width, height, data };
}

/** A tile of a view, and the gain at which it is seen. */
interface SeenTile extends Tile {
  readonly view: PlaneView;
  readonly gain: number;
}

/** The tiles of all views, those of one gain together. */
function* seenTiles(
  device: Device,
  { network, image, exposure = 1, views = PLAIN, tile }: ProbabilitySource,
): Generator<SeenTile> {
  for (const gain of new Set(views.map((view) => view.gain))) {
    for (const { orientation } of views.filter((view) => view.gain === gain)) {
      const view = planeView(image, { orientation });
      for (const one of tilesOf(device, { network, view, tile })) {
        yield { ...one, view, gain: exposure * gain };
      }
    }
  }
}

/** The network's answer to a tile, a tensor of the innermost scope. */
function queueTile(
  device: Device,
  { network, image, tile: { view, area, gain: exposure } }:
    & Pick<ProbabilitySource, "network" | "image">
    & { tile: SeenTile },
): Tensor<"f32"> {
  using scope = device.scope();
  const x = uploadTile(device, image, { view, area, exposure });
  return scope.keep(runNetwork(device, { network, x }).prob.value);
}

/** Puts or adds the kept part of a tile into a map, as `pasteTile` does on the GPU. */
function paste(
  values: Float32Array,
  { data, tile: { view, area, kept }, share }: {
    data: Float32Array;
    tile: SeenTile;
    share: number;
  },
): void {
  for (let y = kept.top; y < kept.top + kept.height; y++) {
    const source = (y - area.top) * area.width - area.left;
    const target = view.origin + y * view.stepY;
    for (let x = kept.left; x < kept.left + kept.width; x++) {
      const at = target + x * view.stepX;
      if (share === 1) data[at] = values[source + x];
      else data[at] += Math.fround(values[source + x] / share);
    }
  }
}
