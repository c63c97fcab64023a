/**
 * Changing settings by name, as files and flags do it.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { SettingChange } from "../../models/model_kind.ts";
import { type AnyGroup, listSettings, type Setting } from "../../settings.ts";

/**
 * Settings with some of them changed, groups within groups.
 *
 * @param options.source Where the change comes from, for errors.
 * @param options.settings All settings that there are, by their paths joined with dots.
 * @throws {TypeError} If a setting is unknown or has another type.
 */
export function changeSettings<S extends object>(
  base: S,
  { change, source, settings }: {
    change: SettingChange;
    source: string;
    settings: ReadonlyMap<string, Setting<unknown>>;
  },
): S {
  return merge(base, { change, source, path: [], settings }) as S;
}

/** The settings of some groups by their paths joined with dots. */
export function settingsByPath(groups: readonly AnyGroup[]): Map<string, Setting<unknown>> {
  return new Map(
    groups.flatMap((group) => listSettings(group.settings))
      .map(({ path, setting }) => [path.join("."), setting]),
  );
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
  return isRange(value) ? `a list of ${counted(value.length, "number")}` : "a list of strings";
}
