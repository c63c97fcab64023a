/**
 * A command of the program as a record: what it is called, which flags it has, and what it does. Parsing,
 * help and exit codes follow from it.
 *
 * @module
 */

import type { Flag } from "./flag.ts";
import type { Flags } from "./flag_values.ts";
import type { Shown } from "./text.ts";

/** Where events of a command go. */
export interface Output {
  /** Prints an event: as JSON, or as the text that `show` makes of it. */
  event<E extends object>(event: E, show: (event: E) => Shown): void;
  /** Prints lines that only people need, such as what to do next; none with `--json`. */
  say(lines: readonly string[]): void;
  /** Notes what all later events carry as JSON, such as the part of a video that they are of. */
  mark(about: Readonly<Record<string, string>>): void;
}

/** What a command works with, besides its flags. */
export interface CommandContext {
  /** Where its events go. */
  readonly output: Output;
  /** Says when to stop. Unless the command stops itself, the next event that it prints ends it. */
  readonly stop: AbortSignal;
}

/** One command. What it needs to run is loaded by `run`, so that the help is there at once. */
export interface Command {
  /** The word that calls it. */
  readonly name: string;
  /** What it does, in one line for the list of commands, without a final period. */
  readonly summary: string;
  /** What stands behind its name: flags that matter most, and inputs. */
  readonly usage: string;
  /** Its flags, or a function that loads them. */
  readonly flags: readonly Flag[] | (() => Promise<readonly Flag[]>);
  /** Whether it stops itself when the user asks for it, because it has something to save. */
  readonly stopsItself?: boolean;
  /** What to say to a user who stopped it about how to go on. */
  readonly goingOn?: string;
  /** Whether it computes on the GPU. */
  readonly usesGpu?: boolean;
  /** Whether it is work for a queue: its time and memory are told at its end. */
  readonly isJob?: boolean;
  /** Whether it takes words that belong to no flag. */
  readonly takesInputs?: boolean;
  /**
   * Does it.
   *
   * @throws {UsageError} If the flags ask for what cannot be.
   */
  run(flags: Flags, context: CommandContext): Promise<void>;
}

/** The flags of a command, loaded where they must be. */
export async function flagsOf({ flags }: Command): Promise<readonly Flag[]> {
  return typeof flags === "function" ? await flags() : flags;
}
