/** The real command line as a child process, on real files. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

/** The permissions that the tasks give. */
const PERMISSIONS = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env=NODE_ENV"];
const PROGRAM = fileURLToPath(new URL("../../cli.ts", import.meta.url));

/** The words that start the program, to be put before its own. */
export const PROGRAM_WORDS: readonly string[] = ["deno", "run", ...PERMISSIONS, PROGRAM];

/** What a run of the program left behind. */
export interface Outcome {
  /** The exit code. */
  readonly code: number;
  /** Lines on stdout. */
  readonly lines: readonly string[];
  /** Everything on stderr. */
  readonly error: string;
}

/** Where and how the program runs. */
export interface Place {
  /** The working folder. */
  readonly cwd?: string;
  /** Words that start the program; {@linkcode PROGRAM_WORDS} by default. */
  readonly start?: readonly string[];
}

/** A program that is about to start, with its output in pipes. */
export function command(
  args: readonly string[],
  { cwd, start = PROGRAM_WORDS }: Place = {},
): Deno.Command {
  return new Deno.Command(start[0], {
    args: [...start.slice(1), ...args],
    cwd,
    // Without this variable some drivers complain on stderr.
    env: { XDG_RUNTIME_DIR: "/", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program to its end. */
export async function kymo(args: readonly string[], place: Place = {}): Promise<Outcome> {
  const { code, stdout, stderr } = await command(args, place).output();
  const text = new TextDecoder().decode(stdout);
  return {
    code,
    lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"),
    error: new TextDecoder().decode(stderr),
  };
}

/** Runs the program, which must succeed in silence on stderr, and gives the lines of stdout. */
export async function runs(args: readonly string[], place: Place = {}): Promise<readonly string[]> {
  const { code, lines, error } = await kymo(args, place);
  assertEquals({ code, error }, { code: 0, error: "" }, args.join(" "));
  return lines;
}

/** Runs the program with `--json` and gives its events. */
export async function events(
  args: readonly string[],
  place: Place = {},
): Promise<Record<string, unknown>[]> {
  return (await runs([...args, "--json"], place)).map((line) => JSON.parse(line));
}

/** Runs the program, which must fail with a code and say one line on stderr with certain words. */
export async function fails(
  args: readonly string[],
  { code, says, ...place }: Place & { code: 1 | 2; says: readonly string[] },
): Promise<Outcome> {
  const outcome = await kymo(args, place);
  assertFailed(outcome, { code, says, what: args.join(" ") });
  return outcome;
}

/** Checks an outcome as {@linkcode fails} does. */
export function assertFailed(
  outcome: Outcome,
  { code, says, what }: { code: 1 | 2; says: readonly string[]; what: string },
): void {
  const { error } = outcome;
  assertEquals(outcome.code, code, `${what}: ${error}`);
  assertEquals(error.split("\n").length, 2, `${what} must say one line, not: ${error}`);
  for (const words of says) assertStringIncludes(error, words, what);
  assertEquals(/^[A-Z]/.test(error) && !/\.\n$/.test(error), true, `house style: ${error}`);
}

/** The first lines that a program prints. */
export async function firstLines(child: Deno.ChildProcess, count: number): Promise<string[]> {
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split("\n");
    if (lines.length > count) return lines.slice(0, count);
  }
  throw new Error(`The program ended after ${text}`);
}

/** Does some work for every item, at most a few at a time. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** Settings of a run that takes a second, as flags. */
export const TINY: readonly string[] = [
  ...["--depth=1", "--base=2", "--patch=16", "--batch=2", "--pairs=1", "--warmup=4", "--rounds=1"],
  ...["--ramp=0", "--warmup-rate=0.01", "--validate-every=2", "--save-every=2"],
];

/** Every path below a folder, files and folders alike, sorted. */
export async function tree(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    found.push(name);
    if (isDirectory) found.push(...(await tree(`${path}/${name}`)).map((f) => `${name}/${f}`));
  }
  return found.sort();
}
