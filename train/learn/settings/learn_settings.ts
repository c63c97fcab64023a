/**
 * All settings of learning, whatever the data: the sum of the groups that the rooms declare.
 *
 * @module
 */

import { type IntensitySettings, intensitySettings } from "../../images/normalization_settings.ts";
import { type ExposureSettings, exposureSettings } from "../../models/exposure.ts";
import type { FocusSettings } from "../../models/focus/kind.ts";
import { defaultKinds, type Kinds } from "../../models/list.ts";
import { type LossSettings, lossSettings } from "../../models/loss_settings.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import type { StarDistSettings } from "../../models/stardist/kind.ts";
import { type TrunkSettings, trunkSettings } from "../../models/trunk.ts";
import type { UNetSettings } from "../../models/unet/kind.ts";
import { defaultsOf, type SettingGroup } from "../../settings.ts";
import { type BatchSettings, batchSettings } from "../batches.ts";
import { type AlarmSettings, alarmSettings } from "../examiner.ts";
import { type AugmentationSettings, augmentationSettings } from "../patches/augment.ts";
import { type ScheduleSettings, scheduleSettings } from "../schedule.ts";
import { type StageSettings, stageSettings } from "../stage.ts";
import { type TeacherSettings, teacherSettings } from "../teacher/teacher.ts";
import { type SplitSettings, splitSettings } from "../training_set.ts";
import { changeSettings, settingsByPath } from "./change_settings.ts";

/**
 * Settings of learning.
 *
 * @category Settings
 */
export interface LearnSettings
  extends
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
}

/** The groups of settings of learning, those of the kinds of models and of losses among them. */
export function learnGroups(kinds: Kinds): SettingGroup<unknown>[] {
  return [
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
  ];
}

/**
 * Learning without files, apart from its settings.
 *
 * @category Settings
 */
export interface PlainLearnSettings extends LearnSettings {
  /** The kind of model. */
  model: string;
  /** Seed of weights, order, patches and augmentation. */
  seed: number;
  /** The number that masks have where pixels are ignored; 0 for none. */
  ignoreLabel: number;
  /** Whether holes of objects were filled. */
  fillHoles: boolean;
  /** Whether all objects of a mask are one. */
  mergeInstances: boolean;
}

/**
 * The settings of learning without files: the defaults, then what the kind of model changes of them, then a
 * change.
 *
 * @throws {TypeError} If a setting is unknown or has another type.
 *
 * @category Settings
 */
export function learnSettingsOf(
  change: SettingChange,
  { source, kinds = defaultKinds }: { source: string; kinds?: Kinds },
): PlainLearnSettings {
  const groups = learnGroups(kinds);
  const settings = settingsByPath(groups);
  const usual: PlainLearnSettings = Object.assign(
    { model: "unet", seed: 1, ignoreLabel: 0, fillHoles: false, mergeInstances: false },
    ...groups.map((group) => defaultsOf(group.settings)),
  );
  const { defaults = {} } = kinds.models.find(({ name }) => name === change.model) ?? {};
  return [defaults, change].reduce<PlainLearnSettings>(
    (known, change) => changeSettings(known, { change, source, settings }),
    usual,
  );
}
