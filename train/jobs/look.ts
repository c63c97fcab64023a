/**
 * Ways to look at a video with the same model: at another exposure, several times over, and with what the
 * frames around each say. None of them needs another training.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Network } from "../../nn/module.ts";
import type { Channels } from "../images/image.ts";
import type { Frames } from "../images/series/frames.ts";
import type { ObjectModel } from "../models/model_kind.ts";
import { proposalsIn } from "../models/proposals.ts";
import { inTurns } from "../models/turns.ts";
import { viewsOf } from "../models/views.ts";
import {
  temporalFilter,
  type TemporalFilterSettings,
} from "../objects/sequence/temporal_filter.ts";
import type { TimedFrame } from "../objects/sequence/timed_frame.ts";
import { filterByVotes } from "../objects/sequence/vote_filter.ts";

/** A way to look. */
export interface Look {
  /** The exposure of the video; 1 unless told. */
  readonly exposure?: number;
  /** Views that are averaged; 1 unless told. */
  readonly views?: number;
  /** What is done with the labels of the frames. */
  readonly after?: "votes" | "filter";
}

/** What looks, and at what. */
export interface LookOptions extends Look {
  /** The network with its weights. */
  readonly network: Network;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** How its answers become objects. */
  readonly decode: object;
  /** The video. */
  readonly frames: Frames;
  /** The first frame that is looked at; 0 unless told. */
  readonly first?: number;
  /** The temporal filter of `after: "filter"`. */
  readonly filter: TemporalFilterSettings;
}

/**
 * The labels of the frames of a video, in their order.
 *
 * @throws {TypeError} If frames are to vote on the objects of a model that proposes none.
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function* lookAt(
  device: Device,
  { objects, frames, first = 0, views = 1, after, filter, ...model }: LookOptions,
): AsyncGenerator<TimedFrame> {
  const options = { ...model, views: viewsOf(views) };
  if (after === "votes") {
    const { propose } = objects;
    if (!propose) throw new TypeError("Cannot let frames vote: the model proposes no objects");
    return yield* filterByVotes(proposalsIn(device, { ...options, propose, frames, first }));
  }
  const images = async function* () {
    for (let number = first; number < frames.length; number++) yield await frames.frame(number);
  };
  const found = async function* (): AsyncGenerator<TimedFrame> {
    const task = device.task();
    const segment = (image: Channels) => objects.segment(task, { ...options, image });
    let t = first;
    for await (const { labels } of inTurns(task, images(), segment)) {
      yield { ...labels, time: frames.times?.[t] ?? t };
      t++;
    }
  };
  yield* after === "filter" ? temporalFilter(found(), filter) : found();
}
