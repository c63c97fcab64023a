/**
 * Prints what commands tell: for people as lines and a status line, for programs as JSON.
 *
 * @module
 */

import type { Output } from "./command.ts";
import { printable, printableJson } from "./session/printable.ts";
import { Stopped } from "./session/stopped.ts";
import type { Shown } from "./text.ts";

/** Milliseconds between two status lines where each is kept. */
const STATUS_EVERY = 10_000;

/** Where text goes. */
export interface Terminal {
  /** Whether somebody looks on, so that a line can be replaced. */
  readonly isInteractive: boolean;
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes a line of its own for what went wrong. */
  complain(line: string): void;
}

/** The output goes into a file on a disk that is full. */
export class OutputFullError extends Error {
  /** The name of this error class. */
  override readonly name = "OutputFullError";

  /** Says what to do. */
  constructor(cause?: unknown) {
    super(
      "Cannot write the output: the disk is full; free some space or write it to another disk",
      { cause },
    );
  }
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(String((error as { code?: unknown } | null)?.code));
}

/** The terminal of this process: stdout, and stderr for complaints. */
export function processTerminal(): Terminal {
  const encoder = new TextEncoder();
  return {
    isInteractive: Deno.stdout.isTerminal(),
    write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
      } catch (error) {
        throw isFull(error) ? new OutputFullError(error) : error;
      }
    },
    complain: (line) => console.error(line),
  };
}

/** What is told before the work, not of its results: what inputs were taken for, and what will be done. */
const ANNOUNCEMENTS: readonly unknown[] = ["input", "range", "plan", "task"];

function isAnnounced(event: object): boolean {
  return "type" in event && ANNOUNCEMENTS.includes(event.type);
}

/** Prints events for people or for programs. */
export class Printer implements Output {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #stop: AbortSignal | undefined;
  readonly #onUnread: () => void;
  readonly #clock: () => number;
  #about: Readonly<Record<string, string>>;
  #isUnread = false;
  #hasStatus = false;
  #lastStatus = { at: -Infinity, text: "" };

  /**
   * Starts; with `json`, every event is one line of JSON, which ends with what `about` says of all of them
   * and the `time`. With `quiet` there are neither status nor hints nor announcements for people, and no
   * event of progress. `stop` says when an event is the
   * last, `onUnread` is called once when nobody reads any more; the clock (milliseconds) can be replaced in
   * tests.
   */
  constructor(
    terminal: Terminal,
    {
      json,
      quiet = false,
      about = {},
      stop,
      onUnread = () => {},
      clock = () => performance.now(),
    }: {
      json: boolean;
      about?: Readonly<Record<string, string>>;
      quiet?: boolean;
      stop?: AbortSignal;
      onUnread?: () => void;
      clock?: () => number;
    },
  ) {
    this.#terminal = terminal;
    this.#json = json;
    this.#quiet = quiet;
    this.#about = about;
    this.#stop = stop;
    this.#onUnread = onUnread;
    this.#clock = clock;
  }

  /**
   * Prints an event: as JSON, or as the text that `show` makes of it.
   *
   * @throws {Stopped} If it is the last, as the user asked for.
   */
  event<E extends object>(event: E, show: (event: E) => Shown): void {
    this.#print(event, show);
    if (this.#stop?.aborted) throw new Stopped("Stopped as asked");
  }

  /** Prints what is told when a command is over, however it ended: for people a hint. */
  last<E extends object>(event: E, show: (event: E) => Shown): void {
    this.close();
    if (this.#json || !this.#quiet) this.#print(event, show);
  }

  #print<E extends object>(event: E, show: (event: E) => Shown): void {
    const isProgress = "type" in event && event.type === "progress";
    if (this.#quiet && isProgress) return;
    if (this.#json) {
      const time = new Date().toISOString();
      return this.#write(printableJson({ ...event, ...this.#about, time }) + "\n");
    }
    const { lines, status } = show(event);
    if (this.#quiet && isAnnounced(event)) return;
    this.#lines(lines);
    if (status !== null && !this.#quiet) this.#status(printable(status));
  }

  /** Notes what all later events carry as JSON. */
  mark(about: Readonly<Record<string, string>>): void {
    this.#about = { ...this.#about, ...about };
  }

  /** Prints lines that only people need. */
  say(lines: readonly string[]): void {
    if (!this.#json && !this.#quiet) this.#lines(lines);
  }

  #lines(lines: readonly string[]): void {
    lines.forEach((line) => this.#write(this.#clear() + printable(line) + "\n"));
  }

  /** A terminal has one status line that changes; a file gets one every ten seconds, if it says anything new. */
  #status(status: string): void {
    if (this.#terminal.isInteractive) {
      this.#write(this.#clear() + status);
      this.#hasStatus = true;
      return;
    }
    const { at, text } = this.#lastStatus;
    const now = this.#clock();
    if (status === text || now - at <= STATUS_EVERY) return;
    this.#lastStatus = { at: now, text: status };
    this.#write(status + "\n");
  }

  /** Writes, until whoever reads is gone: `… | head` is no fault of the command. */
  #write(text: string): void {
    if (this.#isUnread) return;
    try {
      this.#terminal.write(text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.#isUnread = true;
      this.#onUnread();
    }
  }

  /** Ends the status line, so that an error starts on a line of its own. */
  close(): void {
    if (this.#hasStatus) this.#write("\n");
    this.#hasStatus = false;
  }

  /** Whether whoever read it is gone. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  #clear(): string {
    const had = this.#hasStatus;
    this.#hasStatus = false;
    return had ? "\r\x1b[K" : "";
  }
}
