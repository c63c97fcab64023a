/**
 * Predicts an image that need not fit into memory, block by block: read, segmented and written in rows.
 *
 * @module
 */

import type { Device } from "../../../../kernels/gpu/device.ts";
import { unusable } from "../../../images/faults/input_fault.ts";
import { type IntensityRange, normalize } from "../../../images/normalize.ts";
import type { Video } from "../../../images/series/video.ts";
import { objectModelOf } from "../../../models/list.ts";
import type { Model } from "../../../models/model_file.ts";
import type { RowImage, RowSegmentation, RowStores } from "../../../models/tiles/row_blocks.ts";
import { ALL_ORIENTATIONS, viewsOf } from "../../../models/views.ts";
import { labelTiff } from "../../../objects/formats/label_tiff.ts";
import { ScratchRows } from "../../disk/scratch_file.ts";
import type { OutputFile, PlannedJob } from "../../outputs/output_plan.ts";
import { goOn, type Progress, stopIfAsked } from "../../progress/progress.ts";
import type { PredictOptions } from "../predict_options.ts";
import { RowFile } from "./row_file.ts";

/** Larger images are predicted in blocks: whole, one of as many pixels takes some 2 GB. */
const MOST_WHOLE = 2 ** 26;
/** Pixels of a block, without what is seen around it. */
const BLOCK_PIXELS = 2 ** 24;

/**
 * How many rows a block of a video's only image has; null where it is predicted in one piece: because it is
 * small, one of several frames, or can only be read or segmented as a whole.
 *
 * @param options.blockRows Predicts images of any size in blocks of so many rows.
 */
export function blockRowsOf(
  { width, height, length, rows, reference, channelFrames }: Video,
  { model: { kind }, blockRows }: { model: Model; blockRows?: number },
): number | null {
  if (length > 1 || rows === undefined) return null;
  // What is seen of several planes is read as a whole.
  if (reference !== undefined || channelFrames !== undefined) return null;
  if (objectModelOf(kind).segmentRows === undefined) return null;
  if (blockRows === undefined && width * height <= MOST_WHOLE) return null;
  return blockRows ?? Math.max(1, Math.floor(BLOCK_PIXELS / width));
}

/**
 * Refuses formats that need an image as a whole.
 *
 * @throws {RangeError} If there is one.
 */
export function refuseWhole(
  { path, width, height }: Video,
  { outputs = [] }: PredictOptions,
): void {
  const format = outputs.find(({ openRows }) => openRows === undefined);
  if (format === undefined) return;
  throw unusable(
    `Cannot write --${format.flag} of ${path}: its ${width}x${height} pixels are predicted in blocks, and ` +
      "that format needs them all at once; leave the flag out, or cut the image into smaller ones",
  );
}

/** What is predicted, and how. */
export interface RowJob {
  /** The image and its files. */
  readonly job: PlannedJob<Video>;
  /** Those of the files that are to be written. */
  readonly files: readonly OutputFile[];
  /** The intensities that become 0 and 1. */
  readonly range: IntensityRange;
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** Rows of a block. */
  readonly blockRows: number;
  readonly model: Model;
  readonly options: PredictOptions;
  readonly progress: Progress;
  /** Says when to stop. */
  readonly stop: AbortSignal;
  /** Called before the first file has its name. */
  readonly beforeEnd: () => Promise<void>;
}

/**
 * Predicts an image.
 *
 * @returns How many objects were found.
 */
export async function predictRows(device: Device, rowJob: RowJob): Promise<number> {
  const { job: { source: video }, files, options, progress, beforeEnd, stop } = rowJob;
  const { width, height, calibration } = video;
  const size = { width, height, calibration };
  await using open = new AsyncDisposableStack();
  const ofMap: RowFile[] = [];
  for (const file of files.filter(({ format }) => format.needs.includes("map"))) {
    ofMap.push(open.use(await RowFile.create(file, { ...size, largest: 0 })));
  }
  goOn(progress, `segmenting ${video.name}: rows`, height);
  const onMap = async (rows: Float32Array<ArrayBuffer>) => {
    for (const file of ofMap) await file.add(rows);
  };
  const found = await segmented(device, {
    ...rowJob,
    stores: await scratchOf(open, { path: `${options.out}/rows`, width }),
    onMap: ofMap.length > 0 ? onMap : undefined,
  });
  goOn(progress, `writing ${video.name}: rows`, height);
  const ofLabels: RowFile[] = [];
  const largest = await largestOf(found);
  for (const file of files.filter(({ format }) => format === labelTiff)) {
    ofLabels.push(open.use(await RowFile.create(file, { ...size, largest })));
  }
  for await (const rows of found.labels()) {
    stopIfAsked(stop, `while writing ${video.name}`);
    for (const file of ofLabels) await file.add(rows);
    progress.done += rows.length / width;
  }
  await beforeEnd();
  for (const file of [...ofMap, ...ofLabels]) await file.commit();
  return found.count;
}

async function segmented(
  device: Device,
  { job, range, exposure, blockRows, model, options, progress, stop, ...where }: RowJob & {
    stores: RowStores;
    onMap?: (rows: Float32Array<ArrayBuffer>) => Promise<void>;
  },
): Promise<RowSegmentation> {
  const { source: video, frames: [frame] } = job;
  const { network, kind, decode } = model;
  const image: RowImage = {
    width: video.width,
    height: video.height,
    rows: async (rows) => {
      stopIfAsked(stop, `while segmenting ${video.name}`);
      return normalize(await video.rows!(frame, rows), range);
    },
  };
  return await objectModelOf(kind).segmentRows!(device, {
    ...where,
    ...{ network, image, decode, exposure, blockRows, tile: options.tile },
    views: options.tta ? ALL_ORIENTATIONS : viewsOf(options.views ?? 1),
    onRows: (done) => void (progress.done = done),
  });
}

/** Files for maps, made before they are needed, which is told without waiting. */
async function scratchOf(
  open: AsyncDisposableStack,
  place: { path: string; width: number },
): Promise<RowStores> {
  const floats = open.use(await ScratchRows.create(Float32Array<ArrayBuffer>, place));
  const numbers = open.use(await ScratchRows.create(Uint32Array<ArrayBuffer>, place));
  return { floats: () => floats, numbers: () => numbers };
}

/** The largest id that a pixel has, where it matters how many bits it needs. */
async function largestOf({ count, labels }: RowSegmentation): Promise<number> {
  if (count <= 65535) return count;
  let largest = 0;
  for await (const rows of labels()) {
    largest = rows.reduce((most, id) => Math.max(most, id), largest);
  }
  return largest;
}
