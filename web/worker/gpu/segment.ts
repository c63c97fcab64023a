/**
 * Segmenting a movie, as `predict` does it.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { normalize } from "../../../train/images/normalize.ts";
import type { Video } from "../../../train/images/series/video.ts";
import { objectModelOf } from "../../../train/models/list.ts";
import { buildModel, type Model } from "../../../train/models/model_file.ts";
import { bytesOfTile } from "../../../train/models/tiles/tiling.ts";
import { inTurns, underwayOf } from "../../../train/models/turns.ts";
import { PLAIN } from "../../../train/models/views.ts";
import { type PreparedVideo, prepareVideo } from "../../../train/models/videos/prepare_video.ts";
import { handingOver } from "../../shared/calls.ts";
import type {
  FrameMessage,
  MovieChoice,
  NoteMessage,
  ProgressMessage,
} from "../../shared/messages.ts";
import { type GivenModel, onDevice, readModel, theDevice } from "./machine.ts";
import { openMovie, stoppable } from "../movie.ts";
import { inTime } from "../told.ts";

/** What a movie is segmented with. */
export interface SegmentWish {
  /** The movie. */
  readonly movie: MovieChoice;
  /** The model. */
  readonly model: GivenModel;
  /** The gain at which it is seen; null where the model says. */
  readonly exposure: number | null;
  /** Frames that are left out, as they are known. */
  readonly skip?: readonly number[];
}

/** GPU memory that segmenting images of this size takes, about, in bytes. */
export async function plannedBytes(
  { model: given, width, height }: { model: GivenModel; width: number; height: number },
): Promise<number> {
  const file = await readModel(given);
  using device = (await theDevice()).task();
  const before = device.memory.inUse;
  using _scope = device.scope();
  const { network } = buildModel(device, file);
  const weights = device.memory.inUse - before;
  const { peak, answers } = bytesOfTile(device, { network, view: { width, height } });
  return weights + peak + underwayOf(device, width * height) * answers;
}

/** What is told while a movie is segmented. */
type SegmentMessage = ProgressMessage | FrameMessage | NoteMessage;

/** Segments all frames of a movie. */
export async function* segment(
  wish: SegmentWish,
  stop: AbortSignal,
): AsyncGenerator<SegmentMessage, { exposure: number }> {
  return yield* onDevice((device) => segmented(device, wish, stop), { isKept: true, stop });
}

async function* segmented(
  device: Device,
  { movie, model: given, skip = [], exposure: wanted }: SegmentWish,
  stop: AbortSignal,
): AsyncGenerator<SegmentMessage, { exposure: number }> {
  using _scope = device.scope();
  const model = buildModel(device, await readModel(given));
  const video = stoppable(yield* openMovie(movie, stop), () => stop.throwIfAborted());
  let read = 0;
  const counted = async (i: number) => {
    const plane = await (video.reference ?? video.frame)(i);
    read++;
    return plane;
  };
  const preparing = prepareVideo(device, {
    ...{ model, video, read: counted },
    ...(wanted !== null && { exposure: wanted }),
  });
  const { exposure, rangeOf, notes } = yield* inTime(preparing, (): ProgressMessage => {
    const total = video.length;
    return read < total
      ? { type: "progress", what: "reading", done: read, total }
      : { type: "progress", what: "exposing", done: 0, total: null };
  });
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
  }, { most: underwayOf(device, video.width * video.height) });
  for await (const { frame, labels } of segmented) {
    if (stop.aborted) break;
    yield handingOver({ type: "frame", frame, labels }, [labels.data.buffer]);
  }
  stop.throwIfAborted();
}
