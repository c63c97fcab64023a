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
}

/**
 * Listens until it is disposed of.
 *
 * @param announce Says that work is about to stop.
 */
export function watchSignals(announce: () => void): Stopping {
  const controller = new AbortController();
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
    [Symbol.dispose]: () => {
      listeners.forEach(([name, listener]) => Deno.removeSignalListener(name, listener));
    },
  };
}
