/**
 * Which losses a run uses, and the numbers that they depend on.
 *
 * @module
 */

import {
  type AnswerLoss,
  answerLossNamed,
  generalisedDiceLoss,
  type Loss,
  type LossKind,
  lossNamed,
} from "../../nn/losses.ts";
import { oneOf, refuseValue, type Setting, type SettingGroup, text } from "../settings.ts";

/**
 * Losses by their names.
 *
 * @category Settings
 */
export interface LossChoice {
  /** Loss on labelled stills; a kind of model may have one of its own. */
  segmentationLoss: string;
  /** Loss between the answers to two frames. */
  consistencyLoss: string;
  /** Whether the sums of `generalised-dice` are shares of all pixels, or plain sums as they were before. */
  generalisedDice: "shares" | "sums";
}

/**
 * What of the labels of stills is left out of the loss.
 *
 * @category Settings
 */
export interface LabelChoice {
  /** The number that masks have where pixels are to be ignored; 0 for none. */
  ignoreLabel: number;
}

/**
 * The losses that a run uses, and the settings of those between frames.
 *
 * @category Settings
 */
export interface LossSettings extends LossChoice {
  /** Side of the tiles of the consistency loss `tile-sum`, in pixels of the network's output. */
  consistencyTile: number;
  /** How far the consistency loss `tolerant-dice` lets objects move, in pixels of the output. */
  consistencyReach: number;
}

/** The settings of {@linkcode LossSettings}: those of the losses follow from their records. */
export function lossSettings(losses: readonly LossKind[]): SettingGroup<LossSettings> {
  const names = losses.map(({ name }) => name);
  const own = losses.flatMap(({ settings }) =>
    Object.entries(settings).map(([name, setting]): [string, Setting<number>] => [
      settingName(name),
      setting,
    ])
  );
  const choice: SettingGroup<LossChoice>["settings"] = {
    segmentationLoss: {
      value: "dice",
      rule: { ...text, choices: names },
      sentence: `Loss on stills: ${names.join(", ")}; a kind of model may have its own`,
    },
    consistencyLoss: {
      value: "dice",
      rule: oneOf(names),
      sentence: `Loss between the answers to two frames: ${names.join(", ")}`,
    },
    generalisedDice: {
      value: "shares",
      rule: oneOf(["shares", "sums"]),
      sentence: "What generalised-dice sums: shares of all pixels, or pixels (sums), whose loss " +
        "depends on their number, as in earlier versions",
    },
  };
  const settings = { ...choice, ...Object.fromEntries(own) };
  return { title: "Losses", settings: settings as SettingGroup<LossSettings>["settings"] };
}

/** A setting `reach` of a loss is `consistencyReach` among those of a run. */
function settingName(name: string): string {
  return `consistency${name[0].toUpperCase()}${name.slice(1)}`;
}

/** The losses to choose from, with `generalised-dice` as a run has it. */
function asChosen(
  losses: readonly LossKind[],
  { generalisedDice }: Pick<LossChoice, "generalisedDice">,
): readonly LossKind[] {
  if (generalisedDice !== "sums") return losses;
  const summed = generalisedDiceLoss({ shares: false });
  return losses.map((loss) => loss.name === summed.name ? summed : loss);
}

/** The loss on stills, which leaves pixels out where some of them are to be ignored. */
export function stillsLoss(
  settings: Pick<LossChoice, "segmentationLoss" | "generalisedDice"> & LabelChoice,
  { losses }: { losses: readonly LossKind[] },
): AnswerLoss {
  const { segmentationLoss, ignoreLabel } = settings;
  const kinds = asChosen(losses, settings);
  return answerLossNamed(segmentationLoss, { kinds, masked: ignoreLabel !== 0 });
}

/** The loss between the answers to two frames, with the run's settings. */
export function consistencyLoss(
  settings: Pick<LossChoice, "consistencyLoss" | "generalisedDice">,
  { losses: all }: { losses: readonly LossKind[] },
): Loss {
  const { consistencyLoss: name } = settings;
  const losses = asChosen(all, settings);
  const values = settings as unknown as Readonly<Record<string, number>>;
  const own = losses.find((loss) => loss.name === name)?.settings ?? {};
  const chosen = Object.keys(own).map((key) => [key, values[settingName(key)]] as const);
  return lossNamed(name, { kinds: losses, settings: Object.fromEntries(chosen) });
}

/**
 * Checks the loss on stills of a kind of model.
 *
 * @param kind Its name, and its own loss, if it has one.
 * @throws {RangeError} If it is not one that this kind can have, or cannot leave out what is ignored.
 */
export function checkSegmentationLoss(
  { segmentationLoss, ignoreLabel }: Pick<LossChoice, "segmentationLoss"> & LabelChoice,
  { kind: { name, ownLoss }, losses }: {
    kind: { readonly name: string; readonly ownLoss?: string };
    losses: readonly LossKind[];
  },
): void {
  const allowed = ownLoss === undefined ? losses.map(({ name }) => name) : [ownLoss];
  if (!allowed.includes(segmentationLoss)) {
    const expected = `one of ${allowed.join(", ")} for model ${name}`;
    refuseValue("segmentationLoss", { value: segmentationLoss, expected });
  }
  if (ignoreLabel === 0 || ownLoss !== undefined) return;
  const able = losses.filter(({ masked }) => masked).map(({ name }) => name);
  if (able.includes(segmentationLoss)) return;
  const expected = `one of ${able.join(", ")} with ignoreLabel: no other can leave pixels out`;
  refuseValue("segmentationLoss", { value: segmentationLoss, expected });
}
