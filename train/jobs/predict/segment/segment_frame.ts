/**
 * A frame of a prediction on its way to its result: what takes the GPU, and then what somebody else may do.
 *
 * @module
 */

import type { Device } from "../../../../kernels/gpu/device.ts";
import type { Steps } from "../../../../kernels/masks/mod.ts";
import type { Network } from "../../../../nn/module.ts";
import type { Channels, Plane } from "../../../images/image.ts";
import { withMargin } from "../../../images/registration/pixel_grid.ts";
import { movedImage } from "../../../images/registration/sub_pixel.ts";
import { modelKinds, objectModelOf } from "../../../models/list.ts";
import type { Model } from "../../../models/model_file.ts";
import type { Segmentation } from "../../../models/model_kind.ts";
import { tilesOf } from "../../../models/tiles/tiling.ts";
import { ALL_ORIENTATIONS, type View, viewsOf } from "../../../models/views.ts";
import { labelTiff } from "../../../objects/formats/label_tiff.ts";
import type { FrameNeed, FrameResult } from "../../../objects/formats/output_format.ts";
import { tracedOutlines } from "../../../objects/outline.ts";
import { goOn, type Progress } from "../../progress/progress.ts";
import type { WorkerPool } from "../../workers/pool.ts";
import { movedResult, outlinesWithout, withoutMarginIn } from "../align.ts";
import type { Frame } from "../frame_reader.ts";
import type { PredictOptions } from "../predict_options.ts";
import { inFileSize } from "../scale/rescale.ts";

/** What is known of a frame in the end. */
export interface Segmented extends FrameResult {
  /** The frame. */
  readonly frame: Frame;
  /** How many objects it has. */
  readonly objects: number;
}

/** A frame that is segmented, and how. */
export interface SegmentFrameOptions {
  readonly frame: Frame;
  readonly model: Model;
  readonly options: PredictOptions;
  readonly progress: Progress;
  /** Those who do what the GPU is not needed for; null for this thread. */
  readonly pool: WorkerPool | null;
}

/** Queues the network for a frame; what is behind the last answer goes on by itself. */
export function* segmentFrame(
  device: Device,
  { frame, model: { network, kind, decode }, options, progress, pool }: SegmentFrameOptions,
): Steps<{ readonly result: Promise<Segmented> }> {
  const { tta, tile, outputs = [] } = options;
  const views = tta ? ALL_ORIENTATIONS : viewsOf(options.views ?? 1);
  const { exposure, margin, rest } = frame;
  const image = withMargin(movedImage(frame.image, { y: -rest.y, x: -rest.x }), margin);
  const isNeeded = (need: FrameNeed) => outputs.some(({ needs }) => needs.includes(need));
  const wantsMap = isNeeded("map");
  const wantsDoubtful = isNeeded("doubtful");
  const settings = { network, image, decode, exposure, views, tile, wantsMap, wantsDoubtful };
  const { segment, halves } = objectModelOf(kind);
  goOn(progress, `segmenting ${frame.name}`, partsOf(device, settings));
  const finish = (segmentation: Segmentation) =>
    finished(segmentation, { frame, wantsOutlines: isNeeded("outlines") });
  // Workers know the kinds of models that are in the list, and no others.
  if (pool === null || pool.size === 0 || !halves || !modelKinds.includes(kind)) {
    const found = finish(yield* countedSteps(segment(device, settings), progress));
    return handed(compressed(found, pool));
  }
  const answer = yield* countedSteps(halves.answer(device, settings), progress);
  const find = async () => {
    const found = await pool.ask("objects", { kind: kind.name, answer }, { handsOver: true });
    return await compressed(finish(halves.segmentation(found)), pool);
  };
  return handed(find());
}

/** A result that may be asked for some frames later, or never if one before it fails: only then its error counts. */
function handed<R>(result: Promise<R>): { readonly result: Promise<R> } {
  result.catch(() => {});
  return { result };
}

/** What is known of a frame whose objects were found. */
function finished(
  { labels, count, outlines, map, doubtful }: Segmentation,
  { frame, wantsOutlines }: { frame: Frame; wantsOutlines: boolean },
): Segmented {
  const { plane, size, margin, rest } = frame;
  const found = { frame, labels, objects: count, map, doubtful, ...(plane && { plane }) };
  const seen = movedResult(withoutMarginIn(found, margin), rest);
  const isScaled = frame.image.width !== size.width || frame.image.height !== size.height;
  const result = isScaled ? inFileSize(seen, size) : seen;
  if (!wantsOutlines) return result;
  const known = isScaled ? null : outlines;
  if (known === null) return { ...result, outlines: tracedOutlines(result.labels) };
  const place = { labels: result.labels, margin, rest };
  return { ...result, outlines: outlinesWithout(known(), place) };
}

/** The same with its labels compressed, where somebody else does that. */
async function compressed(result: Segmented, pool: WorkerPool | null): Promise<Segmented> {
  const isWritten = result.frame.output.formats.includes(labelTiff);
  if (pool === null || pool.size === 0 || !isWritten) return result;
  const { labels, page } = await pool.ask("labels", result.labels, { handsOver: true });
  return { ...result, labels, compressed: page };
}

/** Images up to this many pixels are seen in one piece, and nobody waits for parts of them. */
const ONE_PIECE = 1536 ** 2;

/** The tiles and views that an image is seen in, about; null for a small one. */
function partsOf(
  device: Device,
  { network, image, views, tile }: {
    network: Network;
    image: Plane | Channels;
    views: readonly View[];
    tile?: number;
  },
): number | null {
  if (image.width * image.height <= ONE_PIECE) return null;
  return views.length * tilesOf(device, { network, view: image, tile }).length;
}

/** The same steps, counted. */
function* countedSteps<R>(steps: Steps<R>, progress: Progress): Steps<R> {
  try {
    let step = steps.next([]);
    while (!step.done) {
      const values = yield step.value;
      if (progress.total !== null) progress.done = Math.min(progress.done + 1, progress.total);
      step = steps.next(values);
    }
    return step.value;
  } finally {
    steps.return(undefined as never);
  }
}
