/**
 * The configuration that a command line asks for: defaults, then a file of settings, then flags. A
 * run that goes on keeps its own.
 *
 * @module
 */

import { checkChange, checkConfig } from "../jobs/train/check_config.ts";
import {
  changeConfig,
  defaultConfigOf,
  settingGroups,
  startingConfig,
  type TrainConfig,
} from "../jobs/train/config.ts";
import { blaming, isThere, ofInput, readWholeText, reasonOf } from "../jobs/disk/files.ts";
import { readModelFile } from "../jobs/disk/model_files.ts";
import { defaultKinds, type Kinds } from "../models/list.ts";
import { settingsOfModel } from "../models/model_file.ts";
import type { SettingChange } from "../models/model_kind.ts";
import { earlierPostprocess } from "../models/unet/postprocess.ts";
import { listSettings, naming, rate, SettingError, valueAt } from "../settings.ts";
import { changeFromFlags, flagOf, namingFlag } from "./setting_flags.ts";
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
  /** Kinds of models and losses to choose from; all of Kymo's unless told. */
  readonly kinds?: Kinds;
}

/**
 * The settings of a run.
 *
 * Settings given for a run that goes on must be those it has, so a command line can be repeated
 * with `--resume` added; only learning rates and the memory may be others.
 *
 * @param flags Parsed flags by name.
 * @throws {UsageError} If a flag's value makes no sense, or the run that goes on has another.
 * @throws {SyntaxError | TypeError | RangeError} If a file of settings is damaged, or holds unknown settings
 *   or values that they may not have.
 */
export async function runConfig(
  flags: Readonly<Record<string, unknown>>,
  { out, file, resume = false, hasExample = true, kinds = defaultKinds }: RunConfigOptions,
): Promise<TrainConfig> {
  const fromFlags = usage(() => changeFromFlags(flags, { groups: settingGroups(kinds) }));
  const fromFile = file === undefined ? {} : await readSettings(file);
  const saved = `${out}/config.json`;
  const isResumed = resume && await isThere(saved);
  const isSynthetic = hasExample && !("stills" in fromFlags) && !("stills" in fromFile);
  const { config: base, given } = isResumed
    ? await resumedConfig(saved, kinds)
    : await freshConfig({ ...fromFile, ...fromFlags }, { isSynthetic, kinds });
  const withFile = blaming(() => {
    const source = { source: file ?? "", kinds };
    const config = changeConfig(base, { change: fromFile, ...source });
    checkChange(fromFile, source);
    return config;
  });
  const config = usage(() => {
    const source = "the command line";
    return changeConfig(withFile, { change: fromFlags, source, kinds });
  });
  try {
    checkConfig(config, kinds);
  } catch (error) {
    throw namingSource(error, {
      flags,
      files: [{ path: file ?? "", settings: fromFile }, ...given],
    });
  }
  if (isResumed) refuseChanges(out, { saved: base, wanted: config, kinds });
  return config;
}

/** Settings that a file gave. */
interface GivenSettings {
  /** The file. */
  readonly path: string;
  /** Its settings. */
  readonly settings: SettingChange;
}

/** What settings begin with, and the files that gave some of them. */
interface BaseConfig {
  /** All settings. */
  readonly config: TrainConfig;
  /** Who gave some of them. */
  readonly given: readonly GivenSettings[];
}

/** A refused value is named by whoever gave it: a flag, a file, or else the default of a flag. */
function namingSource(
  error: unknown,
  { flags, files }: {
    flags: Readonly<Record<string, unknown>>;
    files: readonly GivenSettings[];
  },
): unknown {
  const named = namingFlag(error, flags);
  if (named !== error || !(error instanceof SettingError)) return named;
  const path = error.setting.split(".");
  const file = files.find(({ settings }) => valueAt(settings, path) !== undefined);
  if (file) return ofInput(naming(file.path, error));
  const { value, expected } = error;
  const usual = `the default of --${flagOf({ path })}, ${JSON.stringify(value)}`;
  return new UsageError(`Cannot use ${usual}: expected ${expected}`, { cause: error });
}

/** What a command threw, with its file of settings named where it refused a value that no flag gave. */
export function namingFile(
  error: unknown,
  { file, flags = {} }: { file: string | undefined; flags?: Readonly<Record<string, unknown>> },
): unknown {
  const isFlag = namingFlag(error, flags) !== error;
  if (file === undefined || isFlag || !(error instanceof SettingError)) return error;
  return ofInput(naming(file, error));
}

/** The settings of a run that goes on. */
async function resumedConfig(saved: string, kinds: Kinds): Promise<BaseConfig> {
  const settings = asItWas(await readSettings(saved));
  const source = { change: settings, source: saved, kinds };
  const config = blaming(() => changeConfig(defaultConfigOf(kinds), source));
  return { config, given: [{ path: saved, settings }] };
}

/** Defaults, for the kind of network and for the built-in examples. */
async function freshConfig(
  given: SettingChange,
  { isSynthetic, kinds }: { isSynthetic: boolean; kinds: Kinds },
): Promise<BaseConfig> {
  const { resumeFrom } = given;
  const ofModel = typeof resumeFrom === "string" && resumeFrom !== ""
    ? settingsOfModel(await readModelFile(resumeFrom, kinds))
    : null;
  const config = startingConfig({ ...ofModel && { model: ofModel.model }, ...given }, {
    ...{ isExample: isSynthetic, kinds },
  });
  if (!ofModel) return { config, given: [] };
  const path = String(resumeFrom);
  return {
    config: changeConfig(config, { change: ofModel, source: path, kinds }),
    given: [{ path, settings: ofModel }],
  };
}

function refuseChanges(
  out: string,
  { saved, wanted, kinds }: { saved: TrainConfig; wanted: TrainConfig; kinds: Kinds },
): void {
  const paths = settingGroups(kinds)
    .flatMap(({ settings }) => listSettings(settings))
    // A run that was out of memory, or whose loss exploded, would break again.
    .filter(({ setting: { mayChange, rule } }) => !mayChange && rule !== rate)
    .map(({ path }) => path);
  const textAt = (config: TrainConfig, path: readonly string[]) =>
    JSON.stringify(valueAt(config, path));
  const changed = paths.filter((path) => textAt(saved, path) !== textAt(wanted, path));
  if (changed.length === 0) return;
  const differences = changed.map((path) =>
    `--${flagOf({ path })} is ${textAt(saved, path)}, not ${textAt(wanted, path)}`
  );
  throw new UsageError(
    `Cannot resume ${out} with other settings: ${
      differences.join(", ")
    }; leave them out, or begin ` +
      "another run with another --out",
  );
}

/** The settings in a JSON file; the versions in a run's `config.json` are none. */
async function readSettings(path: string): Promise<SettingChange> {
  const text = await readWholeText(path).catch((error) => {
    throw new Error(
      `Cannot read ${path}: ${reasonOf(error, path)}; give a JSON file of settings`,
      { cause: error },
    );
  });
  const { versions: _versions, ...change } = parseObject(text, path);
  // The first focus models noted neither their stacks nor settings by their present names.
  if (change.model === "focus" && "blocks" in change) {
    throw new TypeError(
      `Cannot use ${path}: an earlier version wrote it for a focus model; predict can use its weights, ` +
        "but it cannot be gone on with; train it anew into another --out",
    );
  }
  return change;
}

/**
 * Settings of a saved run: what an earlier version did not know of is as it was then. It knew of no
 * teacher and no other exposures, took all frames for neighbours and for the range of a video, and summed
 * pixels in generalised Dice. It took any number for a threshold.
 */
function asItWas(saved: SettingChange): SettingChange {
  const { augmentation, postprocess } = saved;
  return {
    ...{ consistency: "siamese", exposure: 1, control: false },
    ...{ neighbours: "order", rangeFrames: "all", generalisedDice: "sums" },
    ...saved,
    ...(isGroup(augmentation) && {
      augmentation: { exposure: { probability: 0 }, ...augmentation },
    }),
    ...(isGroup(postprocess) && { postprocess: earlierPostprocess(postprocess) }),
  };
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function parseObject(text: string, path: string): SettingChange {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read ${path}: ${(error as Error).message}; mend the JSON`);
  }
  if (isGroup(value) && !Array.isArray(value)) return value as SettingChange;
  throw new SyntaxError(
    `Cannot read ${path}: it holds no settings by name; write them as {"depth": 3, …}`,
  );
}
