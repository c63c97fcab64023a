/**
 * Which test files share a process.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type FileOutcome, withoutColour } from "./outcome.ts";
import { ALONE, LONG, LONGEST } from "./files.ts";

/** The module that runs several files. */
const GROUP = "tests/run/group.ts";
/** Files of a group: enough to load once what they share, and few enough for memory. */
const MOST = 12;
/** What is done before or after the tests of a file would be done to those of all files. */
const HOOK = /\bDeno\.test\.(?:before|after)(?:All|Each)\b/;

/**
 * Parts files into groups, in their order: those that take long, claim something of their process or have
 * hooks are alone, and neighbours among the others are together.
 *
 * @param root The folder that paths are relative to.
 */
export async function groupsOf(
  files: readonly string[],
  { root }: { root: string },
): Promise<string[][]> {
  const apart = new Set([...LONGEST, ...LONG, ...ALONE]);
  const groups: string[][] = [];
  const isAlone = async (file: string) =>
    apart.has(file) || HOOK.test(await Deno.readTextFile(resolve(root, file)));
  let open: string[] = [];
  for (const file of files) {
    if (await isAlone(file)) {
      groups.push([file]);
      continue;
    }
    if (open.length === 0) groups.push(open);
    open.push(file);
    if (open.length === MOST) open = [];
  }
  return groups;
}

/** The words for `deno test` that run files together. */
export function wordsFor(files: readonly string[], { root }: { root: string }): string[] {
  if (files.length === 1) return [...files];
  return [GROUP, "--", ...files.map((file) => pathToFileURL(resolve(root, file)).href)];
}

/** What `deno test` calls an error of the module that runs several files, such as a promise that nobody waits for. */
const UNCAUGHT = `./${GROUP} (uncaught error)`;

/**
 * Whether nobody knows which of several files is at fault: the process died, or failed outside of a test. Each
 * of them runs alone then.
 */
export function isUnclear(
  { code, counts, text }: Pick<FileOutcome, "code" | "counts" | "text">,
  files: readonly string[],
): boolean {
  if (files.length === 1 || code === 0) return false;
  return !counts?.failed.tests || withoutColour(text).split("\n").includes(UNCAUGHT);
}
