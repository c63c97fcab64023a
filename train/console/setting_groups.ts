/**
 * The settings of a training run in groups, as far as they are not declared so where they are read.
 *
 * @module
 */

import { listSettings } from "../jobs/train/config.ts";
import { type AnyGroup, type Rule, type Setting, text, texts, yesOrNo } from "../settings.ts";

/** What the values of a setting may be, by its default. */
function ruleOf(path: string, value: unknown): Rule {
  if (path === "postprocess.threshold") {
    return {
      expected: "otsu or a number",
      holds: (value) => value === "otsu" || Number.isFinite(value),
      alsoTakes: (value) => typeof value === "number",
    };
  }
  if (typeof value === "string") return text;
  if (typeof value === "boolean") return yesOrNo;
  if (Array.isArray(value) && value.length === 0) return texts;
  return { expected: "a number", holds: (value) => typeof value === "number" };
}

/** One group of all settings. */
export function settingGroups(): AnyGroup[] {
  const table: Record<string, unknown> = {};
  for (const { path, value } of listSettings()) {
    const name = path.join(".");
    const setting: Setting<unknown> = {
      value,
      rule: ruleOf(name, value),
      sentence: `Setting ${name} of config.json`,
      isRepeated: ["video", "volume"].includes(name),
    };
    path.reduce<Record<string, unknown>>((group, key, depth) => {
      group[key] = depth === path.length - 1 ? setting : group[key] ?? {};
      return group[key] as Record<string, unknown>;
    }, table);
  }
  return [{ title: "Settings", settings: table }];
}
