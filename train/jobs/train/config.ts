/**
 * All settings of a training run: the sum of the groups that the rooms declare. `config.json` repeats
 * them in full, and the command line exposes them flag by flag.
 *
 * @module
 */

import { type IntensitySettings, intensitySettings } from "../../images/normalization_settings.ts";
import {
  type AugmentationSettings,
  augmentationSettings,
  defaultAugmentation,
} from "../../learn/patches/augment.ts";
import { type BatchSettings, batchSettings } from "../../learn/batches.ts";
import { type AlarmSettings, alarmSettings } from "../../learn/examiner.ts";
import { type ScheduleSettings, scheduleSettings } from "../../learn/schedule.ts";
import { type StageSettings, stageSettings } from "../../learn/stage.ts";
import { type TeacherSettings, teacherSettings } from "../../learn/teacher/teacher.ts";
import { type SplitSettings, splitSettings } from "../../learn/training_set.ts";
import type { FocusSettings } from "../../models/focus/kind.ts";
import { type ExposureSettings, exposureSettings } from "../../models/exposure.ts";
import { defaultKinds, type Kinds } from "../../models/list.ts";
import { type LossSettings, lossSettings } from "../../models/loss_settings.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import type { StarDistSettings } from "../../models/stardist/kind.ts";
import { type TrunkSettings, trunkSettings } from "../../models/trunk.ts";
import type { UNetSettings } from "../../models/unet/kind.ts";
import { defaultPostprocess } from "../../models/unet/postprocess.ts";
import {
  filterSettings,
  type TemporalFilterSettings,
} from "../../objects/sequence/temporal_filter.ts";
import {
  defaultsOf,
  listSettings,
  oneOf,
  type Setting,
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
export interface TrainConfig
  extends
    DataSettings,
    RunSettings,
    TrunkSettings,
    UNetSettings,
    ScheduleSettings,
    LossSettings,
    BatchSettings,
    IntensitySettings,
    SplitSettings,
    StageSettings,
    AlarmSettings,
    TeacherSettings,
    ExposureSettings {
  /** Augmentation of patches. */
  augmentation: AugmentationSettings;
  /** What else a StarDist network and its loss need; a U-Net has no use for it. */
  stardist: StarDistSettings;
  /** What a model `focus` needs besides; the others have no use for it. */
  focusModel: FocusSettings;
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
    trunkSettings,
    batchSettings,
    scheduleSettings,
    teacherSettings,
    lossSettings(kinds.losses),
    ...kinds.models.map(({ group }) => group),
    intensitySettings,
    exposureSettings,
    augmentationSettings,
    splitSettings,
    stageSettings,
    alarmSettings,
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
  const settings = new Map(
    settingGroups(kinds).flatMap((group) => listSettings(group.settings))
      .map(({ path, setting }) => [path.join("."), setting]),
  );
  return merge(config, { change, source, path: [], settings }) as TrainConfig;
}

function merge(
  base: object,
  { change, source, path, settings }: {
    change: SettingChange;
    source: string;
    path: string[];
    settings: ReadonlyMap<string, Setting<unknown>>;
  },
): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const name = [...path, key].join(".");
    const current = Object.hasOwn(result, key) ? result[key] : undefined;
    if (current === undefined) {
      throw new TypeError(
        `Cannot use ${source}: unknown setting ${name}; ${remedyFor(name, settings.keys())}`,
      );
    }
    if (isGroup(current) && isGroup(value)) {
      result[key] = merge(current, { change: value, source, path: [...path, key], settings });
      continue;
    }
    const { value: usual = current, rule } = settings.get(name) ?? {};
    if (!isLike(usual, value) && !rule?.alsoTakes?.(value)) {
      throw new TypeError(
        `Cannot use ${source}: ${name} is ${JSON.stringify(value)}, expected ${kindOf(usual)}`,
      );
    }
    result[key] = value;
  }
  return result;
}

/** Settings that are spelled as their flags are named as files spell them. */
function remedyFor(name: string, known: Iterable<string>): string {
  const plain = (text: string) => text.replace(/[^a-z]/gi, "").toLowerCase();
  const meant = [...known].find((path) => plain(path) === plain(name));
  if (meant === undefined) return "`train --help` lists them all";
  const [outer, ...inner] = meant.split(".");
  return inner.length === 0
    ? `write ${meant}`
    : `write { "${outer}": { "${inner.join('": { "')}": … ${"}".repeat(inner.length + 1)}`;
}

function isGroup(value: unknown): value is SettingChange {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lists of paths may have any length, those of numbers are ranges. */
function isLike(usual: unknown, value: unknown): boolean {
  if (!Array.isArray(usual) || !Array.isArray(value)) return kindOf(usual) === kindOf(value);
  if (!isRange(usual)) return value.every((item) => typeof item === "string");
  return value.length === usual.length && value.every((item) => typeof item === "number");
}

function isRange(list: readonly unknown[]): boolean {
  return typeof list[0] === "number";
}

function kindOf(value: unknown): string {
  if (!Array.isArray(value)) return isGroup(value) ? "a group" : `a ${typeof value}`;
  return isRange(value) ? `a list of ${value.length} numbers` : "a list of strings";
}
