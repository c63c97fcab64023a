/**
 * Ctrl-C and the signal that ends a job on a cluster: the first one asks to stop, the second one stops.
 *
 * @module
 */

import { exitCodes } from "./exit_codes.ts";

/** The exit code of each signal: stopped by the user, or to be tried again. */
const CODES = { SIGINT: exitCodes.interrupted.code, SIGTERM: exitCodes.again.code } as const;

/** A wish to stop, where there is one. */
export interface Stopping extends Disposable {
  /** Says when to stop. */
  readonly signal: AbortSignal;
  /** The exit code of what was stopped. */
  readonly code: number;
  /** Asks to stop because nobody reads what is printed. */
  stopUnread(): void;
  /** Asks to stop in so many minutes, to be called again. */
  stopIn(minutes: number): void;
}

/**
 * Listens until it is disposed of.
 *
 * @param announce Says that work is about to stop.
 */
export function watchSignals(announce: () => void): Stopping {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let code: number = CODES.SIGINT;
  const names = Object.keys(CODES) as (keyof typeof CODES)[];
  const listeners = names.filter((name) => Deno.build.os !== "windows" || name === "SIGINT")
    .map((name) => {
      const listener = () => {
        code = CODES[name];
        if (controller.signal.aborted) Deno.exit(code);
        announce();
        controller.abort();
      };
      Deno.addSignalListener(name, listener);
      return [name, listener] as const;
    });
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    stopUnread() {
      code = exitCodes.unread.code;
      controller.abort();
    },
    stopIn(minutes) {
      timer = setTimeout(() => {
        code = exitCodes.again.code;
        announce();
        controller.abort();
      }, minutes * 60_000);
      // A command that ends earlier does not wait for it.
      Deno.unrefTimer(Number(timer));
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      listeners.forEach(([name, listener]) => Deno.removeSignalListener(name, listener));
    },
  };
}
