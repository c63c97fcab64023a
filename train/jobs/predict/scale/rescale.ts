/**
 * Videos brought to the magnification of the stills that a model learned from, and results brought back.
 *
 * @module
 */

import { type Channels, isObject, type Plane } from "../../../images/image.ts";
import { unusable } from "../../../images/faults/input_fault.ts";
import {
  differInScale,
  factorBetween,
  formatPixelSize,
  pixelSizeOf,
} from "../../../images/scale/pixel_size.ts";
import { resizeImage, resizeLabels, scaledSize } from "../../../images/scale/resize.ts";
import type { Video } from "../../../images/series/video.ts";
import type { FrameResult } from "../../../objects/formats/output_format.ts";
import type { OpenedInputs } from "../open_inputs.ts";

/** What is wished, and what is known of the model. */
interface ScaleOptions {
  /** By how much images are enlarged before they are segmented; `auto` goes by the size of pixels. */
  readonly rescale?: "auto" | number;
  /** The size of a pixel of the stills that the model learned from, in micrometres; null if not known. */
  readonly pixelSize: number | null;
}

/** The largest and smallest factor that makes sense. */
const [LEAST, MOST] = [1 / 16, 16];

/**
 * The inputs as the model is to see them. Where nothing is wished and the magnifications differ, that is
 * noted.
 *
 * @throws {RangeError} If a pixel's size is not known that is needed, or a factor makes no sense.
 */
export function rescaledInputs(
  inputs: OpenedInputs,
  options: ScaleOptions,
): OpenedInputs {
  const { rescale, pixelSize } = options;
  if (rescale === undefined) {
    return { ...inputs, notes: [...inputs.notes, ...differences(inputs.videos, pixelSize)] };
  }
  const folders = new Map<Video, string>();
  const notes: string[] = [];
  const videos = inputs.videos.map((video) => {
    const factor = factorFor(video, options);
    const changed = factor === 1 ? video : rescaled(video, factor);
    if (factor !== 1) {
      notes.push(`${video.path}: seen enlarged ${Number(factor.toPrecision(3))} times`);
    }
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

function factorFor(
  { path, calibration }: Video,
  { rescale, pixelSize }: ScaleOptions,
): number {
  const refuse = (what: string) =>
    unusable(`Cannot rescale ${path}: ${what}; give a factor, such as --rescale 2`);
  if (rescale !== "auto") return rescale!;
  const own = pixelSizeOf(calibration);
  if (own === null) throw refuse("the size of its pixels is not known");
  if (pixelSize === null) {
    throw refuse("the size of the pixels that the model learned from is not known");
  }
  const factor = factorBetween(own, pixelSize);
  if (factor < LEAST || factor > MOST) {
    throw refuse(
      `its pixels are ${formatPixelSize(own)}, those of the model ${formatPixelSize(pixelSize)}`,
    );
  }
  return factor;
}

/** A video that gives its frames with another number of pixels; its size stays that of its files. */
function rescaled(video: Video, factor: number): Video {
  const size = scaledSize(video, factor);
  const { reference, channelFrames } = video;
  return {
    ...video,
    rows: undefined,
    frame: async (i) => resizeImage<Plane | Channels>(await video.frame(i), size),
    ...channelFrames && {
      channelFrames: channelFrames.map((read) => async (i: number) =>
        resizeImage(await read(i), size)
      ),
    },
    ...reference && { reference: async (i: number) => resizeImage(await reference(i), size) },
  };
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
