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

/** The flicker of a video as ratios that depend neither on its length nor on its objects' number. */
export interface FlickerRates {
  /** Mean change of the foreground area from frame to frame over the mean area. */
  area_change: number;
  /** 1 − mean Dice overlap of consecutive foregrounds; two empty frames overlap fully. */
  dice_instability: number;
  /** Share of the objects with a frame before them that were not there in it. */
  birth_rate: number;
  /** Share of the objects with a frame after them that are no longer there in it. */
  death_rate: number;
  /** Share of the objects seen at one place in frames t − 1 and t + 1 that are missing in t. */
  blink_rate: number;
}

/** The flicker of a video, and what it was computed from. */
export interface Flicker extends FlickerRates {
  /** Number of pairs of consecutive frames. With none, every rate is 0 and says nothing. */
  pairs: number;
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

/** What changes from a frame to the next. Objects go by their index in the frame's list. */
interface Transition {
  readonly before: Frame;
  readonly after: Frame;
  /** The objects of `before` that are still there. */
  readonly kept: ReadonlySet<number>;
  /** The objects of `after` that were already there. */
  readonly known: ReadonlySet<number>;
  /** Dice overlap of the foregrounds. */
  readonly dice: number;
}

/**
 * Measures flicker frame by frame and holds only the last two.
 *
 * Frames may be missing: only frames whose numbers follow each other are compared, and the mean
 * area is that of the frames so compared, each counted once. Births and deaths leave out objects
 * that touch the image border, where cells come and go; what they are compared with may touch it.
 * A rate with nothing to count is 0.
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
 */
export class FlickerMeter {
  #frame: Frame | undefined;
  #transition: Transition | undefined;
  #objectsPerFrame: number[] = [];
  #areaPerFrame: number[] = [];
  #comparedAreas: number[] = [];
  #areaChanges: number[] = [];
  #dices: number[] = [];
  #births: Share[] = [];
  #deaths: Share[] = [];
  #blinks: Share[] = [];

  /**
   * Adds the next frame.
   *
   * @param number The frame number, larger than that of the frame before.
   * @param labels Its objects; their ids need not agree between frames.
   * @throws {RangeError} If the number does not increase or the size differs from the frame before.
   */
  add(number: number, labels: LabelImage): void {
    const last = this.#frame;
    if (last) assertFollows(last, { number, labels });
    const objects = objectsOf(labels);
    const frame = { number, labels, objects, area: sum(objects.areas) };
    const transition = last?.number === number - 1 ? compareFrames(last, frame) : undefined;
    if (transition) this.#addTransition(transition);
    if (transition && this.#transition) {
      this.#blinks.push(countBlinks(this.#transition, transition));
    }
    this.#objectsPerFrame.push(objects.ids.length);
    this.#areaPerFrame.push(frame.area);
    this.#frame = frame;
    this.#transition = transition;
  }

  /** The flicker of the frames added so far. */
  get flicker(): Flicker {
    const pairs = this.#dices.length;
    return {
      pairs,
      area_change: ratio(mean(this.#areaChanges), mean(this.#comparedAreas)),
      dice_instability: pairs === 0 ? 0 : 1 - mean(this.#dices),
      birth_rate: rate(this.#births),
      death_rate: rate(this.#deaths),
      blink_rate: rate(this.#blinks),
      objects_per_frame: [...this.#objectsPerFrame],
      area_per_frame: [...this.#areaPerFrame],
    };
  }

  #addTransition(transition: Transition): void {
    const { before, after, dice, kept, known } = transition;
    if (!this.#transition) this.#comparedAreas.push(before.area);
    this.#comparedAreas.push(after.area);
    this.#areaChanges.push(Math.abs(after.area - before.area));
    this.#dices.push(dice);
    this.#births.push(countUnmatched(after, known));
    this.#deaths.push(countUnmatched(before, kept));
  }
}

/**
 * Measures the flicker of a video that is in memory as a whole.
 *
 * @param frames Label images of one size, one per frame number from 0 on.
 * @returns Its flicker.
 * @throws {RangeError} If the sizes differ.
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
 * @returns The differences.
 */
export function flickerExcess(ours: FlickerRates, truth: FlickerRates): FlickerRates {
  return {
    area_change: ours.area_change - truth.area_change,
    dice_instability: ours.dice_instability - truth.dice_instability,
    birth_rate: ours.birth_rate - truth.birth_rate,
    death_rate: ours.death_rate - truth.death_rate,
    blink_rate: ours.blink_rate - truth.blink_rate,
  };
}

function assertFollows(last: Frame, frame: Pick<Frame, "number" | "labels">): void {
  const names = [`frame ${last.number}`, `frame ${frame.number}`];
  if (!(frame.number > last.number)) {
    throw new RangeError(
      `Cannot measure flicker: ${names[1]} comes after ${names[0]}, expected ascending numbers`,
    );
  }
  assertSameShape({ [names[0]]: last.labels, [names[1]]: frame.labels }, "measure flicker");
}

function compareFrames(before: Frame, after: Frame): Transition {
  const overlap = overlapOf(before.labels, after.labels);
  const same = sameObjects(overlap);
  const shared = sum(overlap.pairs.map((pair) => pair.area));
  const total = before.area + after.area;
  return {
    before,
    after,
    kept: new Set(same.map((pair) => pair.first)),
    known: new Set(same.map((pair) => pair.second)),
    dice: total === 0 ? 1 : 2 * shared / total,
  };
}

/** Pairs of the same object around a frame, and how many of them that frame does not show. */
function countBlinks(into: Transition, outOf: Transition): Share {
  const around = sameObjects(overlapOf(into.before.labels, outOf.after.labels));
  const missing = around.filter((pair) =>
    !into.kept.has(pair.first) && !outOf.known.has(pair.second)
  );
  return { some: missing.length, all: around.length };
}

/** The objects away from the border, and how many of them are not among the matched. */
function countUnmatched({ labels, objects }: Frame, matched: ReadonlySet<number>): Share {
  const atBorder = borderIds(labels);
  let some = 0;
  let all = 0;
  objects.ids.forEach((id, index) => {
    if (atBorder.has(id)) return;
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

function rate(shares: readonly Share[]): number {
  return ratio(sum(shares.map(({ some }) => some)), sum(shares.map(({ all }) => all)));
}

function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length);
}

function ratio(numerator: number, denominator: number): number {
  return denominator > 0 ? numerator / denominator : 0;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
