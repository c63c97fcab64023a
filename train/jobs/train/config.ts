/**
 * All settings of a training run: the sum of the groups that the rooms declare. `config.json` repeats
 * them in full, and the command line exposes them flag by flag.
 *
 * @module
 */

import { defaultAugmentation } from "../../learn/patches/augment.ts";
import { changeSettings, settingsByPath } from "../../learn/settings/change_settings.ts";
import { learnGroups, type LearnSettings } from "../../learn/settings/learn_settings.ts";
import { defaultKinds, type Kinds } from "../../models/list.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import { defaultPostprocess } from "../../models/unet/postprocess.ts";
import {
  filterSettings,
  type TemporalFilterSettings,
} from "../../objects/sequence/temporal_filter.ts";
import {
  defaultsOf,
  oneOf,
  type SettingGroup,
  text,
  wholeNumber,
  yesOrNo,
} from "../../settings.ts";
import { type DataSettings, dataSettings } from "./data_settings.ts";

/**
 * What a run is, apart from its data and its parts.
 *
 * @category Settings
 */
export interface RunSettings {
  /** Network: `unet`, `stardist`, or `focus` for a classifier that finds planes in focus. */
  model: string;
  /** Run folder or weights file whose network is the baseline, or `builtin`; empty to train one. */
  resumeFrom: string;
  /** Seed of weights, order, patches and augmentation. */
  seed: number;
  /** Whether a control with the same segmentation batches and no consistency is trained too. */
  control: boolean;
  /** Most GPU memory to use, in MiB. */
  memory: number;
  /** File of kernel choices that `tune` wrote; empty for the built-in rules. */
  kernels: string;
  /** Whether values are computed twice to need less GPU memory, for large patches. */
  recompute: boolean;
}

/**
 * Settings of a training run.
 *
 * @category Settings
 */
export interface TrainConfig extends DataSettings, RunSettings, LearnSettings {
  /** The temporal filter that the final table compares with. */
  filter: TemporalFilterSettings;
}

function runSettings({ models }: Kinds): SettingGroup<RunSettings> {
  return {
    title: "Run",
    settings: {
      model: {
        value: "unet",
        rule: oneOf(models.map(({ name }) => name)),
        sentence: `Kind of model: ${
          models.map(({ name, sentence }) => `${name} (${sentence})`).join(", ")
        }`,
        isCommon: true,
      },
      resumeFrom: {
        value: "",
        rule: text,
        sentence:
          "Run or weights file whose network is the baseline, or builtin, instead of training one",
        isCommon: true,
      },
      seed: {
        value: 1,
        rule: wholeNumber({ least: 0 }),
        sentence: "Seed of weights, order, patches and augmentation",
        isCommon: true,
      },
      control: {
        value: true,
        rule: yesOrNo,
        sentence: "Also train a control: the same batches of stills, no consistency; without it " +
          "nothing shows what consistency does",
        isCommon: true,
      },
      memory: {
        value: 4096,
        rule: wholeNumber({ least: 1 }),
        sentence: "Most GPU memory to use, in MiB",
        mayChange: true,
      },
      kernels: {
        value: "",
        rule: text,
        sentence: "File of kernel choices that tune wrote",
      },
      recompute: {
        value: false,
        rule: yesOrNo,
        sentence: "Compute values twice to need less GPU memory, for large patches",
      },
    },
  };
}

/**
 * All groups of settings, those of the kinds of models and of losses among them.
 *
 * @category Settings
 */
export function settingGroups(kinds: Kinds = defaultKinds): SettingGroup<unknown>[] {
  return [
    dataSettings,
    runSettings(kinds),
    ...learnGroups(kinds),
    filterSettings,
  ];
}

/**
 * What a run on real data starts from, with these kinds of models and losses.
 *
 * @category Settings
 */
export function defaultConfigOf(kinds: Kinds): TrainConfig {
  return Object.assign({}, ...settingGroups(kinds).map(({ settings }) => defaultsOf(settings)));
}

/**
 * What a run on real data starts from; rates, ratio and losses are those that worked in tests.
 *
 * @category Settings
 */
export const defaultConfig: TrainConfig = defaultConfigOf(defaultKinds);

/**
 * What the built-in synthetic run changes, to be done in a few minutes on two cores.
 *
 * @category Settings
 */
export const syntheticConfig: Partial<TrainConfig> = {
  base: 8,
  patch: 96,
  warmup: 1200,
  ramp: 100,
  rounds: 60,
  validateEvery: 120,
  saveEvery: 60,
};

/** What the built-in holotomography changes, for the same reason. */
export const holotomographyConfig: Partial<TrainConfig> = {
  ...syntheticConfig,
  patch: 64,
  warmup: 420,
  ramp: 20,
  rounds: 240,
  validateEvery: 60,
  // A refractive index is a quantity, which no exposure changes.
  exposure: 1,
  augmentation: {
    ...defaultAugmentation,
    exposure: { ...defaultAugmentation.exposure, probability: 0 },
  },
  planes: 3,
  // Nucleoli are a few pixels wide.
  postprocess: { ...defaultPostprocess, minSize: 4 },
};

/**
 * What the built-in example changes that a change names, which gives no stills of its own.
 */
function exampleConfig({ synthetic }: SettingChange): Partial<TrainConfig> {
  return synthetic === "holotomography" ? holotomographyConfig : syntheticConfig;
}

/**
 * What a run starts from before its own settings change it: the defaults of its kind of model, those of the
 * built-in example, and what the settings say without a word.
 *
 * @param settings The run's own settings; of a network to go on from the width is its own.
 */
export function startingConfig(
  settings: SettingChange,
  { isExample, kinds }: { isExample: boolean; kinds?: Kinds },
): TrainConfig {
  const { base, ...example } = isExample ? exampleConfig(settings) : {};
  const { model, resumeFrom } = settings;
  const change = {
    ...example,
    ...(base !== undefined && !resumeFrom && { base }),
    ...(model !== undefined && { model: String(model) }),
    ...impliedBy(settings),
  };
  return configOf(change, { source: "the example", kinds });
}

/** Whether the data of a run are the built-in stacks, which have to be made first. */
export function isHolotomography(
  { stills, synthetic }: Pick<TrainConfig, "stills" | "synthetic">,
): boolean {
  return stills === "" && synthetic === "holotomography";
}

/**
 * Where settings come from, and what they may name.
 *
 * @category Settings
 */
export interface ConfigOptions {
  /** Where they come from (a file's name or "the command line"), for errors. */
  readonly source: string;
  /** What there is to choose from; all of Kymo's unless told. */
  readonly kinds?: Kinds;
}

/**
 * The settings of a run: the defaults, then what its kind of model changes of them, then a change. A
 * kind that there is not changes nothing; {@linkcode checkConfig} refuses it. Where the change sets how
 * frames are compared and names no `consistency`, that is `siamese`.
 *
 * The settings of a model in `resumeFrom` are in its file; they have to be in the change, too.
 *
 * @throws {TypeError} If a setting is unknown or has another type.
 *
 * @example
 * ```ts
 * import { configOf } from "@kymo/kymo/train";
 *
 * const change = { model: "stardist", stills: "stills", video: ["video"], rounds: 200 };
 * console.log(configOf(change, { source: "my program" }).segmentationLoss); // stardist
 * ```
 *
 * @category Settings
 */
export function configOf(
  change: SettingChange,
  { source, kinds = defaultKinds }: ConfigOptions,
): TrainConfig {
  const usual = defaultConfigOf(kinds);
  const { model = usual.model } = change;
  const kind = kinds.models.find(({ name }) => name === model);
  const ofKind = kind
    ? changeConfig(usual, { change: kind.defaults, source: `the defaults of ${kind.label}`, kinds })
    : usual;
  return changeConfig(ofKind, { change: { ...impliedBy(change), ...change }, source, kinds });
}

/** What the second stage reads only where frames are compared. */
export const SETTINGS_OF_COMPARISON = [
  ...["volume", "pairs", "gap", "window", "depthPairs", "depthGap", "unit"],
  ...["segmentationShare", "consistencyShare", "depthShare"],
  ...["segmentationRate", "consistencyRate", "depthRate"],
  ...["consistencyLoss", "consistencyTile", "consistencyReach"],
] as const satisfies (keyof TrainConfig)[];

/**
 * What settings say without a word: who sets how frames are compared wants them compared, also in files
 * from before there was a choice.
 */
export function impliedBy(change: SettingChange): SettingChange {
  const isComparing = SETTINGS_OF_COMPARISON.some((name) => name in change);
  return isComparing ? { consistency: "siamese" } : {};
}

/**
 * Where a change of settings goes and comes from.
 *
 * @category Settings
 */
export interface ConfigChangeOptions extends ConfigOptions {
  /** The settings that change. */
  readonly change: SettingChange;
}

/**
 * A configuration with some settings changed. One for another kind of model is better begun anew with
 * {@linkcode configOf}, as its defaults are others.
 *
 * @throws {TypeError} If a setting is unknown or has another type.
 * @category Settings
 */
export function changeConfig(
  config: TrainConfig,
  { change, source, kinds = defaultKinds }: ConfigChangeOptions,
): TrainConfig {
  const settings = settingsByPath(settingGroups(kinds));
  return changeSettings(config, { change, source, settings });
}
