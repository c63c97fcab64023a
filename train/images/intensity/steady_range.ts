/**
 * The range of intensities that the frames of a video share. A flash, a black or an even frame, or one of
 * another bit depth says nothing about the others, but would move the percentiles of all of them: such
 * frames are left out.
 *
 * @module
 */

import { wordFor } from "../../counted.ts";
import { mostFrequent } from "../folders/image_folder.ts";
import type { Plane } from "../image.ts";
import {
  type IntensityRange,
  intensityRange,
  type NormalizationSettings,
  rangeOf,
  wantedPercents,
} from "../normalize.ts";
import { PercentileFinder } from "../percentiles.ts";

/** What a frame is like. */
export interface FrameLevels {
  /** The percentile that becomes 0. */
  readonly low: number;
  /** The median. */
  readonly middle: number;
  /** The percentile that becomes 1. */
  readonly high: number;
  /** Whether all pixels are equal. */
  readonly isEven: boolean;
}

/**
 * A frame that does not count for the range of its video, and why.
 *
 * @category Intensities
 */
export interface StrayFrame {
  /** Which, from 0. */
  readonly frame: number;
  /**
   * `even`: all pixels are equal; `bright`, `dark`: far off the others in brightness; `kind`: it holds
   * another kind of number.
   */
  readonly why: "even" | "bright" | "dark" | "kind";
}

/**
 * Frames whose range is looked for.
 *
 * @category Intensities
 */
export interface RangedFrames {
  /** How many there are. */
  readonly length: number;
  /** What kind of number each holds; all alike unless told. */
  readonly kinds?: readonly string[];
  /** Reads frame i; null where it cannot be read and is left out. */
  read(i: number): Promise<Plane | null>;
}

/**
 * The range of a video.
 *
 * @category Intensities
 */
export interface SteadyRange {
  /** The range of all frames that count. */
  readonly range: IntensityRange;
  /** The frames that do not. */
  readonly stray: readonly StrayFrame[];
  /**
   * The range by which frame i is scaled: that of all, but its own where it was left out. Of a dark frame
   * the low end alone is its own, so that its noise does not become contrast.
   */
  of(i: number, reference: () => Promise<Plane>): Promise<IntensityRange>;
}

/**
 * The range that the frames of a video share.
 *
 * Without stray frames it is that of `videoIntensityRange`, to the bit. Frames of whole numbers below 65536 are
 * read once, stray ones twice; all others once more.
 *
 * @param options.leavesOut Whether stray frames are looked for; true unless told.
 * @param options.known The range that frames were scaled by before, which holds for the others, too.
 * @throws {RangeError} As `intensityRange`.
 * @category Intensities
 */
export async function steadyRange(
  { length, kinds, read }: RangedFrames,
  { leavesOut = true, known, ...settings }: NormalizationSettings & {
    leavesOut?: boolean;
    known?: IntensityRange;
  },
): Promise<SteadyRange> {
  const levels = new Map<number, FrameLevels>();
  const planesOf = async function* (isIn: (i: number) => boolean) {
    for (let i = 0; i < length; i++) {
      const plane = isIn(i) ? await read(i) : null;
      if (plane !== null) yield { i, plane };
    }
  };
  // Each frame is counted once, for itself and for all.
  const [all, own] = [new PercentileFinder(wantedPercents(settings)), ownFinder(settings)];
  for await (const { i, plane } of planesOf(() => true)) {
    if (!leavesOut) all.count(plane);
    else {
      own.clear();
      own.count(plane);
      all.merge(own);
      levels.set(i, levelsIn(own, plane));
    }
  }
  const stray = leavesOut ? strayFrames(levels, kinds) : [];
  const left = new Map(stray.map(({ frame, why }) => [frame, why]));
  const isRead = (i: number) => !leavesOut || levels.has(i);
  const isUsual = (i: number) => isRead(i) && !left.has(i);
  const found = async () => {
    if (stray.length > 0 && !all.hasOnlyWhole) {
      all.clear();
      for await (const { plane } of planesOf(isUsual)) all.count(plane);
    } else if (stray.length > 0) {
      for await (const { plane } of planesOf((i) => left.has(i))) {
        own.clear();
        own.count(plane);
        all.merge(own, { sign: -1 });
      }
    }
    if (all.needsRefinement()) {
      for await (const { plane } of planesOf(isUsual)) all.refine(plane);
    }
    return rangeOf(all.values());
  };
  const range = known ?? await found();
  return {
    range,
    stray,
    of: async (i, reference) => {
      const why = left.get(i);
      if (why === undefined) return range;
      const own = intensityRange([await reference()], settings);
      return why === "dark" ? { low: own.low, high: own.low + range.high - range.low } : own;
    },
  };
}

/** Frames that are stray in any of several channels, in their order, each once. */
export function joinStray(channels: readonly (readonly StrayFrame[])[]): StrayFrame[] {
  const all = new Map(channels.flat().toReversed().map((stray) => [stray.frame, stray]));
  return [...all.values()].sort((a, b) => a.frame - b.frame);
}

/** What a frame is like, by the percentiles of its video. */
export function levelsOf(plane: Plane, settings: NormalizationSettings): FrameLevels {
  const finder = ownFinder(settings);
  finder.count(plane);
  return levelsIn(finder, plane);
}

/** What finds the levels of a frame. */
function ownFinder({ low, high }: NormalizationSettings): PercentileFinder {
  return new PercentileFinder([0, low, 50, high, 100]);
}

/** The levels of a frame that was counted. */
function levelsIn(finder: PercentileFinder, plane: Plane): FrameLevels {
  if (finder.needsRefinement()) finder.refine(plane);
  const [least, low, middle, high, most] = finder.values();
  return { low, middle, high, isEven: least === most };
}

/** Frames that differ by so many median deviations are far off, if they also differ by enough. */
const FAR = 8;
/** A median that is higher by this part of the usual contrast makes a frame bright. */
const FLASH = 0.5;
/** Both the median, by this part, and the contrast, by once itself: more exposure or more gain. */
const LIFT = 0.05;

/**
 * The frames that are not like the others.
 *
 * A frame is `bright` where its median is above the usual one by half the usual contrast, or by a
 * twentieth where its brightest pixels are also twice as far up; in both cases by 8 median deviations as
 * well. It is `dark` where all of it is darker than what is dark in the others. Objects that come and go
 * move neither median, and what changes little by little (bleaching, growth) is no jump: frames next to
 * one that counts must differ from it by half of what they differ from the median.
 *
 * @param levels The frames that can be read.
 * @param kinds What kind of number each frame holds.
 */
export function strayFrames(
  levels: ReadonlyMap<number, FrameLevels>,
  kinds?: readonly string[],
): StrayFrame[] {
  const frames = [...levels.keys()];
  const usual = kinds && mostFrequent(frames.map((i) => kinds[i]));
  const known = frames.flatMap((frame): StrayFrame[] =>
    kinds && kinds[frame] !== usual
      ? [{ frame, why: "kind" }]
      : levels.get(frame)!.isEven
      ? [{ frame, why: "even" }]
      : []
  );
  const others = frames.filter((i) => !known.some(({ frame }) => frame === i));
  if (others.length === 0) return [];
  const far = farFrames(others, levels);
  const stray = [...known, ...far].sort((a, b) => a.frame - b.frame);
  return stray;
}

function farFrames(
  frames: readonly number[],
  levels: ReadonlyMap<number, FrameLevels>,
): StrayFrame[] {
  const column = (of: (levels: FrameLevels) => number) => frames.map((i) => of(levels.get(i)!));
  const middles = column(({ middle }) => middle);
  const highs = column(({ high }) => high);
  const [middle, high, low] = [median(middles), median(highs), median(column(({ low }) => low))];
  const contrast = median(column(({ low, high }) => high - low));
  const farMiddle = FAR * deviation(middles);
  const farHigh = FAR * deviation(highs);
  const whyFar = (frame: FrameLevels): "bright" | "dark" | null => {
    const lift = frame.middle - middle;
    const isFlash = lift > Math.max(FLASH * contrast, farMiddle);
    const isLifted = lift > Math.max(LIFT * contrast, farMiddle) &&
      frame.high - high > Math.max(contrast, farHigh);
    if (isFlash || isLifted) return "bright";
    return frame.high < low && -lift > Math.max(LIFT * contrast, farMiddle) ? "dark" : null;
  };
  const why = frames.map((i) => whyFar(levels.get(i)!));
  const jumps = (at: number, beside: number) =>
    beside < 0 || beside >= frames.length ||
    Math.abs(middles[at] - middles[beside]) > 0.5 * Math.abs(middles[at] - middle);
  const stray: StrayFrame[] = [];
  for (let from = 0; from < frames.length;) {
    let to = from + 1;
    while (to < frames.length && why[to] === why[from]) to++;
    const kind = why[from];
    if (kind !== null && jumps(from, from - 1) && jumps(to - 1, to)) {
      for (let at = from; at < to; at++) stray.push({ frame: frames[at], why: kind });
    }
    from = to;
  }
  return 2 * stray.length < frames.length ? stray : [];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median deviation from the median. */
function deviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** How many frames are named. */
const MOST_NAMED = 5;

const REASONS: Readonly<Record<StrayFrame["why"], string>> = {
  even: "without any contrast",
  bright: "much brighter than the others",
  dark: "much darker than the others",
  kind: "of another bit depth than the others",
};

/**
 * What a user should know about stray frames.
 *
 * @param options.name Names the video, and frame i.
 */
export function strayNotes(
  stray: readonly StrayFrame[],
  { path, nameOf }: { path: string; nameOf: (i: number) => string },
): string[] {
  return [...new Set(stray.map(({ why }) => why))].map((reason) => {
    const frames = stray.filter(({ why }) => why === reason).map(({ frame }) => nameOf(frame));
    const more = frames.length > MOST_NAMED ? ` and ${frames.length - MOST_NAMED} more` : "";
    const scaled = reason === "dark" ? "" : ", and scaled by themselves";
    return `${path}: ${frames.slice(0, MOST_NAMED).join(", ")}${more} ${
      wordFor(frames.length, "is", "are")
    } ${REASONS[reason]}: left out of the range of intensities that all share${scaled}`;
  });
}
