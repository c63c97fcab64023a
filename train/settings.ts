/**
 * Settings as records: a default, what it may be, and one sentence, declared in the file that reads it.
 * Flags, checks, help and `config.json` follow from them.
 *
 * A group of settings is a table {@linkcode Settings} of the same shape as the values; a configuration is
 * the sum of groups.
 *
 * @module
 */

/**
 * What the values of a setting may be.
 *
 * @category Settings
 */
export interface Rule {
  /** In words, for errors: `a whole number ≥ 1`. */
  readonly expected: string;
  /** Whether a value is one of them; NaN and values of other types are not. */
  holds(value: unknown): boolean;
  /**
   * Whether a value may be given instead of the default although it is of another type; only where types
   * differ from the default's.
   */
  alsoTakes?(value: unknown): boolean;
  /** The words to choose from, where there are only so many. */
  readonly choices?: readonly string[];
}

/**
 * One setting.
 *
 * @category Settings
 */
export interface Setting<T> {
  /** Its value unless told otherwise. */
  readonly value: T;
  /** What it may be. */
  readonly rule: Rule;
  /** What it does, in one sentence for the help, without a final period. */
  readonly sentence: string;
  /** Whether most users meet it: the help shows it first. */
  readonly isCommon?: boolean;
  /** Whether a run that goes on may have another value than it began with; learning rates always may. */
  readonly mayChange?: boolean;
  /** Whether its flag may be given several times, once per value. */
  readonly isRepeated?: boolean;
  /** How the help names a value, where that does not follow from what it may be: of a text, that it is a path. */
  readonly placeholder?: string;
}

/**
 * What stands in a table of settings for a value of type T: a setting, or a table for a group.
 *
 * @category Settings
 */
export type SettingEntry<T> = [T] extends [readonly unknown[]] ? Setting<T>
  : [T] extends [object] ? Settings<T>
  : Setting<T>;

/**
 * The settings of a group, in the shape of its values.
 *
 * @category Settings
 */
export type Settings<S> = { readonly [K in keyof S]-?: SettingEntry<S[K]> };

/**
 * Settings that belong together: a paragraph of the help, and the checks of one with another.
 *
 * @category Settings
 */
export interface SettingGroup<S> {
  /** What they are about. */
  readonly title: string;
  /** Each of them. */
  readonly settings: Settings<S>;
  /**
   * What must hold between them, once each is right by itself.
   *
   * @throws {RangeError} If it does not, with name, value and what it may be.
   */
  check?(values: S): void;
}

/** A group whose values are of a type that is not known here. */
export type AnyGroup = SettingGroup<unknown>;

/** A setting and where it stands. */
export interface PlacedSetting {
  /** Keys from the outermost inwards, for example `augmentation`, `noise`. */
  readonly path: readonly string[];
  /** The setting. */
  readonly setting: Setting<unknown>;
}

/** Whether an entry of a table is a setting, not a table. */
function isSetting(entry: object): entry is Setting<unknown> {
  return "sentence" in entry && typeof entry.sentence === "string";
}

/** Every setting of a table, nested ones by their path. */
export function listSettings<S>(settings: Settings<S>): PlacedSetting[] {
  return Object.entries(settings as Readonly<Record<string, object>>)
    .flatMap(([key, entry]): PlacedSetting[] =>
      isSetting(entry)
        ? [{ path: [key], setting: entry }]
        : listSettings(entry as Settings<unknown>)
          .map(({ path, setting }) => ({ path: [key, ...path], setting }))
    );
}

/**
 * The values that settings have unless told otherwise.
 *
 * @category Settings
 */
export function defaultsOf<S>(settings: Settings<S>): S {
  const values = Object.entries(settings as Readonly<Record<string, object>>)
    .map(([key, entry]) =>
      [key, isSetting(entry) ? entry.value : defaultsOf(entry as Settings<unknown>)] as const
    );
  return Object.fromEntries(values) as S;
}

/**
 * Checks values one by one against the rules of their settings.
 *
 * @param task What the values are for, for errors: `train`.
 * @throws {RangeError} If one is missing or is not what it may be, with its name and value.
 */
export function checkValues<S>(
  values: S,
  { settings, task }: { settings: Settings<S>; task: string },
): void {
  for (const { path, setting: { rule } } of listSettings(settings)) {
    const value = valueAt(values, path);
    if (rule.holds(value)) continue;
    refuseValue(path.join("."), { value, expected: rule.expected, task });
  }
}

/** What stands at a path of keys; undefined where it ends early. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (group, key) =>
      typeof group === "object" && group !== null && Object.hasOwn(group, key)
        ? (group as Record<string, unknown>)[key]
        : undefined,
    values,
  );
}

/** A refused value. */
interface RefusedValue {
  /** What the setting is. */
  readonly value: unknown;
  /** What it may be. */
  readonly expected: string;
  /** What cannot be done with it: `train`. */
  readonly task?: string;
}

/** A value that a setting may not have. Who knows where it was given says so in place of the task. */
export class SettingError extends RangeError {
  /** The keys of the setting, joined with dots. */
  readonly setting: string;
  /** Its value. */
  readonly value: unknown;
  /** What it may be. */
  readonly expected: string;

  /** Says what is wrong: `Cannot TASK: SETTING is VALUE, expected …`. */
  constructor(setting: string, { value, expected, task = "train" }: RefusedValue) {
    super(
      `Cannot ${task}: ${setting} is ${JSON.stringify(value) ?? "missing"}, expected ${expected}`,
    );
    this.setting = setting;
    this.value = value;
    this.expected = expected;
  }
}

/**
 * Refuses the value of a setting.
 *
 * @throws {SettingError} Always, with name, value and what it may be.
 */
export function refuseValue(setting: string, refused: RefusedValue): never {
  throw new SettingError(setting, refused);
}

/** What a check of settings threw, with a file as that which cannot be used where it refused a value. */
export function naming(file: string, error: unknown): unknown {
  if (!(error instanceof SettingError)) return error;
  return new SettingError(error.setting, { ...error, task: `use ${file}` });
}

/**
 * Whole numbers from `least` on.
 *
 * @category Settings
 */
export function wholeNumber({ least }: { least: number }): Rule {
  return {
    expected: `a whole number ≥ ${least}`,
    holds: (value) => Number.isInteger(value) && (value as number) >= least,
  };
}

function numbers(expected: string, holds: (value: number) => boolean): Rule {
  return { expected, holds: (value) => typeof value === "number" && holds(value) };
}

/**
 * Numbers from 0 to 1, both included.
 *
 * @category Settings
 */
export const share: Rule = numbers("a share in [0, 1]", (value) => value >= 0 && value <= 1);

/** Learning rates. */
export const rate: Rule = numbers("a rate in (0, 1)", (value) => value > 0 && value < 1);

/**
 * Finite numbers from 0 on.
 *
 * @category Settings
 */
export const notNegative: Rule = numbers("a number ≥ 0", (value) => value >= 0 && value < Infinity);

/**
 * Numbers over 0.
 *
 * @category Settings
 */
export const positive: Rule = numbers("a number > 0", (value) => value > 0);

/**
 * Finite numbers.
 *
 * @category Settings
 */
export const anyNumber: Rule = numbers("a number", Number.isFinite);

/** Some numbers. */
export function oneNumberOf(allowed: readonly number[]): Rule {
  const list = `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;
  return numbers(list, (value) => allowed.includes(value));
}

/** Two numbers, the first not over the second. */
export const range: Rule = {
  expected: "two numbers in ascending order",
  holds: (value) => {
    if (!Array.isArray(value) || value.length !== 2) return false;
    const [from, to] = value;
    return from <= to && Number.isFinite(to - from);
  },
};

/**
 * Some words.
 *
 * @category Settings
 */
export function oneOf(choices: readonly string[]): Rule {
  return {
    expected: `one of ${choices.join(", ")}`,
    holds: (value) => choices.some((choice) => choice === value),
    choices,
  };
}

/** Any text: a path. */
export const text: Rule = { expected: "a text", holds: (value) => typeof value === "string" };

/** Any list of texts: paths. */
export const texts: Rule = {
  expected: "a list of texts",
  holds: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};

/**
 * Yes or no.
 *
 * @category Settings
 */
export const yesOrNo: Rule = {
  expected: "true or false",
  holds: (value) => typeof value === "boolean",
};
