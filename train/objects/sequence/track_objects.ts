/**
 * The objects of a video on their tracks, frame by frame.
 *
 * @module
 */

import type { Moved, TimedFrame } from "./timed_frame.ts";
import { Tracker, type TrackSettings } from "./track.ts";
import type { Tracked, TrackRecord } from "./track_record.ts";

/**
 * Tracks the objects of a video as its frames come. The tracks themselves, with how they began and ended, are
 * the generator's result; whoever wants them while it runs uses {@linkcode Tracker}.
 *
 * @param frames Label images of one size; up to `maxGap` of them are held. Whatever else they carry comes out with them; they are not
 *   changed.
 * @param settings What differs from {@linkcode defaultTracking}.
 * @returns One frame for each, in their order, whose labels are tracks.
 * @throws {RangeError} If a setting makes no sense, or sizes or times do not fit.
 *
 * @example Two objects whose numbers change places
 * ```ts
 * import { trackObjects } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = [[4, 0, 0, 9], [9, 0, 0, 4]]
 *   .map((ids) => ({ width: 4, height: 1, data: Uint32Array.from(ids) }));
 * const tracked = await Array.fromAsync(trackObjects(frames));
 * assertEquals(tracked.map(({ data }) => [...data]), [[1, 0, 0, 2], [1, 0, 0, 2]]);
 * ```
 *
 * @category Sequences
 */
export async function* trackObjects<F extends TimedFrame & Moved>(
  frames: AsyncIterable<F> | Iterable<F>,
  settings: Partial<TrackSettings> = {},
): AsyncGenerator<F & Tracked, readonly TrackRecord[]> {
  const tracker = new Tracker(settings);
  yield* trackedFrames(frames, tracker);
  return tracker.tracks;
}

/** Tracks frames as they come; each goes out when its tracks are settled. */
export async function* trackedFrames<F extends TimedFrame & Moved>(
  frames: AsyncIterable<F> | Iterable<F>,
  tracker: Tracker,
): AsyncGenerator<F & Tracked> {
  const held: (F & Tracked)[] = [];
  for await (const frame of frames) {
    const tracked = tracker.add(frame);
    held.push(tracked);
    while (held.length > 0 && tracked.time - held[0].time >= tracker.patience) {
      yield tracker.settle(held.shift()!);
    }
  }
  for (const frame of held) yield tracker.settle(frame);
}
