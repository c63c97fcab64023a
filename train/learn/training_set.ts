/**
 * What a run trains on and is measured on: stills split into three parts, and videos, normalised.
 *
 * @module
 */

import { counted, wordFor } from "../counted.ts";
import { unusable } from "../images/faults/input_fault.ts";
import type { LabelImage } from "../images/image.ts";
import { Random } from "../images/random.ts";
import type { Sample } from "../images/sample.ts";
import type { Frames } from "../images/series/frames.ts";
import { refuseValue, type SettingGroup, share } from "../settings.ts";

// Runs of different seeds must be measured on the same images.
const SPLIT_SEED = 42;

/**
 * Labels of some frames, by frame index: held, as in a `Map`, or read when they are asked for.
 *
 * @category Batches
 */
export interface KnownLabels {
  /** How many frames have labels. */
  readonly size: number;
  /** Which frames. */
  keys(): Iterable<number>;
  /**
   * The labels of a frame; undefined where none are known.
   *
   * @throws {SyntaxError | RangeError} If they are read and their file is damaged.
   */
  get(frame: number): LabelImage | undefined | Promise<LabelImage | undefined>;
}

/**
 * A video with what is known about it for the final table only.
 *
 * @category Batches
 */
export interface TrainingVideo {
  /** Its name. */
  readonly name: string;
  /** Normalised frames. */
  readonly frames: Frames;
  /** True labels by frame index, where known. Never seen by training. */
  readonly truth: KnownLabels;
  /** Markers by frame index, where known. */
  readonly markers: KnownLabels;
}

/** What is known of a frame of a video. */
export async function knownOf(
  { truth, markers }: TrainingVideo,
  frame: number,
): Promise<{ truth?: LabelImage; markers?: LabelImage }> {
  return { truth: await truth.get(frame), markers: await markers.get(frame) };
}

/**
 * The data of a run.
 *
 * @category Batches
 */
export interface TrainingSet {
  /** Stills to learn from. */
  readonly train: readonly Sample[];
  /** Stills that choose the best weights. */
  readonly validation: readonly Sample[];
  /** Stills that only the final table sees; the validation stills where there are no others. */
  readonly test: readonly Sample[];
  /** Unlabelled videos. */
  readonly videos: readonly TrainingVideo[];
  /** Unlabelled volumes: their planes in order of depth. */
  readonly volumes: readonly Frames[];
  /** What is probably wrong with it, and what to do. */
  readonly warnings: readonly string[];
  /** The most bytes of pixels that it holds in memory; not counted unless told. */
  readonly heldBytes?: number;
  /** The size of a pixel of the stills in micrometres; not known unless told. */
  readonly pixelSize?: number | null;
  /** What a user should know about how it was read. */
  readonly notes: readonly string[];
}

/**
 * How stills are split.
 *
 * @category Batches
 */
export interface SplitSettings {
  /** Share of the stills that choose the best weights; with 0 the last weights are taken. */
  validation: number;
  /** Share of the stills that only the final table sees. */
  test: number;
}

/**
 * The settings of {@linkcode SplitSettings}.
 *
 * @category Batches
 */
export const splitSettings: SettingGroup<SplitSettings> = {
  title: "What stills are kept for",
  settings: {
    validation: {
      value: 0.1,
      rule: share,
      sentence: "Share of the stills that choose the best weights; with 0 the last are taken",
    },
    test: {
      value: 0.15,
      rule: share,
      sentence: "Share of the stills that only the final table sees",
    },
  },
  check({ validation, test }) {
    if (validation + test < 1) return;
    refuseValue("test", { value: test, expected: "less than 1 with validation added" });
  },
};

/**
 * Splits stills by one fixed permutation, whatever the run's seed; a part with a share above 0 gets
 * at least one.
 *
 * @typeParam T What stands for a still: its pixels, or the names of its files.
 * @throws {RangeError} If none are left to learn from.
 * @category Batches
 */
export function splitStills<T>(
  samples: readonly T[],
  { config, heldBack }: { config: SplitSettings; heldBack: readonly T[] },
): {
  readonly train: readonly T[];
  readonly validation: readonly T[];
  readonly test: readonly T[];
} {
  const order = [...new Random(SPLIT_SEED).permutation(samples.length)];
  const share = (part: number) => part === 0 ? 0 : Math.max(1, Math.round(part * samples.length));
  const take = (count: number) => order.splice(0, count).map((i) => samples[i]);
  const test = heldBack.length > 0 ? heldBack : take(share(config.test));
  const validation = take(share(config.validation));
  const train = order.map((i) => samples[i]);
  if (train.length === 0) {
    throw unusable(
      `Cannot train: ${counted(samples.length, "still")} ${
        wordFor(samples.length, "leaves", "leave")
      } none to learn from; give more, or lower ` +
        "validation and test",
    );
  }
  return { train, validation, test: test.length > 0 ? test : validation };
}
