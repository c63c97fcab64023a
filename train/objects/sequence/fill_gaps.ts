/**
 * Puts objects back that frames miss: a track with a gap was somewhere in between. Frames come in as a
 * `Tracker` gives them and go out in their order; as many are held as a gap may have.
 *
 * An object is expected on the straight way between its places before and after the gap, the common drift
 * taken off, with the outline that is nearer in time. `copy` draws it there. `probable` draws it only where
 * the frame's probability map shows it: the map's mean under it must be at least half of what it is under
 * the track's objects before and after the gap; the best of nine places close by is taken. Where it is known
 * what the frame's model proposed and did not keep, the doubtful object that most resembles the expected one
 * is drawn as it was proposed, if their intersection over union is at least 0.25. Pixels that
 * another object has are left to it, and where less than half would be left, nothing is drawn.
 *
 * @module
 */

import type { LabelImage, Plane, Shift } from "../../images/image.ts";
import {
  diameterOf,
  objectOfRuns,
  overlapWith,
  type SeenObject,
  seenObjects,
} from "./seen_object.ts";
import type { Tracked, TrackedObject, TrackRecord } from "./track_record.ts";

/**
 * How objects are put back: not at all, where probability maps show them, or all.
 *
 * @category Sequences
 */
export type Fill = "none" | "probable" | "copy";

/**
 * An object on its track, which may have been put back.
 *
 * @category Sequences
 */
export interface FilledObject extends TrackedObject {
  /** Whether it was put back: the frame itself does not show it as an object. Its label is 0 then. */
  readonly putBack: boolean;
}

/**
 * A tracked frame, as far as it is looked at here.
 *
 * @category Sequences
 */
export interface TrackedFrame extends LabelImage, Tracked {
  /** Its probability map, which `probable` needs. */
  readonly map?: Plane | null;
  /** What was proposed in it and not kept, each with a number of its own; `probable` prefers it to a map. */
  readonly doubtful?: LabelImage | null;
}

/**
 * What filling adds to a frame.
 *
 * @category Sequences
 */
export interface Filled {
  /** Its objects, those that were put back behind all others. */
  readonly objects: readonly FilledObject[];
}

/**
 * A frame with what filling adds to it.
 *
 * @category Sequences
 */
export type FilledFrame<F> = Omit<F, keyof Filled> & Filled;

/** What an object must have of the map's mean under its neighbours. */
const SHOWN_SHARE = 0.5;
/** The share of an outline that must be free. */
const FREE_SHARE = 0.5;
/** A doubtful object is the expected one from this intersection over union on. */
const SAME_IOU = 0.25;
/** How far aside an object is looked for, in its diameters. */
const ASIDE = 1 / 6;

/** A frame that is held until no gap can reach it. */
interface Held<F> {
  readonly frame: F;
  readonly data: LabelImage["data"];
  readonly objects: FilledObject[];
  /** Its doubtful objects by number; null where none are known. */
  readonly doubtful: ReadonlyMap<number, SeenObject> | null;
}

/**
 * Fills the gaps of tracks.
 *
 * @param frames Tracked frames in the order of time.
 * @param options.maxGap The most frames that a gap has, as they were tracked with.
 * @returns The frames in their order, with more objects; what else they carry comes out with them.
 *
 * @example An object that the second of three frames misses
 * ```ts
 * import { fillGaps, trackObjects } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = [[0, 5, 0], [0, 0, 0], [0, 8, 0]]
 *   .map((ids) => ({ width: 3, height: 1, data: Uint32Array.from(ids) }));
 * const filled = await Array.fromAsync(
 *   fillGaps(trackObjects(frames), { fill: "copy", maxGap: 2 }),
 * );
 * assertEquals([...filled[1].data], [0, 1, 0]);
 * ```
 *
 * @category Sequences
 */
export async function* fillGaps<F extends TrackedFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
  { fill, maxGap }: { fill: Fill; maxGap: number },
): AsyncGenerator<FilledFrame<F>> {
  const held: Held<F>[] = [];
  for await (const frame of frames) {
    const objects = frame.objects.map((object) => ({ ...object, putBack: false }));
    // The labels of a frame that came in stay as they are.
    const data = fill === "none" ? frame.data : frame.data.slice();
    const doubtful = fill === "probable" && frame.doubtful
      ? new Map(seenObjects(frame.doubtful).map((object) => [object.label, object]))
      : null;
    const now = { frame, data, objects, doubtful };
    if (fill !== "none") {
      for (const object of frame.objects) putBack(object, { now, held, fill });
      held.push(now);
      if (held.length <= maxGap + 1) continue;
    }
    yield given(held.shift() ?? now);
  }
  for (const last of held) yield given(last);
}

function given<F>({ frame, data, objects }: Held<F>): FilledFrame<F> {
  return { ...frame, data, objects };
}

/** Draws an object in all frames of the gap before it. */
function putBack<F extends TrackedFrame>(
  object: TrackedObject,
  { now, held, fill }: { now: Held<F>; held: readonly Held<F>[]; fill: Fill },
): void {
  const { before } = object;
  if (before === null) return;
  const start = held.find(({ frame }) => frame.time === before.time);
  for (const missed of held) {
    const { time } = missed.frame;
    if (start === undefined || time <= before.time || time >= now.frame.time) continue;
    const share = (time - before.time) / (now.frame.time - before.time);
    const outline = share <= 0.5 ? before.object : object;
    const place = placeBetween({ object: before.object, frame: start.frame }, {
      ...{ object, frame: now.frame, share, at: missed.frame },
    });
    const shift = { y: Math.round(place.y - outline.y), x: Math.round(place.x - outline.x) };
    const least = fill === "copy" ? null : SHOWN_SHARE * Math.min(
      shownUnder(before.object.runs, start.frame.map),
      shownUnder(object.runs, now.frame.map),
    );
    const runs = freeRuns(outline, { missed, shift, least });
    if (runs !== null) draw(missed, { runs, object, before });
  }
}

/** The place on the straight way between two, the drift taken off. */
function placeBetween(
  before: { object: SeenObject; frame: Tracked },
  { object, frame, share, at }: { object: SeenObject; frame: Tracked; share: number; at: Tracked },
): Shift {
  const on = (axis: "y" | "x") => {
    const from = before.object[axis] - before.frame.drift[axis];
    const to = object[axis] - frame.drift[axis];
    return from + share * (to - from) + at.drift[axis];
  };
  return { y: on("y"), x: on("x") };
}

/** The runs of an outline that is moved, as far as they are free; null where it does not belong there. */
function freeRuns<F extends TrackedFrame>(
  outline: SeenObject,
  { missed, shift, least }: { missed: Held<F>; shift: Shift; least: number | null },
): Int32Array<ArrayBuffer> | null {
  const { frame: { width, height, map }, data } = missed;
  const free = (by: Shift) => {
    const runs = freeOf(outline.runs, { data, width, height, shift: by });
    return areaOf(runs) >= FREE_SHARE * outline.area ? runs : null;
  };
  if (least === null) return free(shift);
  if (missed.doubtful !== null) return doubtfulRuns(outline, { missed, shift });
  const aside = Math.max(1, Math.round(ASIDE * diameterOf(outline.area)));
  let best: { runs: Int32Array<ArrayBuffer>; shown: number } | null = null;
  for (const down of [0, -aside, aside]) {
    for (const right of [0, -aside, aside]) {
      const runs = free({ y: shift.y + down, x: shift.x + right });
      const shown = runs === null ? -1 : shownUnder(runs, map);
      if (runs !== null && shown > (best?.shown ?? -1)) best = { runs, shown };
    }
  }
  return best !== null && best.shown >= least && best.shown > 0 ? best.runs : null;
}

/** The runs of the doubtful object that most resembles an outline, as far as they are free. */
function doubtfulRuns<F extends TrackedFrame>(
  outline: SeenObject,
  { missed: { frame, data, doubtful }, shift }: { missed: Held<F>; shift: Shift },
): Int32Array<ArrayBuffer> | null {
  const { width, height } = frame;
  let best: { object: SeenObject; iou: number } | null = null;
  for (const [label, shared] of overlapWith(outline, frame.doubtful!, shift)) {
    const object = doubtful!.get(label)!;
    const iou = shared / (object.area + outline.area - shared);
    if (iou >= (best?.iou ?? SAME_IOU)) best = { object, iou };
  }
  if (best === null) return null;
  const { runs, area } = best.object;
  const free = freeOf(runs, { data, width, height, shift: { y: 0, x: 0 } });
  return areaOf(free) >= FREE_SHARE * area ? free : null;
}

function freeOf(
  runs: Int32Array,
  { data, width, height, shift }: LabelImage & { shift: Shift },
): Int32Array<ArrayBuffer> {
  const free: number[] = [];
  for (let i = 0; i < runs.length; i += 3) {
    const y = runs[i] + shift.y;
    if (y < 0 || y >= height) continue;
    const end = Math.min(width, runs[i + 2] + shift.x);
    let x = Math.max(0, runs[i + 1] + shift.x);
    while (x < end) {
      const start = x;
      while (x < end && data[y * width + x] === 0) x++;
      if (x > start) free.push(y, start, x);
      else x++;
    }
  }
  return Int32Array.from(free);
}

function areaOf(runs: Int32Array): number {
  let area = 0;
  for (let i = 0; i < runs.length; i += 3) area += runs[i + 2] - runs[i + 1];
  return area;
}

/** The mean of a map under some runs; 0 without a map. */
function shownUnder(runs: Int32Array, map: Plane | null | undefined): number {
  if (!map) return 0;
  let [sum, count] = [0, 0];
  for (let i = 0; i < runs.length; i += 3) {
    const row = runs[i] * map.width;
    for (let at = row + runs[i + 1]; at < row + runs[i + 2]; at++) {
      sum += map.data[at];
      count++;
    }
  }
  return sum / count;
}

function draw<F extends TrackedFrame>(
  { frame: { width, height }, data, objects }: Held<F>,
  { runs, object, before }: {
    runs: Int32Array<ArrayBuffer>;
    object: TrackedObject;
    before: TrackedObject["before"];
  },
): void {
  for (let i = 0; i < runs.length; i += 3) {
    data.fill(object.track, runs[i] * width + runs[i + 1], runs[i] * width + runs[i + 2]);
  }
  const drawn = objectOfRuns(0, runs, { width, height });
  objects.push({ ...drawn, track: object.track, before, putBack: true });
}

/** Counts what was put back, frame by frame. */
export class PutBackCount {
  readonly #byTrack = new Map<number, number>();
  /** All that was put back so far. */
  total = 0;

  /** Takes the objects of the next frame, and gives how many of them were put back. */
  add(objects: readonly FilledObject[]): number {
    const found = objects.filter(({ putBack }) => putBack);
    for (const { track } of found) this.#byTrack.set(track, (this.#byTrack.get(track) ?? 0) + 1);
    this.total += found.length;
    return found.length;
  }

  /** Tracks of whose gaps some are filled. */
  without(tracks: readonly TrackRecord[]): TrackRecord[] {
    return tracks.map((track) => ({
      ...track,
      gaps: track.gaps - (this.#byTrack.get(track.track) ?? 0),
    }));
  }
}
