/**
 * Objects that no neighbouring frame supports: seen in one frame alone, on no track that goes on, of no
 * division. Frames come in as a `Tracker` gives them and go out in their order; as many are held as a gap may
 * have.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import type { Tracked, TrackRecord } from "./track_record.ts";

/**
 * What was dropped of a frame.
 *
 * @category Sequences
 */
export interface Dropped {
  /** The tracks of its objects that were dropped. */
  readonly dropped: readonly number[];
}

/**
 * How it is known what is supported.
 *
 * @category Sequences
 */
export interface SupportOptions {
  /** The most frames in which a track may be missing, as frames were tracked with. */
  readonly maxGap: number;
  /** What is known of a track by now. */
  readonly recordOf: (track: number) => TrackRecord;
}

/**
 * Drops what is seen in one frame alone. A frame with none other near enough to support it, within the gap
 * that a track may have, keeps what it has; so do mothers and daughters of divisions.
 *
 * @param frames Tracked frames in the order of time.
 * @returns The frames in their order, with fewer objects; what else they carry comes out with them.
 *
 * @category Sequences
 */
export async function* dropUnsupported<F extends LabelImage & Tracked>(
  frames: AsyncIterable<F> | Iterable<F>,
  { maxGap, recordOf }: SupportOptions,
): AsyncGenerator<F & Dropped> {
  const held: F[] = [];
  let before = -Infinity;
  const take = () => {
    const frame = held.shift()!;
    const after = held[0]?.time ?? Infinity;
    const near = Math.min(frame.time - before, after - frame.time);
    before = frame.time;
    return near > maxGap + 1 ? { ...frame, dropped: [] } : withoutLone(frame, recordOf);
  };
  for await (const frame of frames) {
    held.push(frame);
    while (frame.time - held[0].time > maxGap) yield take();
  }
  while (held.length > 0) yield take();
}

function withoutLone<F extends LabelImage & Tracked>(
  frame: F,
  recordOf: SupportOptions["recordOf"],
): F & Dropped {
  const lone = new Set(
    frame.objects.map(({ track }) => recordOf(track)).filter(isLone).map(({ track }) => track),
  );
  if (lone.size === 0) return { ...frame, dropped: [] };
  return {
    ...frame,
    objects: frame.objects.filter(({ track }) => !lone.has(track)),
    data: frame.data.map((track) => lone.has(track) ? 0 : track),
    dropped: [...lone],
  };
}

function isLone({ length, parent, end }: TrackRecord): boolean {
  return length === 1 && parent === 0 && end !== "divided";
}
