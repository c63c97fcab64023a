/**
 * Settings as command-line flags: `warmupRate` is `--warmup-rate`, `augmentation.noise` is
 * `--augmentation-noise`, lists are written with commas.
 *
 * @module
 */

import {
  type AnyGroup,
  listSettings,
  type PlacedSetting,
  type Setting,
  SettingError,
  text as anyText,
  texts,
} from "../settings.ts";
import type { Flag } from "./flag.ts";
import { UsageError } from "./usage_error.ts";

/** The title of the settings that most users meet. */
const COMMON = "Common settings";
/** The most characters of words to choose from that stand behind a flag. */
const MOST_CHOICES = 30;

/** The flag of a setting, without the dashes. */
export function flagOf({ path }: Pick<PlacedSetting, "path">): string {
  return path.join("-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every setting of some groups as a flag: the common ones first, then the others by group. */
export function settingFlags(groups: readonly AnyGroup[]): Flag[] {
  const flags = groups.flatMap(({ title, settings }) =>
    listSettings(settings).map((placed) => {
      const { isCommon = false } = placed.setting;
      return { isCommon, flag: { ...flagFor(placed), title: isCommon ? COMMON : title } };
    })
  );
  return [...flags.filter(({ isCommon }) => isCommon), ...flags.filter(({ isCommon }) => !isCommon)]
    .map(({ flag }) => flag);
}

function flagFor({ path, setting }: PlacedSetting): Flag {
  const { value, sentence, isRepeated = false } = setting;
  const kind = typeof value === "boolean" ? "switch" : isRepeated ? "repeated" : "value";
  const usual = Array.isArray(value) ? value.join(",") : String(value);
  return { name: flagOf({ path }), kind, sentence, default: usual, ...valuesOf(setting) };
}

/** What the help says about the values of a setting, where its sentence does not name them. */
function valuesOf(
  { value, rule, sentence, placeholder: own }: Setting<unknown>,
): Pick<Flag, "placeholder" | "choices"> {
  if (own !== undefined) return { placeholder: own };
  if (rule === anyText || rule === texts) return { placeholder: "PATH" };
  if (typeof value === "number") return { placeholder: "N" };
  if (Array.isArray(value)) return { placeholder: value.map(() => "N").join(",") || "A,B" };
  if (rule.choices === undefined) return {};
  const placeholder = rule.choices.join("|");
  if (placeholder.length <= MOST_CHOICES) return { placeholder };
  return rule.choices.every((choice) => sentence.includes(choice)) ? {} : { choices: rule.choices };
}

/**
 * The settings that flags change, nested like a configuration.
 *
 * @param flags Parsed flags by name; those that are no settings are left alone.
 * @param groups All settings that there are.
 * @throws {TypeError} If a setting may not have a value, with the flag's name.
 */
export function changeFromFlags(
  flags: Readonly<Record<string, unknown>>,
  { groups }: { groups: readonly AnyGroup[] },
): Record<string, unknown> {
  const change: Record<string, unknown> = {};
  for (const { path, setting } of groups.flatMap((group) => listSettings(group.settings))) {
    const flag = flagOf({ path });
    const given = flags[flag];
    if (given === undefined || (Array.isArray(given) && given.length === 0)) continue;
    const value = parseValue(given as string | boolean | string[], { flag, setting });
    if (!setting.rule.holds(value)) refuse(flag, { given, expected: setting.rule.expected });
    path.reduce<Record<string, unknown>>((group, key, depth) => {
      group[key] = depth === path.length - 1 ? value : group[key] ?? {};
      return group[key] as Record<string, unknown>;
    }, change);
  }
  return change;
}

function parseValue(
  given: string | boolean | string[],
  { flag, setting: { value, rule } }: { flag: string; setting: Setting<unknown> },
): unknown {
  if (typeof value === "boolean") return Boolean(given);
  if (Array.isArray(value)) {
    const text = String(given);
    const parts = Array.isArray(given) ? given : text === "" ? [] : text.split(",");
    return typeof value[0] === "number" ? parts.map((part) => toNumber(part, flag)) : parts;
  }
  const text = String(given);
  if (rule.alsoTakes && rule.holds(text)) return text;
  if (typeof value === "number") {
    return toNumber(text, flag, rule.alsoTakes ? rule.expected : undefined);
  }
  return rule.alsoTakes ? toNumber(text, flag, rule.expected) : text;
}

function toNumber(text: string, flag: string, expected = "a number"): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) {
    refuse(flag, { given: text, expected });
  }
  return number;
}

/** What a command threw, with the flag in place of the setting where it refused a value of a flag. */
export function namingFlag(error: unknown, flags: Readonly<Record<string, unknown>>): unknown {
  if (!(error instanceof SettingError)) return error;
  const flag = flagOf({ path: error.setting.split(".") });
  const given = flags[flag];
  if (given === undefined || (Array.isArray(given) && given.length === 0)) return error;
  const text = given === true
    ? `--${flag}`
    : given === false
    ? `--no-${flag}`
    : `--${flag} ${given}`;
  return new UsageError(`Cannot use ${text}: expected ${error.expected}`, { cause: error });
}

function refuse(flag: string, { given, expected }: { given: unknown; expected: string }): never {
  throw new TypeError(`Cannot use --${flag} ${given}: expected ${expected}`);
}
