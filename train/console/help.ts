/**
 * The help: the list of commands, and for each its usage and a sentence for every flag.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { COMMON_FLAGS, type Flag } from "./flag.ts";
import { exitCodes } from "./session/exit_codes.ts";
import { startOf } from "./session/next.ts";

/** Characters in a line. */
const WIDTH = 100;
/** The widest flag that a sentence stands beside; beneath wider ones. */
const WIDEST = 24;

/** The commands, one line each, and how to start one of them. */
export function listHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Kymo segments microscopy videos with networks that learn from labelled stills.",
    "",
    `  ${startOf("COMMAND")} ...`,
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "`COMMAND --help` explains a command and its flags. Everywhere: --json prints one JSON object per",
    "event, --debug shows where an error came from. `--version` tells the versions of Kymo and Deno.",
    "",
    "Exit codes:",
    ...Object.values(exitCodes).toSorted((a, b) => a.code - b.code).flatMap(({ code, when }) =>
      wrap(when, { first: String(code).padStart(5) + "  ", rest: " ".repeat(7) })
    ),
  ].join("\n");
}

/** A command: its usage, and its flags by title. */
export function commandHelp(
  { name, summary, usage }: Command,
  { flags }: { flags: readonly Flag[] },
): string {
  const titles = [...new Set(flags.map(({ title }) => title ?? ""))].sort(byOrder);
  return [
    `${summary}.`,
    "",
    ...wrap(`${startOf(name)} ${usage}`.trimEnd(), { first: "  ", rest: "      " }),
    ...titles.flatMap((title) => [
      "",
      ...(title === "" ? [] : [`${title}:`]),
      ...flags.filter((flag) => (flag.title ?? "") === title).flatMap(flagHelp),
    ]),
    "",
    "Everywhere:",
    ...COMMON_FLAGS.flatMap(flagHelp),
  ].join("\n");
}

/** Flags without a title come first, titles stay in their order. */
function byOrder(a: string, b: string): number {
  return Number(a !== "") - Number(b !== "");
}

function flagHelp(flag: Flag): string[] {
  const { name, kind, placeholder = "VALUE" } = flag;
  const value = kind === "switch" ? "" : ` ${placeholder}`;
  const head = `  --${name}${value}${kind === "repeated" ? "..." : ""}`;
  const indent = " ".repeat(WIDEST + 4);
  const text = sentenceOf(flag);
  if (head.length <= WIDEST + 2) {
    return wrap(text, { first: head.padEnd(indent.length), rest: indent });
  }
  return [head, ...wrap(text, { first: indent, rest: indent })];
}

/** The sentence and what else is to be known: `Losses of stills (dice or bce; default dice)`. */
function sentenceOf({ name, sentence, kind, choices, default: usual }: Flag): string {
  const facts = [
    ...(choices ? [`${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`] : []),
    ...(usual ? [`default ${usual}`] : []),
    ...(kind === "switch" && usual === "true" ? [`--no-${name} turns it off`] : []),
  ];
  return facts.length === 0 ? sentence : `${sentence} (${facts.join("; ")})`;
}

/** Breaks text between words; a word that is too long stands alone. */
function wrap(text: string, { first, rest }: { first: string; rest: string }): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
