/**
 * How much work is spent on a video, and how long that takes: minutes, whatever its size.
 *
 * @module
 */

import type { SettingChange } from "../../models/model_kind.ts";
import { viewsOf } from "../../models/views.ts";
import { framesOfJudgement } from "./judge.ts";

/**
 * How large a video is.
 *
 * @category Teacher
 */
export interface VideoSize {
  /** Frames. */
  readonly frames: number;
  /** Width of each in pixels. */
  readonly width: number;
  /** Height of each in pixels. */
  readonly height: number;
}

/** Rounds of the second stage unless told: each a batch of stills and one of video. */
export const ROUNDS = 100;
/** Views in which the teacher sees a frame. */
export const TEACHER_VIEWS = 4;
/** Megapixels, each view counted, that the teacher may look at; the fewest frames that it sees. */
const TEACHER_MEGAPIXELS = 80;
const FEWEST_TAUGHT = 10;
/** Pairs of frames that models are compared on. */
export const PAIRS = 4;

/** A step on a batch takes about as long as so many megapixels of prediction (measured on two cores). */
const STEP = 0.26;
/** What training takes before its first step, in seconds: kernels are compiled. */
const BEGINNING = 15;

/** The most frames that the teacher labels, in runs of five. */
export function taughtFrames({ frames, width, height }: VideoSize): number {
  const affordable = Math.floor(
    TEACHER_MEGAPIXELS / (TEACHER_VIEWS * megapixels({ width, height })),
  );
  const whole = 5 * Math.floor(affordable / 5);
  return Math.min(frames, Math.max(FEWEST_TAUGHT, whole));
}

/** How the words of the collapse alarm begin. */
export const ALARM = "Collapse alarm";

/**
 * What the second stage that adapts a model changes of the usual settings. All stills are learned from and
 * none is held back: few patches tell weights and thresholds apart worse than the model's own training did.
 */
export function adaptSettings(
  size: VideoSize,
  { rounds, exposure }: { rounds: number; exposure: number },
): SettingChange {
  const taught = taughtFrames(size);
  return {
    ...{ validation: 0, test: 0, stopOnCollapse: true },
    ...{ consistency: "teacher", warmup: 0, rounds, teacherViews: TEACHER_VIEWS },
    taughtFrames: taught < size.frames ? taught : 0,
    exposure,
    ...{ validateEvery: Math.max(1, rounds >> 1), saveEvery: Math.max(1, rounds >> 2) },
  };
}

/** About how long parts of the work take, in seconds, by how long a megapixel of prediction takes. */
export function secondsFor(
  size: VideoSize,
  { secondsPerMegapixel, adapts, rounds }: {
    secondsPerMegapixel: number;
    adapts: boolean;
    rounds: number;
  },
): { adapt: number; compare: number; predict: number; track: number; report: number } {
  const frame = secondsPerMegapixel * megapixels(size);
  const taught = taughtFrames(size) * viewsOf(TEACHER_VIEWS).length * frame;
  // The student has two steps in a round, the control one.
  const steps = 3 * rounds * STEP * secondsPerMegapixel;
  return {
    adapt: adapts ? BEGINNING + taught + steps : 0,
    compare: adapts ? 2 * framesOfJudgement(PAIRS) * frame : 0,
    predict: size.frames * frame,
    track: 0.1 * size.frames * frame,
    report: 0.1 * size.frames * frame,
  };
}

/** Estimates are corrected by what was taken once so many seconds were foreseen. */
const ENOUGH = 5;
/** A part of the work takes at most so many times more or less than it was foreseen. */
const MOST_WRONG = 8;

/** How estimates compare with the time that parts of the work took, so that those of later parts are better. */
export class Pace {
  readonly #clock: () => number;
  #foreseen = 0;
  #taken = 0;
  #part: { readonly start: number; readonly foreseen: number } | null = null;

  /** Starts with nothing known; the clock (milliseconds) can be replaced in tests. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** A part begins, and the one before it is over; nothing is learned from one of which nothing was foreseen. */
  begin(foreseen: number): void {
    const start = this.#clock();
    if (this.#part !== null && this.#part.foreseen > 0) {
      this.#foreseen += this.#part.foreseen;
      this.#taken += (start - this.#part.start) / 1000;
    }
    this.#part = { start, foreseen };
  }

  /** How many times longer parts take than they were foreseen; 1 while that is not known. */
  get factor(): number {
    if (this.#foreseen < ENOUGH) return 1;
    return Math.max(1 / MOST_WRONG, Math.min(MOST_WRONG, this.#taken / this.#foreseen));
  }
}

function megapixels({ width, height }: Pick<VideoSize, "width" | "height">): number {
  return width * height / 1e6;
}
