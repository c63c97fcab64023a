/**
 * The temporal filter: removes objects that only one frame shows and, if asked to, draws those that
 * only one frame misses. It needs no network and no training, so it is what a steadier network has
 * to be compared with.
 *
 * An object is everything with one id. Neighbours of a frame are the frames before and after it in
 * the sequence, unless frames are missing between them; the first and last frame have one, a single
 * frame has none. Two passes follow each other, each with a window of three frames, so six images at
 * most are in memory:
 *
 * 1. Gaps, if they are to be filled. Two objects of frames t − 1 and t + 1 are the same one if their
 *    IoU is at least 0.1, and frame t misses it if no object of frame t has an IoU of at least 0.1 with
 *    either: the blinks of the flicker measure. Each object takes part in one gap at most, those with
 *    the largest IoU first. The object is drawn with its outline in t − 1, moved by half of the way
 *    (rounded to whole pixels) that its centre goes from t − 1 to t + 1, where frame t is background;
 *    its id is that of both sides. Where they differ, it is the id before, unless the frame after has
 *    another object of it, or else the id after, unless the frame before has one; and where something
 *    else in frame t has it, a new one, above all that were seen, so that it is never another track's.
 *    Where less than half of the outline's pixels are background of frame t, something else is in its
 *    place and nothing is drawn. All is judged on the frames as they came, so a gap of two frames stays.
 * 2. Support. An object stays if it shares pixels with the foreground of a neighbour: at least one,
 *    and at least `minOverlap` of its own, with one neighbour alone. Neighbours are taken with their
 *    filled gaps and before anything was removed from them, so the order of frames does not matter.
 *    Where there is no neighbour, all objects stay.
 *
 * @module
 */

import { IGNORED_LABEL, isObject, type LabelImage } from "../../images/image.ts";
import { areNeighbours, type TimedFrame } from "./timed_frame.ts";
import { assertSameShape, overlapOf } from "../overlap.ts";
import { sameObjects } from "../same_object.ts";
import { type SettingGroup, share, yesOrNo } from "../../settings.ts";

/**
 * What the temporal filter does.
 *
 * @category Sequences
 */
export interface TemporalFilterSettings {
  /**
   * The share of an object's pixels, from 0 to 1, that must be foreground in the frame before or in
   * the frame after. With 0 one pixel is enough.
   */
  readonly minOverlap: number;
  /** Whether objects that one frame misses are drawn in it. */
  readonly fillGaps: boolean;
}

/**
 * The filter of the method: what touches neither neighbour's foreground goes, nothing is added.
 *
 * @category Sequences
 */
export const defaultTemporalFilter: TemporalFilterSettings = { minOverlap: 0, fillGaps: false };

/** The settings of {@linkcode TemporalFilterSettings}, under `filter`. */
export const filterSettings: SettingGroup<{ filter: TemporalFilterSettings }> = {
  title: "The temporal filter that the final table compares with",
  settings: {
    filter: {
      minOverlap: {
        value: defaultTemporalFilter.minOverlap,
        rule: share,
        sentence: "The share of an object that must be foreground in the frame before or after; " +
          "with 0 one pixel is enough",
      },
      fillGaps: {
        value: defaultTemporalFilter.fillGaps,
        rule: yesOrNo,
        sentence: "Draw objects that one frame misses",
      },
    },
  },
};

/**
 * What the filter changed in a frame.
 *
 * @category Sequences
 */
export interface FilterCounts {
  /** Objects removed. */
  readonly dropped: number;
  /** Objects drawn; one that is removed again counts as both. */
  readonly filled: number;
}

/**
 * Filters label images in the order of time, as they come.
 *
 * @param frames Label images of one size. Whatever else they carry comes out with them; they are not
 * changed.
 * @param settings What differs from {@linkcode defaultTemporalFilter}. New ids are above `idsAbove`, if
 *   it is given: the largest id of frames that are still to come.
 * @returns One label image for each, in their order, ids as they were, with what was changed.
 * @throws {RangeError} If a setting makes no sense, or sizes differ.
 *
 * @example An object that is there in one frame only
 * ```ts
 * import { temporalFilter } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = [[1, 0, 0], [1, 0, 2], [1, 0, 0]]
 *   .map((ids) => ({ width: 3, height: 1, data: Uint32Array.from(ids) }));
 * const filtered = await Array.fromAsync(temporalFilter(frames));
 * assertEquals([...filtered[1].data], [1, 0, 0]);
 * assertEquals(filtered.map(({ dropped }) => dropped), [0, 1, 0]);
 * ```
 *
 * @category Sequences
 */
export function temporalFilter<F extends TimedFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
  settings: Partial<TemporalFilterSettings> & { readonly idsAbove?: number } = {},
): AsyncGenerator<F & FilterCounts> {
  const { minOverlap = defaultTemporalFilter.minOverlap } = settings;
  const { fillGaps = defaultTemporalFilter.fillGaps, idsAbove = 0 } = settings;
  if (!(minOverlap >= 0 && minOverlap <= 1)) {
    throw new RangeError(
      `Cannot filter labels: minOverlap is ${minOverlap}, expected a number from 0 to 1`,
    );
  }
  const whole = fillGaps ? withoutGaps(frames, { idsAbove }) : unfilled(frames);
  return withSupport(whole, { minOverlap });
}

/** A frame and its neighbours; null where there is none. */
interface Window<F> {
  readonly before: F | null;
  readonly now: F;
  readonly after: F | null;
}

/** Every frame with its neighbours; across a gap there are none. */
async function* windowsOf<F extends TimedFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
): AsyncGenerator<Window<F>> {
  let before: F | null = null;
  let now: F | null = null;
  let number = 0;
  for await (const after of frames) {
    if (now) {
      assertSameShape(
        { [`frame ${number - 1}`]: now, [`frame ${number}`]: after },
        "filter labels",
      );
      yield { before, now, after: areNeighbours(now, after) ? after : null };
      before = areNeighbours(now, after) ? now : null;
    }
    now = after;
    number++;
  }
  if (now) yield { before, now, after: null };
}

/** The first pass, where gaps stay. */
async function* unfilled<F extends TimedFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
): AsyncGenerator<F & { filled: number }> {
  for await (const frame of frames) yield { ...frame, filled: 0 };
}

/** The first pass. */
async function* withoutGaps<F extends TimedFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
  { idsAbove }: { idsAbove: number },
): AsyncGenerator<F & { filled: number }> {
  let highest = idsAbove;
  for await (const { before, now, after } of windowsOf(frames)) {
    for (const frame of [now, after]) {
      highest = Math.max(highest, ...frame ? [highestId(frame)] : []);
    }
    if (!before || !after) {
      yield { ...now, filled: 0 };
      continue;
    }
    const gaps = outlinesIn(now, { before, after });
    const fresh = (used: ReadonlySet<number>) => {
      if (highest + 1 < IGNORED_LABEL) return ++highest;
      let id = 1;
      while (used.has(id)) id++;
      return id;
    };
    const data = gaps.length > 0 ? draw(gaps, { before, now, after, fresh }) : now.data;
    yield { ...now, data, filled: gaps.length };
  }
}

/** The largest id of the objects of a frame; 0 without any. */
export function highestId({ data }: LabelImage): number {
  return data.reduce((highest, id) => isObject(id) && id > highest ? id : highest, 0);
}

/** The second pass. */
async function* withSupport<F extends TimedFrame>(
  frames: AsyncIterable<F>,
  { minOverlap }: { minOverlap: number },
): AsyncGenerator<F & { dropped: number }> {
  for await (const { before, now, after } of windowsOf(frames)) {
    const neighbours = [before, after].filter((frame) => frame !== null);
    const unsupported = neighbours.map((frame) => withoutSupportOf(frame, { now, minOverlap }));
    const dropped = unsupported.reduce(
      (all, ids) => all.intersection(ids),
      unsupported[0] ?? new Set(),
    );
    const data = dropped.size > 0 ? now.data.map((id) => dropped.has(id) ? 0 : id) : now.data;
    yield { ...now, data, dropped: dropped.size };
  }
}

/** The ids of a frame's objects that share too little with the foreground of a neighbour. */
function withoutSupportOf(
  neighbour: LabelImage,
  { now, minOverlap }: { now: LabelImage; minOverlap: number },
): Set<number> {
  const { first: { ids, areas }, pairs } = overlapOf(now, neighbour);
  const shared = new Float64Array(ids.length);
  for (const { first, area } of pairs) shared[first] += area;
  return new Set(ids.filter((_, i) => !(shared[i] >= Math.max(1, minOverlap * areas[i]))));
}

/** An object that a frame misses, by its ids before and after. */
interface Gap {
  readonly before: number;
  readonly after: number;
}

/** A gap with the pixels, as indices, at which the frame is to show the object. */
interface FilledGap extends Gap {
  readonly pixels: readonly number[];
}

/** The gaps of a frame that can be filled. */
function outlinesIn(
  now: LabelImage,
  { before, after }: { before: LabelImage; after: LabelImage },
): FilledGap[] {
  const gaps = gapsIn(now, { before, after });
  if (gaps.length === 0) return [];
  const pixelsBefore = pixelsOf(before, new Set(gaps.map((gap) => gap.before)));
  const pixelsAfter = pixelsOf(after, new Set(gaps.map((gap) => gap.after)));
  const taken = new Set<number>();
  const filled: FilledGap[] = [];
  for (const gap of gaps) {
    const outline = pixelsBefore.get(gap.before)!;
    const moved = movedHalfWay(outline, { to: pixelsAfter.get(gap.after)!, size: now });
    const free = moved.filter((at) => now.data[at] === 0 && !taken.has(at));
    if (2 * free.length < outline.length) continue;
    free.forEach((at) => taken.add(at));
    filled.push({ ...gap, pixels: free });
  }
  return filled;
}

/** The objects that a frame misses; those of the best match first. */
function gapsIn(
  now: LabelImage,
  { before, after }: { before: LabelImage; after: LabelImage },
): Gap[] {
  const seenBefore = new Set(samePairs(before, now).map((pair) => pair.first));
  const seenAfter = new Set(samePairs(now, after).map((pair) => pair.second));
  const used = { before: new Set<number>(), after: new Set<number>() };
  return samePairs(before, after)
    .filter(({ first, second }) => !seenBefore.has(first) && !seenAfter.has(second))
    .toSorted((a, b) => b.iou - a.iou)
    .flatMap(({ first, second }) => {
      if (used.before.has(first) || used.after.has(second)) return [];
      used.before.add(first);
      used.after.add(second);
      return [{ before: first, after: second }];
    });
}

/** The ids of objects that count as the same one in two frames. */
function samePairs(
  a: LabelImage,
  b: LabelImage,
): { first: number; second: number; iou: number }[] {
  const overlap = overlapOf(a, b);
  return sameObjects(overlap).map(({ first, second, iou }) => ({
    first: overlap.first.ids[first],
    second: overlap.second.ids[second],
    iou,
  }));
}

/** The pixels of some objects, as indices. */
function pixelsOf({ data }: LabelImage, ids: ReadonlySet<number>): Map<number, number[]> {
  const pixels = new Map(Array.from(ids, (id): [number, number[]] => [id, []]));
  data.forEach((id, at) => pixels.get(id)?.push(at));
  return pixels;
}

/** An outline moved by half of the way from its centre to another's, as far as it stays inside. */
function movedHalfWay(
  outline: readonly number[],
  { to, size: { width, height } }: { to: readonly number[]; size: LabelImage },
): number[] {
  const [from, goal] = [centreOf(outline, width), centreOf(to, width)];
  const [right, down] = [Math.round((goal.x - from.x) / 2), Math.round((goal.y - from.y) / 2)];
  return outline.flatMap((at) => {
    const [x, y] = [at % width + right, Math.floor(at / width) + down];
    return x >= 0 && x < width && y >= 0 && y < height ? [y * width + x] : [];
  });
}

function centreOf(pixels: readonly number[], width: number): { x: number; y: number } {
  const mean = (value: (at: number) => number) =>
    pixels.reduce((sum, at) => sum + value(at), 0) / pixels.length;
  return { x: mean((at) => at % width), y: mean((at) => Math.floor(at / width)) };
}

/** The ids of a frame with the objects that it misses. */
function draw(
  gaps: readonly FilledGap[],
  { before, now, after, fresh }: {
    before: LabelImage;
    now: LabelImage;
    after: LabelImage;
    fresh: (used: ReadonlySet<number>) => number;
  },
): LabelImage["data"] {
  const [idsBefore, used, idsAfter] = [before, now, after].map(({ data }) => new Set(data));
  const drawn = now.data.slice();
  for (const gap of gaps) {
    const isSame = gap.before === gap.after;
    const own = [
      ...(isSame || !idsAfter.has(gap.before) ? [gap.before] : []),
      ...(isSame || !idsBefore.has(gap.after) ? [gap.after] : []),
    ];
    const id = own.find((id) => !used.has(id)) ??
      fresh(idsBefore.union(used).union(idsAfter));
    used.add(id);
    for (const at of gap.pixels) drawn[at] = id;
  }
  return drawn;
}
