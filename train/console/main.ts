/**
 * Runs a command line: finds the command, reads its flags, shows help or what it tells, and gives the
 * exit code.
 *
 * @module
 */

import { type Command, flagsOf } from "./command.ts";
import { commandHelp, listHelp } from "./help.ts";
import { commands as allCommands } from "./list.ts";
import { OutputFullError, Printer, processTerminal, type Terminal } from "./output.ts";
import { numberFlag } from "./flag_values.ts";
import { nearest } from "./nearest.ts";
import { parseFlags } from "./parse.ts";
import { exitCodeOf, exitCodes } from "./session/exit_codes.ts";
import { printable } from "./session/printable.ts";
import { watchSignals } from "./session/signals.ts";
import { isStopped, Stopped } from "./session/stopped.ts";
import { hostName, outdatedDeno, prepareGpu } from "./session/surroundings.ts";
import { formatUsage, usageOf } from "./session/usage.ts";
import type { Shown } from "./text.ts";
import { IncompleteError, UsageError } from "./usage_error.ts";

/** What a command line may call, and where its text goes. */
export interface RunCommandOptions {
  /** The commands; those of the program unless told. */
  readonly commands?: readonly Command[];
  /** Where text goes; stdout and stderr unless told. */
  readonly terminal?: Terminal;
}

/**
 * Runs a command line and gives its exit code, one of {@linkcode exitCodes}. Where nobody reads its output any
 * more, as behind `| head`, it ends without a word; where the disk that takes it is full, with one line.
 */
export async function runCommand(
  args: readonly string[],
  { commands = allCommands, terminal = processTerminal() }: RunCommandOptions = {},
): Promise<number> {
  try {
    return await run(args, { commands, terminal });
  } catch (error) {
    if (isUnread(error)) return exitCodes.unread.code;
    if (!(error instanceof OutputFullError)) throw error;
    terminal.complain(error.message);
    return exitCodeOf(error);
  }
}

/** Whether something ended because nobody reads what it writes. */
function isUnread(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe;
}

async function run(
  args: readonly string[],
  { commands, terminal }: Required<RunCommandOptions>,
): Promise<number> {
  const complain = (text: string) =>
    text.split("\n").forEach((line) => terminal.complain(printable(line)));
  const refusal = outdatedDeno(Deno.version.deno);
  if (refusal !== null) {
    complain(refusal);
    return exitCodes.usage.code;
  }
  const [name, ...rest] = args;
  if (name === undefined) {
    complain(listHelp(commands));
    return exitCodes.usage.code;
  }
  if (["help", "--help", "-h"].includes(name)) {
    terminal.write(listHelp(commands) + "\n");
    return exitCodes.done.code;
  }
  if (["version", "--version", "-V"].includes(name)) {
    const { versions } = await import("../jobs/disk/version.ts");
    const known = Object.entries(versions()).map((pair) => pair.join(" "));
    terminal.write(`${known.join(", ")}\n`);
    return exitCodes.done.code;
  }
  const command = commands.find((command) => command.name === name);
  if (command === undefined) {
    const names = commands.map(({ name }) => name);
    const near = nearest(name, names);
    const meant = near === undefined
      ? `use one of ${names.join(", ")}, or`
      : `did you mean ${near}? See`;
    complain(`Cannot run ${name}: no such command; ${meant} --help`);
    return exitCodes.usage.code;
  }
  const json = rest.includes("--json");
  const quiet = rest.includes("--quiet");
  const host = hostName();
  const how = {
    ...{ json, quiet, about: host === null ? undefined : { host } },
    onUnread: () => stopping.stopUnread(),
  };
  let output = new Printer(terminal, how);
  let isUnderway = false;
  let hasFailed = false;
  using stopping = watchSignals(() => {
    output.close();
    complain("Stopping at the next step; Ctrl-C again stops at once");
  });
  if (!command.stopsItself) {
    output = new Printer(terminal, { ...how, stop: stopping.signal });
  }
  try {
    const known = await flagsOf(command);
    const flags = parseFlags(rest, { flags: known, takesInputs: command.takesInputs });
    const expected = "minutes, a number over 0";
    const minutes = numberFlag(flags, "time-limit", { expected });
    if (minutes !== undefined && !(minutes > 0)) {
      throw new UsageError(`Cannot use --time-limit ${minutes}: expected ${expected}`);
    }
    if (minutes !== undefined) stopping.stopIn(minutes);
    if (flags.help) terminal.write(commandHelp(command, { flags: known }) + "\n");
    else {
      if (command.usesGpu) await prepareGpu();
      isUnderway = command.isJob === true;
      try {
        await command.run(flags, { output, stop: stopping.signal });
      } catch (error) {
        const { namingFlag } = await import("./setting_flags.ts");
        throw namingFlag(error, flags);
      }
    }
    return output.isUnread ? exitCodes.unread.code : exitCodes.done.code;
  } catch (error) {
    output.close();
    if (isUnread(error) || error instanceof OutputFullError) throw error;
    if (isStopped(error)) {
      if (output.isUnread) return exitCodes.unread.code;
      complain([messageOf(error), command.goingOn].filter(Boolean).join("; "));
      if (error instanceof Stopped) error.lines.forEach(complain);
      return stopping.code;
    }
    const help = error instanceof IncompleteError ? `; see ${command.name} --help` : "";
    complain(rest.includes("--debug") ? traceOf(error) : messageOf(error) + help);
    const code = exitCodeOf(error);
    // What makes no sense was refused before anything was done.
    if (code === exitCodes.usage.code) isUnderway = false;
    // What is to be called again is to ask a queue for as much.
    hasFailed = code !== exitCodes.again.code;
    return code;
  } finally {
    if (isUnderway) output.last(usageOf(command.name), hasFailed ? () => NOTHING : formatUsage);
    output.close();
  }
}

/** What a person is told of the time and memory of work that came to nothing. */
const NOTHING: Shown = { lines: [], status: null };

function traceOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}

/** One line, whatever the message quotes. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, " ");
}
