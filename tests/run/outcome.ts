/**
 * What the processes of the tests left behind, and one line over all of them.
 *
 * @module
 */

import { counted } from "../../train/counted.ts";

/** The counts of a summary, by Deno's words for them: `passed`, `failed`, `ignored` … */
export type Counts = Readonly<Record<string, { readonly tests: number; readonly steps: number }>>;

/** How the process of one test file ended. */
export interface FileOutcome {
  /** The file. */
  readonly file: string;
  /** Its exit code. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: Deno.Signal | null;
  /** What it counted; null if it did not come so far. */
  readonly counts: Counts | null;
  /** All that it printed. */
  readonly text: string;
  /** How long it took, beside others. */
  readonly milliseconds: number;
}

/** Deno's words, in its order; the first two are always said. */
const WORDS = ["passed", "failed", "ignored", "measured", "filtered out"];
const SUMMARY = /^(?:ok|FAILED) \| \d+ passed.* \| \d+ failed.*\)$/;
const COUNT = /\| (\d+) ([a-z ]+?)(?: \((\d+) steps?\))?(?= \|| \([^|]*\)$)/g;
/** A line of Deno's list of failures: `name => ./path:line:column`. */
const FAILURE = /^\S.* => \.?\.?\/.*:\d+:\d+$/;

/** What colours a terminal, which Deno also writes into pipes unless NO_COLOR is set. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** A text without what colours it. */
export function withoutColour(text: string): string {
  return text.replaceAll(COLOUR, "");
}

/** Reads the last summary that `deno test` printed; null if it printed none. */
export function readSummary(text: string): Counts | null {
  const line = withoutColour(text).split("\n").findLast((line) => SUMMARY.test(line));
  if (line === undefined) return null;
  return Object.fromEntries(
    [...line.matchAll(COUNT)].map((
      [, tests, word, steps = "0"],
    ) => [word, { tests: Number(tests), steps: Number(steps) }]),
  );
}

/** One line for every failure of a file: its tests that failed, or how its process ended. */
export function failuresOf({ file, code, signal, counts, text }: FileOutcome): string[] {
  const failed = counts?.failed.tests ?? 0;
  if (code === 0 && counts && failed === 0) return [];
  if (signal) return [`${file}: its process was ended by ${signal}`];
  if (!counts) return [`${file}: its process ended with exit code ${code} and without a summary`];
  if (failed === 0) return [`${file}: exit code ${code}, though no test failed`];
  const plain = withoutColour(text);
  const lines = plain.slice(plain.lastIndexOf("\n FAILURES ")).split("\n");
  const names = lines.filter((line) => FAILURE.test(line));
  return names.length > 0 ? names : [`${file}: ${failed} failed`];
}

/** Whether a file ended well and the filter left none of its tests: there is nothing to say. */
export function isFilteredOut(outcome: FileOutcome): boolean {
  const said = WORDS.filter((word) => outcome.counts?.[word]?.tests);
  return failuresOf(outcome).length === 0 && said.join() === "filtered out";
}

/** So many files are told of, where there are more. */
const SLOWEST = 20;

/** The files that took longest, a line each, the longest first; none where only a few ran. */
export function slowestOf(outcomes: readonly FileOutcome[]): string[] {
  if (outcomes.length <= SLOWEST) return [];
  return outcomes.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST)
    .map(({ file, milliseconds }) => `${formatTime(milliseconds).padStart(6)}  ${file}`);
}

/** The line over all files, as `deno test` would say it of them; `milliseconds` is what they took. */
export function summaryOf(outcomes: readonly FileOutcome[], milliseconds: number): string {
  const isGood = outcomes.every((outcome) => failuresOf(outcome).length === 0);
  const parts = WORDS.map((word, at) => {
    const counts = outcomes.map((outcome) => outcome.counts?.[word] ?? { tests: 0, steps: 0 });
    const steps = counts.reduce((sum, { steps }) => sum + steps, 0);
    let tests = counts.reduce((sum, { tests }) => sum + tests, 0);
    if (word === "failed") tests += outcomes.filter(failedOutsideTests).length;
    const ofSteps = steps > 0 ? ` (${counted(steps, "step")})` : "";
    return at < 2 || tests > 0 ? ` | ${tests} ${word}${ofSteps}` : "";
  });
  return `${isGood ? "ok" : "FAILED"}${parts.join("")} (${formatTime(milliseconds)})`;
}

/** Whether a file failed without a failed test: a crash, or something left over. Counts as one. */
function failedOutsideTests(outcome: FileOutcome): boolean {
  return failuresOf(outcome).length > 0 && !outcome.counts?.failed.tests;
}

/** Time as `deno test` writes it: `84ms`, `38s`, `4m32s`. */
function formatTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.floor(milliseconds)}ms`;
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
