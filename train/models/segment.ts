/**
 * From a normalised image to labelled objects, with whatever network a model has.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { readValues, type Steps } from "../../kernels/masks/mod.ts";
import type { Network } from "../../nn/module.ts";
import { findObjects, type RayObjects } from "../../nn/labels/stardist/objects.ts";
import type { RayThresholds } from "../../nn/labels/stardist/thresholds.ts";
import type { Channels, LabelImage, Plane } from "../images/image.ts";
import { type PostprocessSettings, postprocessSteps } from "./postprocess.ts";
import { type PredictOptions, queueProbability } from "./probability.ts";
import { candidateSteps } from "./star_candidates.ts";

/** How a network's answer becomes objects: a network of each kind looks at its own settings. */
export interface DecodeSettings {
  /** For the probability map of a U-Net. */
  readonly postprocess: PostprocessSettings;
  /** For the candidates of StarDist. */
  readonly thresholds: RayThresholds;
}

/** The objects of one image. */
export interface Segmentation {
  /** Ids from 1 on. */
  readonly labels: LabelImage;
  /** Number of objects. */
  readonly count: number;
  /** The objects as polygons, in the order of their ids; only from StarDist. */
  readonly objects: RayObjects | null;
  /** The probability map, if it was asked for. */
  readonly map: Plane | null;
}

/** What to segment, and how. */
export interface SegmentOptions extends PredictOptions {
  /** A network with its weights. */
  readonly network: Network;
  /** The normalised image. */
  readonly image: Plane | Channels;
  /** How its answer becomes objects; taken for checked. */
  readonly decode: DecodeSettings;
  /** Whether the probability map is wanted too. */
  readonly wantsMap?: boolean;
}

/**
 * Queues the network for an image, and takes its answer to labels when asked to go on.
 *
 * @throws {OutOfMemoryError} If even a small tile does not fit into the memory limit.
 * @throws {TypeError} If test-time augmentation is asked of StarDist.
 */
export function segmentSteps(device: Device, options: SegmentOptions): Steps<Segmentation> {
  const isStar = options.network.architecture.kind === "stardist";
  return isStar ? starSteps(device, options) : foregroundSteps(device, options);
}

function* foregroundSteps(
  device: Device,
  { decode, wantsMap = false, ...options }: SegmentOptions,
): Steps<Segmentation> {
  const { width, height } = options.image;
  const prob = queueProbability(device, options);
  try {
    const map = wantsMap ? { width, height, data: yield* readValues(prob) } : null;
    const found = yield* postprocessSteps(device, prob, decode.postprocess);
    return { ...found, objects: null, map };
  } finally {
    device.free(prob);
  }
}

function* starSteps(
  device: Device,
  { network, image, tile, tta = false, decode, wantsMap = false }: SegmentOptions,
): Steps<Segmentation> {
  if (tta) {
    throw new TypeError(
      "Cannot use --tta with a StarDist model: its rays and its grid do not turn with the image",
    );
  }
  const { width, height } = image;
  const { prob: threshold, nms } = decode.thresholds;
  const { candidates, prob } = yield* candidateSteps(device, { network, image, tile, threshold });
  const objects = findObjects(candidates, { nmsThreshold: nms, width, height });
  return {
    labels: { width, height, data: objects.labels },
    count: objects.count,
    objects,
    map: wantsMap ? enlarged(prob, { width, height, grid: network.grid }) : null,
  };
}

/** A map of grid points as one of pixels: each has the value of the grid point above and left of it. */
function enlarged(
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
