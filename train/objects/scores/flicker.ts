/**
 * How much a segmented video flickers: objects that change size, appear, vanish and blink although
 * nothing of the kind happens in the cells. Always to be shown beside a measure of accuracy, since
 * a constant answer does not flicker, and as the excess over the truth, whose objects move and
 * divide.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import { assertSameShape, type Objects, objectsOf, overlapOf } from "../overlap.ts";
import { sameObjects } from "../same_object.ts";

/**
 * The flicker of a video as ratios that depend neither on its length nor on its objects' number; null
 * where there is nothing to take a ratio of, which is not the same as steady.
 *
 * @category Scores
 */
export interface FlickerRates {
  /** Mean change of the foreground area from frame to frame over the mean area. */
  area_change: number | null;
  /** 1 − mean Dice overlap of consecutive foregrounds; two empty frames overlap fully. */
  dice_instability: number | null;
  /** Share of the objects with a frame before them that were not there in it. */
  birth_rate: number | null;
  /** Share of the objects with a frame after them that are no longer there in it. */
  death_rate: number | null;
  /** Share of the objects seen at one place in frames t − 1 and t + 1 that are missing in t. */
  blink_rate: number | null;
}

/**
 * What one rate was computed from.
 *
 * @category Scores
 */
export interface FlickerBasis {
  /** Frames that took part; for births, deaths and blinks those whose objects were counted. */
  frames: number;
  /** Pairs of frames that were compared; for blinks those two frames apart. */
  pairs: number;
  /** Objects that were counted: what births, deaths and blinks are shares of. */
  objects: number;
}

/**
 * The flicker of a video, and what it was computed from.
 *
 * @category Scores
 */
export interface Flicker extends FlickerRates {
  /** Number of pairs of consecutive frames. With none, every rate is null. */
  pairs: number;
  /** What each rate rests on. */
  rests_on: Record<keyof FlickerRates, FlickerBasis>;
  /** Number of objects of every frame. */
  objects_per_frame: number[];
  /** Foreground area of every frame in pixels. */
  area_per_frame: number[];
}

interface Frame {
  readonly number: number;
  readonly labels: LabelImage;
  readonly objects: Objects;
  readonly area: number;
}

/** Some of all. */
interface Share {
  readonly some: number;
  readonly all: number;
}

/** What a frame adds to a video's flicker by itself. */
interface FrameCounts {
  readonly objects: number;
  readonly area: number;
}

/** What a pair of consecutive frames adds to it. */
interface StepCounts {
  /** Its frames, as far as the pair before has not counted them. */
  readonly frames: readonly FrameCounts[];
  readonly areaChange: number;
  readonly dice: number;
  readonly births: Share;
  readonly deaths: Share;
  /** Of the pair's first frame; null where there is no pair before. */
  readonly blinks: Share | null;
}

/** What changes from a frame to the next. Objects go by their index in the frame's list. */
interface Transition {
  readonly before: Frame;
  readonly after: Frame;
  /** The objects of `before` that are still there. */
  readonly kept: ReadonlySet<number>;
  /** The objects of `after` that were already there. */
  readonly known: ReadonlySet<number>;
  /** The objects of `before` and of `after` of which nobody knows, as the other frame ignores their place. */
  readonly unknown: { readonly before: ReadonlySet<number>; readonly after: ReadonlySet<number> };
  /** Change of the foreground's area. */
  readonly areaChange: number;
  /** Dice overlap of the foregrounds. */
  readonly dice: number;
}

/**
 * Measures flicker frame by frame and holds only the last two.
 *
 * Frames may be missing: only frames whose numbers follow each other are compared, and the mean
 * area is that of the frames so compared, each counted once. Births and deaths leave out objects
 * that touch the image border, where cells come and go; what they are compared with may touch it.
 * What a frame ignores is compared with no other. A rate with nothing to count is null.
 *
 * @example An object that is missing in one frame
 * ```ts
 * import { FlickerMeter } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const shown = { width: 3, height: 3, data: Uint32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0) };
 * const hidden = { width: 3, height: 3, data: new Uint32Array(9) };
 * const meter = new FlickerMeter();
 * [shown, hidden, shown].forEach((labels, number) => meter.add(number, labels));
 * assertEquals(meter.flicker.blink_rate, 1);
 * ```
 *
 * @category Scores
 */
export class FlickerMeter {
  #last: Frame | undefined;
  /** From the frame before the last one to it, unless one is missing between them. */
  #transition: Transition | undefined;
  readonly #frames: FrameCounts[] = [];
  readonly #steps: StepCounts[] = [];

  /**
   * Adds the next frame.
   *
   * @param number The frame number, larger than that of the frame before.
   * @param labels Its objects; their ids need not agree between frames.
   * @throws {RangeError} If the number does not increase, or the size is not that of a neighbour before.
   */
  add(number: number, labels: LabelImage): void {
    const last = this.#last;
    if (last) assertFollows(last, { number, labels });
    const objects = objectsOf(labels);
    const frame = { number, labels, objects, area: sum(objects.areas) };
    const transition = last?.number === number - 1 ? compareFrames(last, frame) : undefined;
    this.#frames.push(countsOf(frame));
    if (transition) this.#steps.push(countStep(transition, this.#transition));
    this.#last = frame;
    this.#transition = transition;
  }

  /** The flicker of the frames added so far. */
  get flicker(): Flicker {
    const steps = this.#steps;
    const frames = steps.flatMap((step) => step.frames);
    const compared = {
      frames: frames.length,
      pairs: steps.length,
      objects: sum(frames.map(({ objects }) => objects)),
    };
    const births = steps.map((step) => step.births);
    const deaths = steps.map((step) => step.deaths);
    const blinks = steps.flatMap((step) => step.blinks ?? []);
    const change = mean(steps.map(({ areaChange }) => areaChange));
    const dice = mean(steps.map((step) => step.dice));
    return {
      pairs: steps.length,
      area_change: ratio(change, mean(frames.map(({ area }) => area))),
      // Nothing but empty frames overlaps fully, and says nothing.
      dice_instability: compared.objects > 0 ? 1 - dice : null,
      birth_rate: rate(births),
      death_rate: rate(deaths),
      blink_rate: rate(blinks),
      rests_on: {
        area_change: compared,
        dice_instability: compared,
        birth_rate: basisOf(births),
        death_rate: basisOf(deaths),
        blink_rate: basisOf(blinks),
      },
      objects_per_frame: this.#frames.map(({ objects }) => objects),
      area_per_frame: this.#frames.map(({ area }) => area),
    };
  }
}

/**
 * Measures the flicker of a video that is in memory as a whole.
 *
 * @param frames Label images of one size, one per frame number from 0 on.
 * @returns Its flicker.
 * @throws {RangeError} If the sizes differ.
 * @category Scores
 */
export function flickerOf(frames: Iterable<LabelImage>): Flicker {
  const meter = new FlickerMeter();
  let number = 0;
  for (const labels of frames) meter.add(number++, labels);
  return meter.flicker;
}

/**
 * The flicker of a segmentation beyond that of the truth. Below 0 it is smoother than the truth.
 *
 * @param ours Flicker of the segmentation, over the same frames as the truth.
 * @param truth Flicker of the truth.
 * @returns The differences, null where either has no such rate.
 * @category Scores
 */
export function flickerExcess(ours: FlickerRates, truth: FlickerRates): FlickerRates {
  const excess = (key: keyof FlickerRates) => {
    const [a, b] = [ours[key], truth[key]];
    return a === null || b === null ? null : a - b;
  };
  return {
    area_change: excess("area_change"),
    dice_instability: excess("dice_instability"),
    birth_rate: excess("birth_rate"),
    death_rate: excess("death_rate"),
    blink_rate: excess("blink_rate"),
  };
}

function assertFollows(last: Frame, frame: Pick<Frame, "number" | "labels">): void {
  const names = [`frame ${last.number}`, `frame ${frame.number}`];
  if (!(frame.number > last.number)) {
    throw new RangeError(
      `Cannot measure flicker: ${names[1]} comes after ${names[0]}, expected ascending numbers`,
    );
  }
  if (frame.number > last.number + 1) return;
  assertSameShape({ [names[0]]: last.labels, [names[1]]: frame.labels }, "measure flicker");
}

function compareFrames(before: Frame, after: Frame): Transition {
  const overlap = overlapOf(before.labels, after.labels);
  const same = sameObjects(overlap);
  const shared = sum(overlap.pairs.map((pair) => pair.area));
  // Areas where neither frame is to be ignored.
  const [areaBefore, areaAfter] = [sum(overlap.first.areas), sum(overlap.second.areas)];
  const total = areaBefore + areaAfter;
  return {
    before,
    after,
    kept: new Set(same.map((pair) => pair.first)),
    known: new Set(same.map((pair) => pair.second)),
    unknown: { before: overlap.ignored.first, after: overlap.ignored.second },
    areaChange: Math.abs(areaAfter - areaBefore),
    dice: total === 0 ? 1 : 2 * shared / total,
  };
}

/** Counts a transition, with the one right before it if there is one. */
function countStep(transition: Transition, previous: Transition | undefined): StepCounts {
  const { before, after, dice, areaChange, kept, known, unknown } = transition;
  return {
    frames: (previous ? [after] : [before, after]).map(countsOf),
    areaChange,
    dice,
    births: countUnmatched(after, { matched: known, unknown: unknown.after }),
    deaths: countUnmatched(before, { matched: kept, unknown: unknown.before }),
    blinks: previous ? countBlinks(previous, transition) : null,
  };
}

function countsOf({ objects, area }: Frame): FrameCounts {
  return { objects: objects.ids.length, area };
}

/** Pairs of the same object around a frame, and how many of them that frame does not show. */
function countBlinks(into: Transition, outOf: Transition): Share {
  const around = sameObjects(overlapOf(into.before.labels, outOf.after.labels));
  const missing = around.filter((pair) =>
    !into.kept.has(pair.first) && !outOf.known.has(pair.second)
  );
  const unknown = missing.filter((pair) =>
    into.unknown.before.has(pair.first) || outOf.unknown.after.has(pair.second)
  );
  return { some: missing.length - unknown.length, all: around.length - unknown.length };
}

/** The objects away from the border, and how many of them are not among the matched. */
function countUnmatched(
  { labels, objects }: Frame,
  { matched, unknown }: { matched: ReadonlySet<number>; unknown: ReadonlySet<number> },
): Share {
  const atBorder = borderIds(labels);
  let some = 0;
  let all = 0;
  objects.ids.forEach((id, index) => {
    if (atBorder.has(id) || (unknown.has(index) && !matched.has(index))) return;
    all++;
    if (!matched.has(index)) some++;
  });
  return { some, all };
}

function borderIds({ width, height, data }: LabelImage): Set<number> {
  const ids = new Set<number>();
  for (let x = 0; x < width; x++) ids.add(data[x]).add(data[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) ids.add(data[y * width]).add(data[y * width + width - 1]);
  return ids;
}

/** One share for each pair of frames, of the objects of one of them. */
function basisOf(shares: readonly Share[]): FlickerBasis {
  const [frames, pairs] = [shares.length, shares.length];
  return { frames, pairs, objects: sum(shares.map(({ all }) => all)) };
}

function rate(shares: readonly Share[]): number | null {
  return ratio(sum(shares.map(({ some }) => some)), sum(shares.map(({ all }) => all)));
}

function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length) ?? 0;
}

function ratio(numerator: number, denominator: number): number | null {
  return denominator > 0 ? numerator / denominator : null;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
