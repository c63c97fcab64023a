/**
 * What to do after a command: the next one, ready to paste.
 *
 * @module
 */

import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

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

/**
 * The words that start a command of this program: its task, wherever the user is; with `setup.sh` where
 * that fetched Deno, as PATH may not lead to it.
 *
 * @param main The module that was started; that of this process unless told.
 * @param deno The program that runs it; that of this process unless told.
 */
export function startOf(
  command: string,
  { main = Deno.mainModule, deno = Deno.execPath() }: { main?: string; deno?: string } = {},
): string {
  const path = main.startsWith("file:") ? fileURLToPath(main) : "";
  if (basename(path) !== "cli.ts") return `deno run -RW ${quoted(main)} ${command}`;
  const root = dirname(path);
  const here = relative(root, Deno.cwd());
  const isInside = !here.startsWith("..") && resolve(root, here) === Deno.cwd();
  if (SETUP_DENO.test(deno)) {
    return `sh ${quoted(here === "" ? "setup.sh" : join(root, "setup.sh"))} ${command}`;
  }
  if (isInside) return `deno task ${command}`;
  return `deno task --config ${quoted(join(root, "deno.json"))} ${command}`;
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
