/**
 * One image through a trained model, as `predict` does it.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { runSteps } from "../../kernels/masks/mod.ts";
import { type Channels, channelsOf, type Plane } from "../images/image.ts";
import { aboveNoise, noiseOf } from "../images/intensity/noise.ts";
import { type IntensityRange, intensityRange, joinRanges, normalize } from "../images/normalize.ts";
import { middlePlane } from "../images/series/frames.ts";
import { objectModelOf } from "./list.ts";
import type { Model } from "./model_file.ts";
import type { Segmentation, SegmentOptions } from "./model_kind.ts";

/**
 * An image for {@linkcode segmentImage}, and what is wanted otherwise than usual.
 *
 * @category Models
 */
export interface SegmentImageOptions
  extends Pick<SegmentOptions, "exposure" | "views" | "tile" | "wantsMap"> {
  /**
   * The intensities, in any unit; the channels that the model takes, or planes of a z-stack around its focus
   * as channels.
   */
  readonly image: Plane | Channels;
  /** The intensities that become 0 and 1, as frames of a video share them; its own unless told. */
  readonly range?: IntensityRange;
}

/**
 * Finds the objects of one image: its intensities are scaled as the model has it for single images, it
 * is cut into tiles where memory asks for it, and the answers become objects.
 *
 * What is computed on the way is freed; other work may go on meanwhile on the same device.
 *
 * @throws {TypeError} If the model finds no objects.
 * @throws {RangeError} If the image is empty, has pixels that are no numbers, or not the channels that
 *   the model takes.
 *
 * @example An image that a user gave to a page
 * ```ts ignore
 * const weights = new Uint8Array(await (await fetch("weights.safetensors")).arrayBuffer());
 * const model = buildModel(device, decodeModel(weights, { file: "weights.safetensors" }));
 * const image = await readPlane(await decodeImage(file), 0);
 * const { labels, count } = await segmentImage(device, model, { image });
 * ```
 *
 * @category Models
 */
export async function segmentImage(
  device: Device,
  model: Model,
  { image, range = rangeOf(image, model), ...options }: SegmentImageOptions,
): Promise<Segmentation> {
  const { kind, network, decode, exposure: own } = model;
  const exposure = options.exposure ?? (own === "auto" ? 1 : own);
  const normalized = normalize(image, range);
  const task = device.task();
  const steps = objectModelOf(kind).segment(task, {
    ...{ ...options, network, decode, exposure, image: normalized },
  });
  return await runSteps(task, steps);
}

/** The range of a single image: its percentiles, kept above the noise as `predict` does. */
function rangeOf(image: Plane | Channels, { stills, exactRange, channels }: Model): IntensityRange {
  const plane = "channels" in image ? middlePlane(image) : image;
  const planes = channels ? channelsOf(image) : [plane];
  return joinRanges(planes.map((plane) => {
    const range = intensityRange([plane], stills);
    return exactRange ? range : aboveNoise(range, noiseOf(plane)) ?? range;
  }));
}
