/**
 * Videos brought to the magnification of the stills that a model learned from, and results brought back.
 *
 * @module
 */

import { isObject } from "../../../images/image.ts";
import { differInScale, formatPixelSize, pixelSizeOf } from "../../../images/scale/pixel_size.ts";
import {
  formatFactor,
  rescaledVideo,
  scaleFactor,
  type ScaleOptions,
} from "../../../images/scale/rescaled_video.ts";
import { resizeImage, resizeLabels } from "../../../images/scale/resize.ts";
import type { Video } from "../../../images/series/video.ts";
import type { FrameResult } from "../../../objects/formats/output_format.ts";
import type { OpenedInputs } from "../open_inputs.ts";

/** What is wished, and what is known of the model. */
type ScaleWish = Partial<Pick<ScaleOptions, "rescale">> & Pick<ScaleOptions, "pixelSize">;

/**
 * The inputs as the model is to see them. Where nothing is wished and the magnifications differ, that is
 * noted.
 *
 * @throws {RangeError} If a pixel's size is not known that is needed, or a factor makes no sense.
 */
export function rescaledInputs(
  inputs: OpenedInputs,
  { rescale, pixelSize }: ScaleWish,
): OpenedInputs {
  if (rescale === undefined) {
    return { ...inputs, notes: [...inputs.notes, ...differences(inputs.videos, pixelSize)] };
  }
  const folders = new Map<Video, string>();
  const notes: string[] = [];
  const videos = inputs.videos.map((video) => {
    const factor = scaleFactor(video, { rescale, pixelSize });
    const changed = rescaledVideo(video, factor);
    if (factor !== 1) notes.push(`${video.path}: seen ${formatFactor(factor)}`);
    const folder = inputs.folders.get(video);
    if (folder !== undefined) folders.set(changed, folder);
    return changed;
  });
  return { ...inputs, videos, folders, notes: [...inputs.notes, ...notes] };
}

function differences(videos: readonly Video[], pixelSize: number | null): string[] {
  if (pixelSize === null) return [];
  return videos.flatMap(({ path, calibration }) => {
    const own = pixelSizeOf(calibration);
    if (own === null || !differInScale(own, pixelSize)) return [];
    return [
      `${path}: its pixels are ${
        formatPixelSize(own)
      }, those of the stills that the model learned from ` +
      `${formatPixelSize(pixelSize)}; --rescale auto brings it to their scale`,
    ];
  });
}

/** Labels and map in the size of the file, and how many objects are left. */
export function inFileSize<R extends Pick<FrameResult, "labels" | "map" | "doubtful">>(
  result: R & { readonly objects: number },
  size: { readonly width: number; readonly height: number },
): R & { readonly objects: number } {
  const labels = resizeLabels(result.labels, size);
  const map = result.map ? resizeImage(result.map, size) : result.map;
  const doubtful = result.doubtful ? resizeLabels(result.doubtful, size) : result.doubtful;
  const objects = new Set(labels.data.filter(isObject)).size;
  return { ...result, labels, map, doubtful, objects };
}
