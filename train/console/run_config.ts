/**
 * The configuration that a command line asks for: defaults, then a file of settings, then flags. A
 * run that goes on keeps its own.
 *
 * @module
 */

import {
  changeConfig,
  type ConfigChange,
  defaultConfig,
  holotomographyConfig,
  modelConfigs,
  type ModelKind,
  syntheticConfig,
  type TrainConfig,
} from "../jobs/train/config.ts";
import { checkConfig } from "../jobs/train/check_config.ts";
import { settingsOfModel } from "../models/model_file.ts";
import { listSettings, valueAt } from "../settings.ts";
import { changeFromFlags, flagOf } from "./setting_flags.ts";
import { settingGroups } from "./setting_groups.ts";
import { usage, UsageError } from "./usage_error.ts";

/** Where else settings come from, besides the flags. */
export interface RunConfigOptions {
  /** The run folder. */
  readonly out: string;
  /** A JSON file of settings. */
  readonly file?: string;
  /** Go on with the run in the folder, if there is one. */
  readonly resume?: boolean;
  /** Whether a run without stills of its own is the built-in example; true unless told. */
  readonly hasExample?: boolean;
}

/**
 * The settings of a run.
 *
 * Settings given for a run that goes on must be those it has, so a command line can be repeated
 * with `--resume` added.
 *
 * @param flags Parsed flags by name.
 * @throws {UsageError} If a flag's value makes no sense, or the run that goes on has another.
 * @throws {SyntaxError | TypeError} If a file of settings is damaged or holds unknown settings.
 */
export async function runConfig(
  flags: Readonly<Record<string, unknown>>,
  { out, file, resume = false, hasExample = true }: RunConfigOptions,
): Promise<TrainConfig> {
  const fromFlags = usage(() => changeFromFlags(flags, { groups: settingGroups() }));
  const fromFile = file === undefined ? {} : await readSettings(file);
  const saved = `${out}/config.json`;
  const isResumed = resume && await Deno.stat(saved).then(() => true, () => false);
  const isSynthetic = hasExample && !("stills" in fromFlags) && !("stills" in fromFile);
  const base = isResumed
    ? changeConfig(defaultConfig, { change: await readSettings(saved), source: saved })
    : await freshConfig({ ...fromFile, ...fromFlags }, { isSynthetic });
  const withFile = changeConfig(base, { change: fromFile, source: file ?? "" });
  const config = usage(() => {
    const config = changeConfig(withFile, { change: fromFlags, source: "the command line" });
    checkConfig(config);
    return config;
  });
  if (isResumed) refuseChanges(out, { saved: base, wanted: config });
  return config;
}

/** Defaults, for the kind of network and for the built-in examples. */
async function freshConfig(
  { model, resumeFrom, synthetic }: ConfigChange,
  { isSynthetic }: { isSynthetic: boolean },
): Promise<TrainConfig> {
  const given = typeof resumeFrom === "string" && resumeFrom !== ""
    ? await settingsOfModel(resumeFrom)
    : null;
  const kind = String(model ?? given?.model);
  const known = Object.hasOwn(modelConfigs, kind) ? kind as ModelKind : defaultConfig.model;
  const example = synthetic === "holotomography" ? holotomographyConfig : syntheticConfig;
  const config = {
    ...defaultConfig,
    model: known,
    ...modelConfigs[known],
    ...(isSynthetic ? example : {}),
  };
  if (!given) return config;
  return changeConfig(config, { change: given, source: String(resumeFrom) });
}

function refuseChanges(
  out: string,
  { saved, wanted }: { saved: TrainConfig; wanted: TrainConfig },
): void {
  const differences = settingGroups().flatMap(({ settings }) => listSettings(settings))
    .flatMap(({ path }) => {
      const [before, now] = [saved, wanted].map((config) => JSON.stringify(valueAt(config, path)));
      return before === now ? [] : [`--${flagOf({ path })} is ${before}, not ${now}`];
    });
  if (differences.length === 0) return;
  throw new UsageError(
    `Cannot resume ${out} with other settings: ${
      differences.join(", ")
    }; leave them out, or begin ` +
      "another run with another --out",
  );
}

/** The settings in a JSON file; the versions in a run's `config.json` are none. */
async function readSettings(path: string): Promise<ConfigChange> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new Error(`Cannot read ${path}: ${error.message}; give a JSON file of settings`);
  });
  const { versions: _versions, ...change } = parseObject(text, path);
  return change;
}

function parseObject(text: string, path: string): ConfigChange {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read ${path}: ${(error as Error).message}; mend the JSON`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as ConfigChange;
  }
  throw new SyntaxError(
    `Cannot read ${path}: it holds no settings by name; write them as {"depth": 3, …}`,
  );
}
