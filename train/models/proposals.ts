/**
 * What a network proposes in the frames of a video, each object with how sure the network is of it.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Frames } from "../images/series/frames.ts";
import type { ScoredFrame } from "../objects/sequence/votes.ts";
import type { ObjectModel, SegmentOptions } from "./model_kind.ts";
import { inTurns, underwayOf } from "./turns.ts";

/** Where proposals come from. */
export interface ProposalOptions extends Omit<SegmentOptions, "image"> {
  /** How the network's kind proposes objects. */
  readonly propose: NonNullable<ObjectModel["propose"]>;
  /** The frames, normalised. */
  readonly frames: Pick<Frames, "length" | "width" | "height" | "frame" | "times">;
  /** The first frame; 0 unless told. */
  readonly first?: number;
}

/**
 * Proposes objects in frames, in the order of time.
 *
 * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
 */
export async function* proposalsIn(
  device: Device,
  { propose, frames, first = 0, ...options }: ProposalOptions,
): AsyncGenerator<ScoredFrame> {
  const images = async function* () {
    for (let t = first; t < frames.length; t++) yield await frames.frame(t);
  };
  const task = device.task();
  const found = inTurns(task, images(), (image) => propose(task, { ...options, image }), {
    most: underwayOf(device, frames.width * frames.height, { views: options.views?.length }),
  });
  let t = first;
  for await (const { labels, scores } of found) {
    yield { ...labels, scores, time: frames.times?.[t] ?? t };
    t++;
  }
}
