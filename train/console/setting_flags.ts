/**
 * Settings as command-line flags: `warmupRate` is `--warmup-rate`, `augmentation.noise` is
 * `--augmentation-noise`, lists are written with commas.
 *
 * @module
 */

import {
  type ConfigChange,
  listSettings,
  type Setting,
  type SettingValue,
} from "../jobs/train/config.ts";
import type { Flag } from "./flag.ts";

/** The flag of a setting, without the dashes. */
export function flagOf({ path }: Setting): string {
  return path.join("-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Flags that may be given several times, once per value. */
export const REPEATED_FLAGS: readonly string[] = ["video", "volume"];

/**
 * The settings that flags change, nested like a configuration.
 *
 * @param flags Parsed flags by name; those that are no settings are left alone.
 * @throws {TypeError} If a value is not of the setting's type, with the flag's name.
 */
export function changeFromFlags(flags: Readonly<Record<string, unknown>>): ConfigChange {
  const change: Record<string, unknown> = {};
  for (const setting of listSettings()) {
    const flag = flagOf(setting);
    const given = flags[flag];
    if (given === undefined || (Array.isArray(given) && given.length === 0)) continue;
    const value = parseValue(given as string | boolean | string[], { flag, setting });
    setting.path.reduce<Record<string, unknown>>((group, key, depth) => {
      const isLast = depth === setting.path.length - 1;
      group[key] = isLast ? value : group[key] ?? {};
      return group[key] as Record<string, unknown>;
    }, change);
  }
  return change;
}

function parseValue(
  given: string | boolean | string[],
  { flag, setting: { path, value } }: { flag: string; setting: Setting },
): SettingValue {
  if (typeof value === "boolean") return Boolean(given);
  if (Array.isArray(value)) {
    const parts = Array.isArray(given) ? given : String(given).split(",");
    return typeof value[0] === "number" ? parts.map((part) => toNumber(part, flag)) : parts;
  }
  const text = String(given);
  if (typeof value === "number") return toNumber(text, flag);
  const isThreshold = path.join(".") === "postprocess.threshold" && text !== "otsu";
  return isThreshold ? toNumber(text, flag) : text;
}

function toNumber(text: string, flag: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) {
    throw new TypeError(`Cannot use --${flag} ${text}: expected a number`);
  }
  return number;
}

/** All settings as flags. */
export function settingFlags(): Flag[] {
  return listSettings().map((setting) => {
    const { value } = setting;
    const name = flagOf(setting);
    const kind = typeof value === "boolean"
      ? "switch"
      : REPEATED_FLAGS.includes(name)
      ? "repeated"
      : "value";
    const shown = Array.isArray(value) ? value.join(",") : String(value);
    return {
      name,
      kind,
      sentence: `Setting ${setting.path.join(".")} of config.json`,
      default: shown,
      title: "Settings",
    };
  });
}
