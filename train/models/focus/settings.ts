/**
 * Settings of the training of a focus classifier, all numbers that a user may change.
 *
 * @module
 */

import { DEFAULT_FOCUS, type FocusOptions } from "../../../nn/focus.ts";
import { DEFAULT_FOCUS_PLANE, type FocusPlaneOptions } from "../../../nn/labels/focus.ts";
import { type AugmentationSettings, defaultAugmentation } from "../../learn/augment.ts";

/** What prediction must repeat; stored with the weights. */
export interface FocusReading extends FocusPlaneOptions {
  /** The percentile of a stack that becomes 0. */
  readonly low: number;
  /** The percentile of a stack that becomes 1. */
  readonly high: number;
}

/** All settings of a training. */
export interface FocusSettings extends FocusReading, Omit<FocusOptions, "inChannels"> {
  /** Seed of weights, order, places and augmentation. */
  readonly seed: number;
  /** Steps to make. */
  readonly steps: number;
  /** Pairs of planes a step: one in focus and one that is not, of the same stack. */
  readonly pairs: number;
  /** Side of the patches in pixels; whole planes where they are smaller. */
  readonly patch: number;
  /** Adam's first rate, which falls to a tenth along half a cosine. */
  readonly rate: number;
  /** Planes beside the labelled one that count as in focus too. */
  readonly tolerance: number;
  /** Share of the stacks that is kept for validation. */
  readonly validation: number;
  /** Steps from one validation to the next. */
  readonly validateEvery: number;
  /** Augmentation; both planes of a pair get the same draw. */
  readonly augmentation: AugmentationSettings;
  /** The most GPU memory to use, in MiB. */
  readonly memory: number;
}

/**
 * Settings for stacks of some hundred pixels a side. There is no elastic deformation: it blurs, and
 * blur is what the classifier is to see.
 */
export const defaultFocusSettings: FocusSettings = {
  blocks: DEFAULT_FOCUS.blocks,
  base: DEFAULT_FOCUS.base,
  groups: DEFAULT_FOCUS.groups,
  low: 1,
  high: 99.8,
  sigma: DEFAULT_FOCUS_PLANE.sigma,
  seed: 1,
  steps: 600,
  pairs: 4,
  patch: 128,
  rate: 1e-3,
  tolerance: 1,
  validation: 0.2,
  validateEvery: 200,
  augmentation: {
    ...defaultAugmentation,
    elastic: { ...defaultAugmentation.elastic, probability: 0 },
  },
  memory: 4096,
};

interface Rule {
  readonly names: readonly (keyof FocusSettings)[];
  readonly expected: string;
  holds(value: number): boolean;
}

const RULES: readonly Rule[] = [
  {
    names: ["blocks", "base", "groups", "pairs", "patch", "validateEvery", "memory"],
    expected: "a whole number ≥ 1",
    holds: (value) => Number.isInteger(value) && value >= 1,
  },
  {
    names: ["seed", "steps", "tolerance"],
    expected: "a whole number ≥ 0",
    holds: (value) => Number.isInteger(value) && value >= 0,
  },
  { names: ["rate"], expected: "a rate in (0, 1)", holds: (value) => value > 0 && value < 1 },
  {
    names: ["validation"],
    expected: "a share in [0, 1)",
    holds: (value) => value >= 0 && value < 1,
  },
  { names: ["sigma"], expected: "a number ≥ 0", holds: (value) => value >= 0 && value < Infinity },
];

/**
 * Checks that all settings make sense.
 *
 * @throws {RangeError} If one does not, with its name, value and what it may be.
 */
export function checkFocusSettings(settings: FocusSettings): void {
  for (const { names, expected, holds } of RULES) {
    for (const name of names) {
      const value = settings[name];
      if (typeof value === "number" && holds(value)) continue;
      throw new RangeError(`Cannot train: ${name} is ${value}, expected ${expected}`);
    }
  }
  checkPercentiles(settings);
}

/** Checks the percentiles of a {@linkcode FocusReading}. */
export function checkPercentiles({ low, high }: Pick<FocusReading, "low" | "high">): void {
  if (low >= 0 && low < high && high <= 100) return;
  throw new RangeError(
    `Cannot normalise stacks: the percentiles are ${low} and ${high}, expected 0 ≤ low < high ≤ 100`,
  );
}
