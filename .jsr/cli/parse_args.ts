import type { Aliases, Args, Names, ParseOptions } from "./types.ts";

/**
 * Reads command line words into options and the rest, as the package `@std/cli` does. Left out:
 * `stopEarly`, `boolean: true`, and values glued to a single letter (`-n5`, `-I/path`).
 *
 * - `--name value`, `--name=value`, `-n value`, `-n=value`; `-abc` is `-a -b -c`.
 * - A word that starts with `-` is never taken as the value of `--name`: write `--name=-1`.
 * - Values that look like numbers become numbers unless the option is named in `string`.
 * - `--a.b 1` gives `{ a: { b: 1 } }`.
 */
export function parseArgs<
  R extends boolean | undefined = undefined,
  B extends Names = undefined,
  S extends Names = undefined,
  C extends Names = undefined,
  N extends Names = undefined,
  D extends Record<string, unknown> | undefined = undefined,
  A extends Aliases | undefined = undefined,
>(
  args: string[],
  options: ParseOptions<B, S, C, N, D, A, R> = {},
): Args<B, S, C, N, D, A, R> {
  const names = readNames(options);
  const parsed: Parsed = { _: [] };
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  for (let at = 0; at < words.length;) at += readWord(words, { at, names, parsed });
  addDefaults(parsed, names);
  const rest = end < 0 ? [] : args.slice(end + 1);
  if (options["--"]) parsed["--"] = rest;
  else parsed._.push(...rest);
  return parsed as unknown as Args<B, S, C, N, D, A, R>;
}

type Parsed = { _: (string | number)[]; [name: string]: unknown };

/** The options as sets, each with all aliases of its names. */
interface KnownNames {
  boolean: Set<string>;
  string: Set<string>;
  collect: Set<string>;
  negatable: Set<string>;
  /** Per name, all other names of the same option. */
  others: Map<string, string[]>;
  defaults: Record<string, unknown>;
  unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

function readNames(options: ParseOptions): KnownNames {
  const others = new Map<string, string[]>();
  for (const [name, aliases] of Object.entries(options.alias ?? {})) {
    const all = [name, ...[aliases].flat()] as string[];
    for (const one of all) others.set(one, all.filter((other) => other !== one));
  }
  const known = (names?: string | readonly string[]) =>
    new Set(
      [names ?? []].flat().flatMap((name) => [name, ...(others.get(name as string) ?? [])]),
    ) as Set<string>;
  return {
    boolean: known(options.boolean),
    string: known(options.string),
    collect: known(options.collect),
    negatable: known(options.negatable),
    others,
    defaults: options.default ?? {},
    unknown: options.unknown ?? (() => true),
  };
}

interface Position {
  at: number;
  names: KnownNames;
  parsed: Parsed;
}

/** Reads the word at a position (and its value); returns how many words that took. */
function readWord(words: string[], { at, names, parsed }: Position): 1 | 2 {
  const word = words[at];
  const [, dashes, name, value] = word.match(/^(--?)(.+?)(?:=(.+))?$/s) ?? [];
  if (name === undefined) {
    const plain = names.string.has("_") || !isNumber(word) ? word : Number(word);
    if (names.unknown(word) !== false) parsed._.push(plain);
    return 1;
  }
  const set = (key: string, to: unknown) => setOption(key, to, { word, names, parsed });
  const negated = dashes === "--" && name.startsWith("no-") ? name.slice(3) : undefined;
  if (value === undefined && negated !== undefined && names.negatable.has(negated)) {
    assign(parsed, { key: negated, value: false, names, collect: false });
    return 1;
  }
  const letters = dashes === "-" ? [...name] : [name];
  const key = letters.pop()!;
  for (const letter of letters) set(letter, withoutValue(letter, names));
  if (value !== undefined) {
    set(key, names.boolean.has(key) ? value !== "false" : value);
    return 1;
  }
  const next = words[at + 1];
  const isFlag = dashes === "--" ? /^-/ : /^--?[^-]/;
  if (next && !names.boolean.has(key) && !isFlag.test(next)) {
    set(key, next);
    return 2;
  }
  if (next === "true" || next === "false") {
    set(key, next === "true");
    return 2;
  }
  set(key, withoutValue(key, names));
  return 1;
}

function withoutValue(key: string, names: KnownNames): "" | true {
  return names.string.has(key) ? "" : true;
}

interface Found {
  word: string;
  names: KnownNames;
  parsed: Parsed;
}

function setOption(key: string, value: unknown, { word, names, parsed }: Found): void {
  const isNamed = names.boolean.has(key) || names.string.has(key) || names.others.has(key);
  if (!isNamed && names.unknown(word, key, value) === false) return;
  const isPlainNumber = typeof value === "string" && !names.string.has(key) && isNumber(value);
  assign(parsed, {
    key,
    value: isPlainNumber ? Number(value) : value,
    names,
    collect: names.collect.has(key),
  });
}

interface Assignment {
  key: string;
  value: unknown;
  names: KnownNames;
  collect: boolean;
}

/** Sets the option under all its names; with `collect`, adds to the values so far. */
function assign(parsed: Parsed, { key, value, names, collect }: Assignment): void {
  for (const name of [key, ...(names.others.get(key) ?? [])]) {
    const { holder, last } = place(parsed, name);
    const before = Object.hasOwn(holder, last) ? holder[last] : undefined;
    if (!collect) holder[last] = value;
    else if (Array.isArray(before)) before.push(value);
    else holder[last] = before ? [before, value] : [value];
  }
}

/** The object and key that a dotted name stands for; objects on the way are made. */
function place(parsed: Parsed, name: string): { holder: Record<string, unknown>; last: string } {
  const path = name.split(".");
  const last = path.pop()!;
  let holder: Record<string, unknown> = parsed;
  for (const step of path) {
    if (!Object.hasOwn(holder, step)) holder[step] = {};
    holder = holder[step] as Record<string, unknown>;
  }
  return { holder, last };
}

function addDefaults(parsed: Parsed, names: KnownNames): void {
  const fill = (key: string, value: unknown) => {
    const { holder, last } = place(parsed, key);
    if (!Object.hasOwn(holder, last)) assign(parsed, { key, value, names, collect: false });
  };
  for (const [key, value] of Object.entries(names.defaults)) fill(key, value);
  for (const key of names.boolean) fill(key, names.collect.has(key) ? [] : false);
  for (const key of names.string) if (names.collect.has(key)) fill(key, []);
}

function isNumber(text: string): boolean {
  return /^0x[0-9a-f]+$/i.test(text) || /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/.test(text);
}
