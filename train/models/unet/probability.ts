/**
 * Probability maps of whole images, however large: the image is cut into tiles that overlap by the
 * reach of the network, so the result is that of the whole image at once.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { cutTile, pasteTile, type PlaneView } from "../../../kernels/masks/mod.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { Network } from "../../../nn/module.ts";
import { expose } from "../../images/exposure.ts";
import { channelCount, type Channels, type Plane } from "../../images/image.ts";
import { runNetwork, tilesOf } from "../tiles/tiling.ts";
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
  options: ProbabilityOptions & { network: Network; image: Plane | Channels },
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
  { network, image, exposure = 1, views = PLAIN, tile }: ProbabilityOptions & {
    network: Network;
    image: Plane | Channels;
  },
): Tensor<"f32"> {
  const { width, height } = image;
  using scope = device.scope();
  const map = scope.keep(device.empty([height, width]));
  if (views.length > 1) device.clear(map);
  const share = views.length;
  for (const gain of new Set(views.map((view) => view.gain))) {
    const { data } = expose(image, exposure * gain);
    const planes = device.upload([channelCount(image), height, width], data);
    for (const { orientation } of views.filter((view) => view.gain === gain)) {
      const view = planeView(image, { orientation });
      predictView(device, { network, planes, map, view, share, tile });
    }
    device.free(planes);
  }
  return map;
}

/** Adds the map of one view, tile by tile, or puts it in its place if it is the only one. */
function predictView(
  device: Device,
  { network, planes, map, view, share, tile }: {
    network: Network;
    planes: Tensor<"f32">;
    map: Tensor<"f32">;
    view: PlaneView;
    share: number;
    tile?: number;
  },
): void {
  for (const { area, kept } of tilesOf(device, { network, view, tile })) {
    using _scope = device.scope();
    const x = cutTile(device, planes, { view, area });
    const { prob } = runNetwork(device, { network, x });
    pasteTile(device, { tile: prob.value, plane: map }, { view, area, kept, share });
  }
}
