/**
 * What the texts of several commands share: durations, rates, thresholds.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { absolute } from "./session/next.ts";

/** Text for an event: lines to keep, and a status that the next one replaces. */
export interface Shown {
  /** Lines to print. */
  readonly lines: readonly string[];
  /** The status line, or null to leave it. */
  readonly status: string | null;
}

/** Readings that a rate is taken from. */
const RATE_WINDOW = 20;
/** Milliseconds that count as the same time. */
const ONE_MOMENT = 100;

/** Seconds as people say them: `45 s`, `3 min 20 s`, `1 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/**
 * Steps per second over the last few readings, by a clock in milliseconds. Steps of one moment count as one
 * reading.
 */
export class Rate {
  #readings: { at: number; done: number }[] = [];
  #isBeginning: boolean;
  readonly #clock: () => number;
  readonly #inBursts: boolean;

  /**
   * Starts, with nothing known.
   *
   * @param options.inBursts Whether steps are told some at a time, as training does: the last reading counts
   *   only when the next one begins, as more steps of its moment may follow, and the first one not at all, as
   *   kernels are compiled behind it.
   */
  constructor(clock: () => number, { inBursts = false } = {}) {
    this.#clock = clock;
    this.#inBursts = this.#isBeginning = inBursts;
  }

  /** Begins anew: what has been done so far was not done at this rate. */
  restart(): void {
    this.#readings = [];
    this.#isBeginning = this.#inBursts;
  }

  /** Notes how much is done, and gives the rate, or NaN while it is not known. What is less than before is begun again. */
  observe(done: number): number {
    const at = this.#clock();
    if (done < (this.#readings.at(-1)?.done ?? 0)) this.restart();
    const readings = this.#readings;
    const last = readings.at(-1);
    if (last && at - last.at < ONE_MOMENT) last.done = done;
    else readings.push({ at, done });
    const isFirstOver = this.#isBeginning && readings.length > 1;
    if (isFirstOver) this.#isBeginning = false;
    if (isFirstOver || readings.length > RATE_WINDOW) readings.shift();
    const from = readings[0];
    const to = readings.at(this.#inBursts ? -2 : -1) ?? from;
    return (to.done - from.done) / ((to.at - from.at) / 1000);
  }
}

/** How many files were written where, and how many that existed were kept. */
export function formatWritten(
  { written, kept, out }: { written: number; kept: number; out: string },
): string {
  const others = kept > 0 ? `, ${kept} that existed kept (--overwrite replaces them)` : "";
  return `${counted(written, "file")} written to ${absolute(out)}${others}`;
}

/** What thresholds are called; others have their own names. */
const THRESHOLDS: Readonly<Record<string, string>> = { prob: "probability", nms: "overlap" };

/** Thresholds that were tuned, such as those of StarDist. */
export function formatThresholds(thresholds: object): string {
  return Object.entries(thresholds)
    .map(([name, value]) => `${THRESHOLDS[name] ?? name} ${Number(value).toFixed(3)}`)
    .join(", ");
}
