/**
 * The process of a peer, seen from the bench: it is asked, and if it does not answer it is ended.
 *
 * @module
 */

import { type Failure, type Hello, readAnswer, type Request, type RoundTime } from "../protocol.ts";
import { linesOf } from "../serve.ts";
import type { PeerCommand } from "../list.ts";

/** Options of {@linkcode startPeer}. */
export interface PeerOptions {
  /** Where its process works: a folder that holds no configuration. */
  readonly folder: string;
  /** Longest wait for one answer in milliseconds. */
  readonly patience: number;
}

/** Answers by request. */
interface Answers {
  hello: Hello;
  start: object;
  time: RoundTime;
  results: object;
}

/** A peer did not do what it was asked; its process may still live. */
export class PeerError extends Error {
  override name = "PeerError";
}

/** A running peer. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #complaints: Promise<string>;
  readonly #patience: number;
  /** When it was started, as `performance.now()` tells. */
  readonly started: number = performance.now();

  constructor({ program, args, env = {} }: PeerCommand, { folder, patience }: PeerOptions) {
    this.#patience = patience;
    const command = new Deno.Command(program, {
      args: [...args],
      env: { NO_COLOR: "1", ...env },
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    this.#child = command.spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
    this.#complaints = new Response(this.#child.stderr).text();
  }

  /**
   * Sends a request and waits for the answer.
   *
   * @throws {PeerError} If the peer says that it cannot, ends, or keeps silent too long; in the last
   * two cases its process has ended.
   */
  async ask<R extends Request>(request: R): Promise<Answers[R["do"]]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new PeerError(`no answer to ${request.do} in ${this.#patience / 1000} s`)),
        this.#patience,
      );
    });
    let answer: Answers[R["do"]] | Failure;
    try {
      answer = await Promise.race([this.#exchange(request), silence]);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    if ("error" in answer) throw new PeerError(answer.error);
    return answer;
  }

  async #exchange<R extends Request>(request: R): Promise<Answers[R["do"]] | Failure> {
    try {
      await this.#input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    } catch {
      // The process has ended; why, its last words say.
    }
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new PeerError(lastWords(await this.#complaints));
      const answer = readAnswer(value);
      if (answer !== null) return answer as Answers[R["do"]] | Failure;
    }
  }

  /** The most memory that the process has held, in bytes; null where the system does not tell. */
  async peakBytes(): Promise<number | null> {
    if (Deno.build.os !== "linux") return null;
    // Deno itself may read there only with all permissions.
    const args = ["-c", 'cat "$1"', "sh", `/proc/${this.#child.pid}/status`];
    const command = new Deno.Command("sh", { args });
    const text = new TextDecoder().decode((await command.output()).stdout);
    const kibibytes = text.match(/^VmHWM:\s*(\d+) kB$/m)?.[1];
    return kibibytes === undefined ? null : 1024 * Number(kibibytes);
  }

  /** Ends the process, at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
  }
}

/** The line of an error in what a process wrote to standard error, else its last line. */
function lastWords(complaints: string): string {
  const lines = complaints.trim().split("\n").filter((line) => line.trim() !== "");
  const line = lines.findLast((line) => /^\S*(Error|error|panicked)\b.*/.test(line)) ??
    lines.at(-1);
  return line === undefined ? "its process ended without a word" : line.trim();
}
