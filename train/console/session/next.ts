/**
 * What to do after a command: the next one, ready to paste.
 *
 * @module
 */

import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { variable } from "./surroundings.ts";

/** The folder that `setup.sh` puts Deno into. */
const SETUP_DENO = /[\\/]\.kymo(?:-\d+)?[\\/]/;

/** A path as it can be found from any folder. */
export function absolute(path: string): string {
  return resolve(path);
}

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Commands that use no GPU, and so read no variables of its drivers. */
export const WITHOUT_GPU: readonly string[] = [
  "track",
  "evaluate",
  "import",
  "filter",
  "shards",
  "merge",
  "summarise",
  "synth",
];

/** The permissions that a command needs, as `deno run` takes them. */
function permissionsOf(command: string): string {
  return WITHOUT_GPU.includes(command) ? "-RW" : "-RWE";
}

/** What started the program. */
export interface Started {
  /** The module that was started. */
  readonly main: string;
  /** The program that runs it. */
  readonly deno: string;
  /** Whether that was a task: of all ways to start it, tasks alone say where they were called. */
  readonly isTask: boolean;
}

function started(): Started {
  const isTask = variable("INIT_CWD") !== undefined;
  return { main: Deno.mainModule, deno: Deno.execPath(), isTask };
}

/**
 * The words that start a command of this program as the user started this one: by its task, by `setup.sh`
 * where that fetched Deno, as PATH may not lead to it, or by `deno run` with the permissions that the
 * command needs.
 */
export function startOf(command: string, { main, deno, isTask }: Started = started()): string {
  const path = main.startsWith("file:") ? fileURLToPath(main) : "";
  if (basename(path) !== "cli.ts" || !isTask) {
    return `deno run ${permissionsOf(command)} ${
      quoted(path === "" ? main : shortest(path))
    } ${command}`;
  }
  const root = dirname(path);
  const here = relative(root, Deno.cwd());
  if (SETUP_DENO.test(deno)) {
    return `sh ${quoted(here === "" ? "setup.sh" : join(root, "setup.sh"))} ${command}`;
  }
  if (isInside(here)) return `deno task ${command}`;
  return `deno task --config ${quoted(join(root, "deno.json"))} ${command}`;
}

/** A path as it is found from the folder that the program was called in: from there, if it is below. */
function shortest(path: string): string {
  const below = relative(Deno.cwd(), path);
  return isInside(below) ? below : path;
}

/** Whether a path from one folder to another leads into the first. */
function isInside(path: string): boolean {
  return !path.startsWith("..") && !isAbsolute(path);
}

/**
 * The next command as two lines: what it is for, and the command.
 *
 * @param command The command's name and its words; words in capitals are for the user to fill in.
 */
export function next(
  purpose: string,
  command: readonly [name: string, ...words: string[]],
): string[] {
  const [name, ...words] = command;
  return [`Next, to ${purpose}:`, `  ${[startOf(name), ...words.map(quoted)].join(" ")}`];
}
