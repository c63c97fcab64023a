/**
 * What a person sees of work of which nothing else is heard.
 *
 * @module
 */

import type { InputEvent, RangeEvent } from "../../jobs/progress/inputs.ts";
import type { Progress, ProgressEvent } from "../../jobs/progress/progress.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration, Rate, type Shown } from "../text.ts";
import { formatInput } from "./input_text.ts";

/** Turns word of long work into a status line with the remaining time. */
export class WaitingProgress {
  readonly #rate: Rate;
  #what = "";

  /** Starts, with a clock in milliseconds. */
  constructor(clock: () => number) {
    this.#rate = new Rate(clock);
  }

  /** Text for the next event. */
  show({ what, done, total }: ProgressEvent): Shown {
    if (what !== this.#what) this.#rate.restart();
    this.#what = what;
    const rate = this.#rate.observe(done);
    const hasCount = done > 0 && total !== 1;
    const count = hasCount ? `: ${done}${total === null ? "" : `/${total}`}` : "";
    const isKnown = total !== null && done < total && Number.isFinite(rate) && rate > 0;
    const left = isKnown ? `  ${formatDuration((total - done) / rate)} left` : "";
    return { lines: [], status: `${what[0].toUpperCase()}${what.slice(1)}${count}${left}` };
  }
}

/** What jobs tell that read images, before and while they work. */
export type InputProgressEvent =
  | { readonly type: "note" | "warning"; readonly text: string }
  | InputEvent
  | RangeEvent
  | ProgressEvent;

/** Text for what a job tells that reads images. */
export function showInputs(event: InputProgressEvent, waiting: WaitingProgress): Shown {
  switch (event.type) {
    case "progress":
      return waiting.show(event);
    case "input":
    case "range":
      return { lines: [formatInput(event)], status: null };
    case "note":
      return { lines: [event.text], status: null };
    case "warning":
      return { lines: [`Warning: ${event.text}`], status: null };
  }
}

/**
 * Waits for work of which nothing is heard before its end, and shows how far it is.
 *
 * @param start Begins it, with the record in which it notes how far it is.
 * @throws {StoppedError} If the user asked to stop.
 */
export async function shownWhileWaiting<T>(
  { output, stop }: CommandContext,
  { what, start }: { what: string; start: (progress: Progress) => Promise<T> },
): Promise<T> {
  const { begin, waitingFor } = await import("../../jobs/progress/progress.ts");
  const progress = begin(what);
  const shown = new WaitingProgress(() => performance.now());
  const events = waitingFor(start(progress), { progress, stop });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    output.event(next.value, (event) => shown.show(event));
  }
}
