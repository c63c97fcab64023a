/**
 * Checks of the settings of a training run.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { Architecture } from "../../../nn/module.ts";
import { BUILTIN } from "../../models/builtin/mod.ts";
import { defaultKinds, type Kinds, modelKind } from "../../models/list.ts";
import type { ModelKind, SettingChange } from "../../models/model_kind.ts";
import { canTurn } from "../../models/views.ts";
import { checkSegmentationLoss } from "../../models/loss_settings.ts";
import { checkValues, listSettings, refuseValue, valueAt } from "../../settings.ts";
import { isFocusTable } from "../disk/focus_source.ts";
import { dataSettings } from "./data_settings.ts";
import {
  configOf,
  type ConfigOptions,
  isHolotomography,
  settingGroups,
  SETTINGS_OF_COMPARISON,
  type TrainConfig,
} from "./config.ts";

/**
 * Checks that all settings make sense, one by one and together.
 *
 * @param kinds What there is to choose from; all of Kymo's unless told.
 * @throws {RangeError} If one does not, with its name, value and what it may be.
 * @category Settings
 */
export function checkConfig(config: TrainConfig, kinds: Kinds = defaultKinds): void {
  const groups = settingGroups(kinds);
  for (const { settings } of groups) checkValues<unknown>(config, { settings, task: "train" });
  for (const group of groups) group.check?.(config);
  const kind = modelKind(config.model, kinds.models);
  const named = { name: kind.name, ownLoss: kind.objects?.ownLoss };
  checkSegmentationLoss(config, { kind: named, losses: kinds.losses });
  const { planes, focus, patch } = config;
  if (planes > 0 && focus === "" && !isHolotomography(config)) {
    const expected = "0 without focus; give a table of focus planes, or a run of model focus";
    refuseValue("planes", { value: planes, expected });
  }
  checkChannels(config, kind);
  checkRescale(config);
  checkMasks(config, kind);
  checkViews(config, kind);
  const multiple = kind.sizeMultiple(config);
  if (patch % multiple !== 0) {
    const expected = `a multiple of ${multiple} for depth ${config.depth}`;
    refuseValue("patch", { value: patch, expected });
  }
}

/**
 * Checks each value of a change by itself, before {@linkcode checkConfig}, which does not know where it
 * comes from.
 *
 * @throws {RangeError} If one is not what it may be, with where it comes from, its name and value.
 */
export function checkChange(
  change: SettingChange,
  { source, kinds = defaultKinds }: ConfigOptions,
): void {
  const known = settingGroups(kinds).flatMap(({ settings }) => listSettings(settings));
  for (const { path, setting: { rule: { holds, expected } } } of known) {
    const value = valueAt(change, path);
    if (value === undefined || holds(value)) continue;
    refuseValue(path.join("."), { value, expected, task: `use ${source}` });
  }
}

/**
 * Several channels are those of files with one plane each.
 *
 * @throws {RangeError} If they are wished where there are none.
 */
function checkChannels(
  { channels, channel, planes, focus, volume, depthPairs, stills, synthetic }: TrainConfig,
  { objects }: ModelKind,
): void {
  if (channels.length === 0) return;
  const refuse = (expected: string) => refuseValue("channels", { value: channels, expected });
  if (!objects) refuse("none for model focus: it looks at one channel, which --channel chooses");
  if (planes > 0 || focus !== "" || volume.length > 0 || depthPairs) {
    refuse(
      "none with z-stacks: their planes are the channels of the image; choose one with --channel",
    );
  }
  if (channel !== "") refuse(`none with channel ${channel}: name all of them in channels`);
  if (stills === "" || stills === BUILTIN) {
    const what = stills === "" ? `the built-in ${synthetic}` : "the built-in stills";
    refuse(`none with ${what}, which have one channel; give stills with several`);
  }
}

/**
 * Videos are brought to the scale of stills.
 *
 * @throws {RangeError} If there are none of both, or they are z-stacks.
 */
function checkRescale({ rescale, planes, focus, video, stills }: TrainConfig): void {
  if (rescale === 1) return;
  const refuse = (expected: string) => refuseValue("rescale", { value: rescale, expected });
  if (stills === "" || video.length === 0) refuse("1 without stills and a video");
  if (planes > 0 || focus !== "") {
    refuse("1 with z-stacks: bring stills and stacks to one scale before");
  }
}

/**
 * Weights that training goes on from are for so many channels.
 *
 * @throws {TypeError} If they are for another number of them.
 */
export function checkGivenChannels(
  { channels, resumeFrom }: TrainConfig,
  { architecture, wanted }: { architecture: Architecture; wanted: Architecture },
): void {
  const { inChannels: has } = architecture.options;
  if (channels.length === 0 || has === wanted.options.inChannels) return;
  throw new TypeError(
    `Cannot go on from ${resumeFrom} with channels ${channels.join(",")}: its images have ` +
      `${counted(has, "channel")}; ${
        has === 1 ? "choose it with --channel" : `give ${has} with --channels`
      }, or train ` +
      "without --resume-from",
  );
}

/**
 * A teacher of several views turns its answers.
 *
 * @throws {RangeError} If those of the network cannot be turned.
 */
function checkViews(config: TrainConfig, { architecture, objects }: ModelKind): void {
  const { consistency, teacherViews, stills, video, rounds, stardist: { rays } } = config;
  const hasTeacher = objects && consistency === "teacher" && teacherViews > 1 && rounds > 0 &&
    (stills === "" || video.length > 0);
  if (!hasTeacher || canTurn(architecture(config))) return;
  const expected = "a multiple of 4, so that a teacher can turn them, or --teacher-views 1";
  refuseValue("stardist.rays", { value: rays, expected });
}

/** Data that goes with stills of one's own. */
const OF_OWN_DATA = ["video", "volume", "truth", "markers", "focus"] as const;

/** What data of one's own is given without stills of one's own; undefined where there is none. */
export function dataWithoutStills(config: TrainConfig): string | undefined {
  if (config.stills !== "") return undefined;
  return OF_OWN_DATA.find((name) => config[name].length > 0);
}

/**
 * Checks that a run on data of one's own has stills of one's own: the built-in ones teach a network
 * nothing about it.
 *
 * @param kinds What there is to choose from; all of Kymo's unless told.
 * @throws {RangeError} If there is data but no stills, with the name of the setting.
 */
export function checkData(config: TrainConfig, kinds: Kinds = defaultKinds): void {
  // What finds no objects but planes in focus has no built-in example.
  if (!modelKind(config.model, kinds.models).objects) return checkFocusData(config);
  const given = dataWithoutStills(config);
  if (given === undefined) return;
  throw new RangeError(
    `Cannot train with ${given} but without stills: give a folder of labelled stills with --stills, or ` +
      "neither, for the built-in synthetic example",
  );
}

/**
 * Checks that there are stacks, and a table of their planes in focus.
 *
 * @throws {RangeError} If there are none.
 */
export function checkFocusData({ stills, focus }: TrainConfig): void {
  if (stills !== "" && isFocusTable(focus)) return;
  throw new RangeError(
    "Cannot train a focus model: give a folder of stacks with --stills, and with --focus a table " +
      "(.csv) of their planes in focus, with the columns stack and plane",
  );
}

/**
 * Checks that there are masks where settings say how to read them.
 *
 * @throws {RangeError} If there are none.
 */
function checkMasks(config: TrainConfig, { name, objects }: ModelKind): void {
  const { stills, truth } = config;
  if (objects && (stills !== "" || truth !== "")) return;
  const because = objects
    ? "without stills or truth: there is no file of masks to read"
    : `for model ${name}: it learns from no masks`;
  const { ignoreLabel, masks } = dataSettings.settings;
  for (const [key, { value: usual }] of Object.entries({ ignoreLabel, masks })) {
    const value = config[key as "ignoreLabel" | "masks"];
    if (value !== usual) refuseValue(key, { value, expected: `${usual} ${because}` });
  }
}

/** Settings that were changed although a student learns nothing from them. */
export function unlearnedSettings(config: TrainConfig, kinds: Kinds = defaultKinds): string[] {
  if (config.consistency !== "teacher" || config.rounds === 0) return [];
  const usual = configOf({ model: config.model }, { source: "the defaults", kinds });
  return SETTINGS_OF_COMPARISON
    .filter((name) => JSON.stringify(config[name]) !== JSON.stringify(usual[name]));
}
