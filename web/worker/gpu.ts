/// <reference lib="dom" />
/**
 * The GPU: a worker that segments and learns. It holds no results, so that nothing is lost with it.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { normalize } from "../../train/images/normalize.ts";
import type { Video } from "../../train/images/series/video.ts";
import { BUILTIN, builtinModel } from "../../train/models/builtin/mod.ts";
import { objectModelOf } from "../../train/models/list.ts";
import {
  buildModel,
  decodeModel,
  type Model,
  type ModelFile,
} from "../../train/models/model_file.ts";
import { inTurns, underwayOf } from "../../train/models/turns.ts";
import { PLAIN } from "../../train/models/views.ts";
import { type PreparedVideo, prepareVideo } from "../../train/models/videos/prepare_video.ts";
import { handingOver, type Handlers } from "../shared/calls.ts";
import type { FrameMessage, Machine, MovieChoice, NoteMessage } from "../shared/messages.ts";
import type { ProgressMessage } from "../shared/messages.ts";
import { openMovie } from "./movie.ts";
import { inTime } from "./told.ts";

/** A model's bytes under its name. */
export interface GivenModel {
  /** What to call it; the built-in model by its own name. */
  readonly file: string;
  /** A file of weights. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a movie is segmented with. */
export interface SegmentWish {
  /** The movie. */
  readonly movie: MovieChoice;
  /** The model. */
  readonly model: GivenModel;
  /** Frames that are left out, as they are known. */
  readonly skip?: readonly number[];
}

let opening: Promise<Device> | null = null;

/** The device; a lost one is opened anew. */
async function theDevice(): Promise<Device> {
  opening ??= openDevice();
  try {
    const device = await opening;
    const lost = () => opening = null;
    device.gpu.lost.then(lost, lost);
    return device;
  } catch (error) {
    opening = null;
    throw error;
  }
}

async function readModel({ file, bytes }: GivenModel): Promise<ModelFile> {
  return file === BUILTIN ? await builtinModel({ from: bytes }) : decodeModel(bytes, { file });
}

async function* segment(
  { movie, model: given, skip = [] }: SegmentWish,
  stop: AbortSignal,
): AsyncGenerator<ProgressMessage | FrameMessage | NoteMessage, { exposure: number }> {
  const device = await theDevice();
  using _scope = device.scope();
  const model = buildModel(device, await readModel(given));
  const video = await openMovie(movie);
  let read = 0;
  const counted = async (i: number) => {
    stop.throwIfAborted();
    const plane = await (video.reference ?? video.frame)(i);
    read++;
    return plane;
  };
  const preparing = prepareVideo(device, { model, video, read: counted });
  const { exposure, rangeOf, notes } = yield* inTime(preparing, () => ({
    ...{ type: "progress", what: "reading", done: Math.min(read, video.length) },
    total: video.length,
  }));
  for (const text of notes) yield { type: "note", text };
  yield* segmentFrames(device, { model, video, exposure, rangeOf, skip, stop });
  return { exposure };
}

async function* segmentFrames(
  device: Device,
  { model: { kind, network, decode }, video, exposure, rangeOf, skip, stop }:
    & { model: Model; video: Video; skip: readonly number[]; stop: AbortSignal }
    & Pick<PreparedVideo, "exposure" | "rangeOf">,
): AsyncGenerator<FrameMessage> {
  const objects = objectModelOf(kind);
  const left = new Set(skip);
  const frames = async function* () {
    for (let frame = 0; frame < video.length && !stop.aborted; frame++) {
      if (left.has(frame)) continue;
      yield { frame, image: normalize(await video.frame(frame), await rangeOf(frame)) };
    }
  };
  const segmented = inTurns(device, frames(), function* ({ frame, image }) {
    const views = PLAIN;
    const steps = objects.segment(device, { network, image, decode, exposure, views });
    return { frame, labels: (yield* steps).labels };
  }, { most: underwayOf(video.width * video.height) });
  for await (const { frame, labels } of segmented) {
    if (stop.aborted) break;
    yield handingOver({ type: "frame", frame, labels }, [labels.data.buffer]);
  }
  stop.throwIfAborted();
}

/** What the GPU does. */
export const gpuCalls = {
  async machine(_: null): Promise<Machine> {
    const { adapter: { name, isSoftware } } = await theDevice();
    return { adapter: name, isSoftware };
  },
  segment,
} satisfies Handlers;
