/**
 * Videos as they are seen when they are registered: their frames, and what is known of them.
 *
 * @module
 */

import type { LabelImage } from "../image.ts";
import type { Frames } from "../series/frames.ts";
import {
  type CommonView,
  commonView,
  shiftsOf,
  viewedFrames,
  viewedLabels,
} from "./common_view.ts";

/** Labels of some frames, by frame index. */
interface SomeLabels {
  readonly size: number;
  keys(): Iterable<number>;
  get(frame: number): LabelImage | undefined | Promise<LabelImage | undefined>;
}

/** A video with what is known about it. */
interface LabelledVideo {
  readonly name: string;
  readonly frames: Frames;
  readonly truth: SomeLabels;
  readonly markers: SomeLabels;
}

/** A video that stands still. */
export interface StabilisedVideo {
  /** Its frames and labels, cut to what all frames show. */
  readonly video: LabelledVideo;
  /** What a user should know. */
  readonly notes: readonly string[];
  /** How far each frame has moved: `video,frame,y,x,peak`. */
  readonly shifts: readonly string[];
}

/**
 * Registers a video.
 *
 * @param video The video, and what a user should know about it so far.
 * @param options.patch The side of patches, which must fit into what all frames show; `progress` counts frames.
 * @throws {RangeError} If they show too little of the same scene.
 */
export async function stabilised(
  { video, notes }: { readonly video: LabelledVideo; readonly notes: readonly string[] },
  { patch, progress }: { patch: number; progress: { done: number } },
): Promise<StabilisedVideo> {
  const { name, frames, truth, markers } = video;
  const shifts = await shiftsOf(frames, () => progress.done++);
  const view = commonView(frames, shifts, { least: patch, name });
  const { width, height } = view;
  return {
    video: {
      ...{ name, frames: viewedFrames(frames, view) },
      ...{ truth: viewedTruth(truth, view), markers: viewedTruth(markers, view) },
    },
    notes: [
      ...notes,
      `${name}: registered; all frames show ${width}x${height} of its ${frames.width}x${frames.height} pixels`,
    ],
    shifts: shifts.map(({ y, x, peak }, i) => {
      const place = frames.times?.[i] ?? i;
      return [quoted(name), place, ...[y, x, peak].map((value) => Number(value.toFixed(3)))].join();
    }),
  };
}

/** How far the frames of videos have moved, as a table; null where none was registered. */
export function shiftTable(
  videos: readonly { readonly shifts?: readonly string[] }[],
): string | null {
  const lines = videos.flatMap(({ shifts = [] }) => shifts);
  return lines.length === 0 ? null : `${["video,frame,y,x,peak", ...lines].join("\n")}\n`;
}

function viewedTruth(known: SomeLabels, view: CommonView): SomeLabels {
  return {
    size: known.size,
    keys: () => known.keys(),
    get: async (frame) => {
      const labels = await known.get(frame);
      return labels && viewedLabels(labels, view, frame);
    },
  };
}

/** A name as a cell of a table. */
function quoted(name: string): string {
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
