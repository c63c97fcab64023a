/**
 * Values of flags on the command line.
 *
 * @module
 */

import { IncompleteError, UsageError } from "./usage_error.ts";

/** Parsed flags by name. */
export type Flags = Readonly<Record<string, unknown>>;

/** The text of a flag, if it was given. */
export function textFlag(flags: Flags, name: string): string | undefined {
  return flags[name] as string | undefined;
}

/**
 * The text of a flag that must be given.
 *
 * @throws {UsageError} If it is missing.
 */
export function requiredFlag(flags: Flags, name: string): string {
  const value = textFlag(flags, name);
  if (value === undefined) throw new IncompleteError(`Cannot start: --${name} is missing`);
  return value;
}

/**
 * The whole number of a flag, if it was given.
 *
 * @throws {UsageError} If it is no whole number from `least`, 0 unless told, to `most`.
 */
export function countFlag(
  flags: Flags,
  name: string,
  { least = 0, most = Infinity } = {},
): number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  const isWithin = number >= least && number <= most;
  if (value.trim() !== "" && Number.isSafeInteger(number) && isWithin) return number;
  const isOpen = most === Infinity;
  const bound = least === -Infinity ? "" : isOpen ? ` ≥ ${least}` : ` from ${least} to ${most}`;
  throw new UsageError(`Cannot use --${name} ${value}: expected a whole number${bound}`);
}

/**
 * The whole number of a flag, which may be negative, if it was given.
 *
 * @throws {UsageError} If it is no whole number.
 */
export function wholeFlag(flags: Flags, name: string): number | undefined {
  return countFlag(flags, name, { least: -Infinity });
}

/**
 * The number of a flag, if it was given.
 *
 * @param options.expected What an error says was expected, with the unit.
 * @throws {UsageError} If it is no finite number.
 */
export function numberFlag(
  flags: Flags,
  name: string,
  { expected = "a number" } = {},
): number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number)) return number;
  throw new UsageError(`Cannot use --${name} ${value}: expected ${expected}`);
}

/**
 * The share of a flag, from 0 to 1, if it was given.
 *
 * @throws {UsageError} If it is none.
 */
export function shareFlag(flags: Flags, name: string): number | undefined {
  const number = numberFlag(flags, name);
  if (number === undefined || (number >= 0 && number <= 1)) return number;
  throw new UsageError(`Cannot use --${name} ${number}: expected a number from 0 to 1`);
}

/**
 * The choice of a flag, if it was given.
 *
 * @throws {UsageError} If it is none of `choices`.
 */
export function choiceFlag<T extends string>(
  flags: Flags,
  name: string,
  { choices }: { choices: readonly T[] },
): T | undefined {
  const value = textFlag(flags, name);
  const choice = choices.find((choice) => choice === value);
  if (value === undefined || choice !== undefined) return choice;
  const list = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  throw new UsageError(`Cannot use --${name} ${value}: expected ${list}`);
}

/**
 * `auto`, or the number over 0 of a flag, if it was given.
 *
 * @throws {UsageError} If it is neither.
 */
export function autoFlag(flags: Flags, name: string): "auto" | number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined || value === "auto") return value;
  const number = Number(value);
  if (number > 0 && number < Infinity) return number;
  throw new UsageError(`Cannot use --${name} ${value}: expected auto or a number over 0`);
}
