/**
 * From the words of a command line to flags by name.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { COMMON_FLAGS, type Flag } from "./flag.ts";
import type { Flags } from "./flag_values.ts";
import { nearest } from "./nearest.ts";
import { IncompleteError, UsageError } from "./usage_error.ts";

/** What a command understands. */
export interface Grammar {
  /** Its own flags. */
  readonly flags: readonly Flag[];
  /** Whether it takes words that belong to no flag. */
  readonly takesInputs?: boolean;
}

/**
 * Reads words.
 *
 * Flags may be spelled as settings are in `config.json`: `--warmupRate`, `--augmentation.noise`.
 *
 * @returns Flags by name, switches only if they were given, inputs under `_`.
 * @throws {UsageError} If a flag is unknown or has no value, or a word belongs to none.
 */
export function parseFlags(
  words: readonly string[],
  { flags, takesInputs = false }: Grammar,
): Flags {
  const args = withNegatives(words.map((word) => asFlag(word, flags)), flags);
  refuseValues(args, flags);
  const named = (kinds: readonly Flag["kind"][]) =>
    flags.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  const common = (kind: Flag["kind"]) =>
    COMMON_FLAGS.filter((flag) => flag.kind === kind).map(({ name }) => name);
  const switches = [...named(["switch"]), ...common("switch")];
  const parsed = parseArgs([...args], {
    string: [...named(["value", "repeated"]), ...common("value"), "_"],
    boolean: switches,
    collect: named(["repeated"]),
    negatable: named(["switch"]),
    unknown: (arg, key) => {
      if (key !== undefined) {
        const near = nearest(key, [...flags, ...COMMON_FLAGS].map(({ name }) => name));
        const meant = near === undefined ? "see" : `did you mean --${near}? See`;
        throw new UsageError(`Cannot use ${arg}: unknown flag; ${meant} --help`);
      }
      if (!takesInputs) throw new UsageError(`Cannot use ${arg}: it belongs to no flag`);
    },
  });
  for (const [name, value] of Object.entries(parsed)) {
    if (name !== "_" && [value as unknown].flat().includes("")) refuseMissing(name);
  }
  // The parser calls a switch that was not given false; it must not count as a changed setting.
  const isGiven = (name: string) =>
    args.some((arg) => arg.match(/^--(?:no-)?([^=]+)/)?.[1] === name);
  return Object.fromEntries(
    Object.entries(parsed).filter(([name]) => !switches.includes(name) || isGiven(name)),
  );
}

/** Refuses what the parser takes otherwise: empty values as a part of the name, those of switches as true. */
function refuseValues(words: readonly string[], flags: readonly Flag[]): void {
  for (const word of words) {
    const [, name, value] = word.match(/^--([^=]+)=(.*)$/s) ?? [];
    const flag = [...flags, ...COMMON_FLAGS].find((flag) => flag.name === name);
    if (flag === undefined) continue;
    if (value === "") refuseMissing(flag.name);
    if (flag.kind === "switch" && !["true", "false"].includes(value)) {
      throw new UsageError(`Cannot use ${word}: expected true or false`);
    }
  }
}

function refuseMissing(name: string): never {
  throw new IncompleteError(`Cannot use --${name}: its value is missing`);
}

/** The words with negative numbers joined to the flags before them, as they would be taken for flags. */
function withNegatives(words: readonly string[], flags: readonly Flag[]): string[] {
  const takeValues = new Set(
    [...flags, ...COMMON_FLAGS].filter(({ kind }) => kind !== "switch").map(({ name }) =>
      `--${name}`
    ),
  );
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    const isValue = before !== undefined && takeValues.has(before) && /^-\.?\d/.test(word);
    if (isValue) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}

/** A word with the flag's own spelling, if it spells one as a file of settings does. */
function asFlag(word: string, flags: readonly Flag[]): string {
  const [, dashes, given = "", rest] = word.match(/^(--(?:no-)?)([^=]*)(.*)$/s) ?? [];
  if (dashes === undefined || flags.some(({ name }) => name === given)) return word;
  const name = given.replaceAll(".", "-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return flags.some((flag) => flag.name === name) ? `${dashes}${name}${rest}` : word;
}
