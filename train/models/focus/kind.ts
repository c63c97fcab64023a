/**
 * The focus classifier as a kind of model: it finds planes, not objects.
 *
 * @module
 */

import { DEFAULT_FOCUS, type FocusOptions } from "../../../nn/networks/focus.ts";
import { DEFAULT_FOCUS_PLANE } from "../../../nn/labels/focus.ts";
import { focusKind } from "../../../nn/networks/list.ts";
import { notNegative, type Settings, wholeNumber } from "../../settings.ts";
import type { ModelKind } from "../model_kind.ts";

/**
 * Settings of a focus classifier.
 *
 * @category Kinds of models
 */
export interface FocusSettings extends Omit<FocusOptions, "inChannels"> {
  /** Standard deviation, in planes, of the Gaussian that smooths its answers. */
  readonly sigma: number;
  /** Planes beside the labelled one that count as in focus too. */
  readonly tolerance: number;
}

/**
 * The settings of a run that this kind reads: its own, and those of others.
 *
 * @category Kinds of models
 */
export type FocusRead = { focusModel: FocusSettings };

const settings: Settings<FocusRead> = {
  focusModel: {
    blocks: {
      value: DEFAULT_FOCUS.blocks,
      rule: wholeNumber({ least: 1 }),
      sentence: "Residual blocks, each of which halves the image",
    },
    base: {
      value: DEFAULT_FOCUS.base,
      rule: wholeNumber({ least: 1 }),
      sentence: "Channels of the first block; each further one doubles them",
    },
    groups: {
      value: DEFAULT_FOCUS.groups,
      rule: wholeNumber({ least: 1 }),
      sentence: "Groups of every normalisation; they divide its base",
    },
    sigma: {
      value: DEFAULT_FOCUS_PLANE.sigma,
      rule: notNegative,
      sentence: "Standard deviation, in planes, of the Gaussian that smooths its answers",
    },
    tolerance: {
      value: 1,
      rule: wholeNumber({ least: 0 }),
      sentence: "Planes beside the labelled one that count as in focus too",
    },
  },
};

/**
 * The focus classifier, with settings for stacks of some hundred pixels a side.
 *
 * @category Kinds of models
 */
export const focusClassifier: ModelKind<FocusRead> = {
  name: "focus",
  label: "a focus classifier",
  sentence: "finds the plane in focus of z-stacks",
  group: { title: "Focus classifier", settings },
  defaults: {
    warmup: 600,
    ramp: 0,
    warmupRate: 1e-3,
    pairs: 4,
    validation: 0.2,
    validateEvery: 200,
    tolerance: 0,
    // Blurred patches look as if they were out of focus.
    augmentation: { exposure: { probability: 0 } },
  },
  network: focusKind,
  architecture({ focusModel: { blocks, base, groups } }) {
    return { kind: "focus", options: { blocks, base, groups, inChannels: 1 } };
  },
  sizeMultiple: () => 1,
  settingsOf: ({ options: { blocks, base, groups } }) => ({ focusModel: { blocks, base, groups } }),
  objects: null,
};
