/**
 * All settings of a training run: one plain object with defaults, which `config.json` repeats in full
 * and the command line exposes flag by flag.
 *
 * @module
 */

import type { StarDistanceError } from "../../../kernels/ops/star_distance_loss.ts";
import { DEFAULT_LOSS_SETTINGS, type LossName } from "../../../nn/losses.ts";
import { DEFAULT_STARDIST_LOSS } from "../../../nn/stardist_loss.ts";
import { type AugmentationSettings, defaultAugmentation } from "../../learn/augment.ts";
import { defaultFocusSettings, type FocusSettings } from "../../models/focus/settings.ts";
import {
  defaultTemporalFilter,
  type TemporalFilterSettings,
} from "../../objects/sequence/temporal_filter.ts";
import { defaultPostprocess, type PostprocessSettings } from "../../models/postprocess.ts";

/** Kinds of networks. */
export type ModelKind = SegmentationKind | "focus";

/** Kinds of networks that find objects. */
export type SegmentationKind = "unet" | "stardist";

/** Settings of a training run. */
export interface TrainConfig {
  /** Folder of labelled stills; empty for the built-in synthetic set. */
  stills: string;
  /** What the built-in set is like: `fluorescence`, or z-stacks of `holotomography`. */
  synthetic: "fluorescence" | "holotomography";
  /** Unlabelled videos, each a folder of frames or a multi-page TIFF. */
  video: string[];
  /** Unlabelled volumes, each a stack of slices, for consistency in depth. */
  volume: string[];
  /**
   * Planes on each side of the plane in focus that are channels of the image, for z-stacks; 0 for
   * images of one plane.
   */
  planes: number;
  /**
   * For z-stacks: a table (.csv) of the planes in focus, or the run folder of a model `focus` that
   * finds them; to train such a model, the table to learn from.
   */
  focus: string;
  /** Label images of the first video, for the final table only; never used in training. */
  truth: string;
  /** Markers of the first video, for DET in the final table. */
  markers: string;
  /** Network: `unet`, `stardist`, or `focus` for a classifier that finds planes in focus. */
  model: ModelKind;
  /** Run folder or weights file whose network is the baseline; empty to train one. */
  resumeFrom: string;
  /** How often the network halves the image. */
  depth: number;
  /** Channels at full resolution. */
  base: number;
  /** Seed of weights, order, patches and augmentation. */
  seed: number;
  /** Side of the training patches in pixels. */
  patch: number;
  /** Stills per segmentation batch. */
  batch: number;
  /** Pairs of frames per consistency batch. */
  pairs: number;
  /** Frames between the two of a pair. */
  gap: number;
  /** Neighbouring frames that are compared at once; 2 for pairs. */
  window: number;
  /** Whether the stacks of a video are also compared with themselves in depth. */
  depthPairs: boolean;
  /** Planes between the two of a pair in depth. */
  depthGap: number;
  /** Share of the patches that must contain foreground. */
  foreground: number;
  /** Whether all objects of a mask are taken as one foreground. */
  mergeInstances: boolean;
  /** Whether pixels where objects touch are background to the network, so that they come apart. */
  parted: boolean;
  /** Share of the stills that choose the best weights; with 0 the last weights are taken. */
  validation: number;
  /** Share of the stills that only the final table sees. */
  test: number;
  /** Percentile of the intensities that becomes 0. */
  low: number;
  /** Percentile of the intensities that becomes 1. */
  high: number;
  /** Which pixels of a video share their percentiles: the whole `video` or each `frame`. */
  videoNormalization: "video" | "frame";
  /** Segmentation batches of the baseline. */
  warmup: number;
  /** Rounds of the second stage; each is `segmentationShare` then `consistencyShare` units. */
  rounds: number;
  /** Units of segmentation in a round. */
  segmentationShare: number;
  /** Units of consistency in a round. */
  consistencyShare: number;
  /** Units of consistency in depth in a round, where there are volumes or `depthPairs`. */
  depthShare: number;
  /** What a unit is: one batch, or one epoch over the stills or the pairs. */
  unit: "batches" | "epochs";
  /** Loss on labelled stills; StarDist has its own, `stardist`. */
  segmentationLoss: LossName | "stardist";
  /** Loss between the answers to two frames. */
  consistencyLoss: LossName;
  /** Side of the tiles of the consistency loss `tile-sum`, in pixels of the network's output. */
  consistencyTile: number;
  /** How far the consistency loss `tolerant-dice` lets objects move, in pixels of the output. */
  consistencyReach: number;
  /** How learning rates fall: `cosine` to a tenth, on a `plateau` of the validation, or `constant`. */
  decay: "cosine" | "plateau" | "constant";
  /** Validations without improvement before `plateau` lowers a rate. */
  plateauPatience: number;
  /** First steps of the baseline over which its rate rises from 0; Dice can die of a fast start. */
  ramp: number;
  /** Learning rate of the baseline. */
  warmupRate: number;
  /** Learning rate of segmentation in the second stage. */
  segmentationRate: number;
  /** Learning rate of consistency in the second stage. */
  consistencyRate: number;
  /** Learning rate of consistency in depth. */
  depthRate: number;
  /** Steps between validations. */
  validateEvery: number;
  /** Validations without improvement before the baseline stops early; 0 for never. */
  patience: number;
  /** How much worse than the best a later validation loss may be and still replace its weights. */
  tolerance: number;
  /** Steps between saved states. */
  saveEvery: number;
  /** Relative change of mean probability or foreground that raises the collapse alarm. */
  collapseLimit: number;
  /** Whether the collapse alarm ends the second stage. */
  stopOnCollapse: boolean;
  /** Whether a control with the same segmentation batches and no consistency is trained too. */
  control: boolean;
  /** Most GPU memory to use, in MiB. */
  memory: number;
  /** File of kernel choices that `tune` wrote; empty for the built-in rules. */
  kernels: string;
  /** Whether values are computed twice to need less GPU memory, for large patches. */
  recompute: boolean;
  /** Augmentation of patches. */
  augmentation: AugmentationSettings;
  /** What else a StarDist network and its loss need; a U-Net has no use for it. */
  stardist: StarDistSettings;
  /** What a model `focus` needs besides; the others have no use for it. */
  focusModel: Pick<FocusSettings, "blocks" | "base" | "groups" | "sigma" | "tolerance">;
  /** The temporal filter that the final table compares with. */
  filter: TemporalFilterSettings;
  /** From a U-Net's probability to labels, in the final table and for prediction. */
  postprocess: PostprocessSettings;
}

/** Settings of a StarDist network and its losses. */
export interface StarDistSettings {
  /** Directions in which the distance to an object's edge is predicted. */
  rays: number;
  /** Image pixels per output pixel along each axis: 1, 2 or 4. */
  grid: number;
  /** Channels that the two heads read. */
  features: number;
  /** How the error of distances is measured. */
  distanceLoss: StarDistanceError;
  /** Weight of the distances' loss beside that of the probability. */
  distanceWeight: number;
  /** Weight of the pull of distances towards 0 outside of objects. */
  background: number;
  /**
   * Weight of a second consistency loss between the distances of two frames (squared Dice); 0 for
   * none, as it brings nothing (Shabanov et al. 2020).
   */
  rayConsistency: number;
}

/** What a run on real data starts from; rates, ratio and losses are those that worked in tests. */
export const defaultConfig: TrainConfig = {
  stills: "",
  synthetic: "fluorescence",
  video: [],
  volume: [],
  planes: 0,
  focus: "",
  truth: "",
  markers: "",
  model: "unet",
  resumeFrom: "",
  depth: 3,
  base: 16,
  seed: 1,
  patch: 128,
  batch: 4,
  pairs: 2,
  gap: 1,
  window: 2,
  depthPairs: false,
  depthGap: 5,
  foreground: 0.9,
  mergeInstances: false,
  parted: true,
  validation: 0.1,
  test: 0.15,
  low: 1,
  high: 99.8,
  videoNormalization: "video",
  warmup: 3000,
  rounds: 300,
  segmentationShare: 2,
  consistencyShare: 1,
  depthShare: 1,
  unit: "batches",
  segmentationLoss: "dice",
  consistencyLoss: "dice",
  consistencyTile: DEFAULT_LOSS_SETTINGS.tile,
  consistencyReach: DEFAULT_LOSS_SETTINGS.reach,
  decay: "cosine",
  plateauPatience: 5,
  ramp: 100,
  warmupRate: 1e-3,
  segmentationRate: 1e-4,
  consistencyRate: 3e-5,
  depthRate: 3e-5,
  validateEvery: 200,
  patience: 0,
  tolerance: 0.01,
  saveEvery: 100,
  collapseLimit: 0.2,
  stopOnCollapse: false,
  control: false,
  memory: 4096,
  kernels: "",
  recompute: false,
  augmentation: defaultAugmentation,
  stardist: {
    rays: 32,
    grid: 2,
    features: 64,
    distanceLoss: DEFAULT_STARDIST_LOSS.error,
    distanceWeight: DEFAULT_STARDIST_LOSS.weights.dist,
    background: DEFAULT_STARDIST_LOSS.background,
    rayConsistency: 0,
  },
  focusModel: {
    blocks: defaultFocusSettings.blocks,
    base: defaultFocusSettings.base,
    groups: defaultFocusSettings.groups,
    sigma: defaultFocusSettings.sigma,
    tolerance: defaultFocusSettings.tolerance,
  },
  filter: defaultTemporalFilter,
  postprocess: defaultPostprocess,
};

/**
 * What a kind of network changes. Plain Dice pushes StarDist's soft probabilities up wherever those of
 * the other frame are above about 0.2; squared Dice leaves equal ones as they are.
 */
export const modelConfigs: Readonly<Record<ModelKind, Partial<TrainConfig>>> = {
  unet: {},
  stardist: {
    segmentationLoss: "stardist",
    consistencyLoss: "squared-dice",
    consistencyRate: 1e-4,
    warmup: 4000,
    rounds: 500,
  },
  focus: {
    warmup: defaultFocusSettings.steps,
    warmupRate: defaultFocusSettings.rate,
    pairs: defaultFocusSettings.pairs,
    validation: defaultFocusSettings.validation,
    validateEvery: defaultFocusSettings.validateEvery,
  },
};

/** What the built-in synthetic run changes, to be done in a few minutes on two cores. */
export const syntheticConfig: Partial<TrainConfig> = {
  base: 8,
  patch: 96,
  warmup: 420,
  ramp: 20,
  rounds: 40,
  validateEvery: 60,
  saveEvery: 60,
  control: true,
};

/** What the built-in holotomography changes, for the same reason. */
export const holotomographyConfig: Partial<TrainConfig> = {
  ...syntheticConfig,
  patch: 64,
  planes: 3,
  // Nucleoli are a few pixels wide.
  postprocess: { ...defaultPostprocess, minSize: 4 },
};

/** The value types that a setting can have. */
export type SettingValue = number | string | boolean | readonly (number | string)[];

/** One setting: its path in the configuration and its default. */
export interface Setting {
  /** Keys from the outermost inwards, for example `augmentation`, `noise`. */
  readonly path: readonly string[];
  /** Its default value. */
  readonly value: SettingValue;
}

/** Every setting, with nested ones by their path. */
export function listSettings(config: object = defaultConfig): Setting[] {
  return Object.entries(config).flatMap(([key, value]): Setting[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? listSettings(value).map((inner) => ({ ...inner, path: [key, ...inner.path] }))
      : [{ path: [key], value }]
  );
}

/** A change of some settings, nested like a {@linkcode TrainConfig}. */
export type ConfigChange = { readonly [key: string]: unknown };

/**
 * A configuration with some settings changed.
 *
 * @param source Where the change comes from (a file's name or "the command line"), for errors.
 * @throws {TypeError} If a setting is unknown or has another type.
 */
export function changeConfig(
  config: TrainConfig,
  { change, source }: { change: ConfigChange; source: string },
): TrainConfig {
  return merge(config, { change, source, path: [] }) as TrainConfig;
}

function merge(
  base: object,
  { change, source, path }: { change: ConfigChange; source: string; path: string[] },
): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const name = [...path, key].join(".");
    const current = Object.hasOwn(result, key) ? result[key] : undefined;
    if (current === undefined) {
      throw new TypeError(
        `Cannot use ${source}: unknown setting ${name}; \`train --help\` lists them all`,
      );
    }
    if (isGroup(current) && isGroup(value)) {
      result[key] = merge(current, { change: value, source, path: [...path, key] });
      continue;
    }
    const isThreshold = name === "postprocess.threshold" && typeof value === "number";
    if (!isLike(current, value) && !isThreshold) {
      throw new TypeError(
        `Cannot use ${source}: ${name} is ${JSON.stringify(value)}, expected ${kindOf(current)}`,
      );
    }
    result[key] = value;
  }
  return result;
}

function isGroup(value: unknown): value is ConfigChange {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lists of paths may have any length, those of numbers are ranges. */
function isLike(current: unknown, value: unknown): boolean {
  if (!Array.isArray(current) || !Array.isArray(value)) return kindOf(current) === kindOf(value);
  if (!isRange(current)) return value.every((item) => typeof item === "string");
  return value.length === current.length && value.every((item) => typeof item === "number");
}

function isRange(list: readonly unknown[]): boolean {
  return typeof list[0] === "number";
}

function kindOf(value: unknown): string {
  if (!Array.isArray(value)) return isGroup(value) ? "a group" : `a ${typeof value}`;
  return isRange(value) ? `a list of ${value.length} numbers` : "a list of strings";
}
