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
 * Steps per second over the last few readings, by a clock in milliseconds. Steps are told in bursts,
 * so those of one moment count as one reading.
 */
export class Rate {
  #readings: { at: number; done: number }[] = [];
  #isBeginning: boolean;
  readonly #clock: () => number;
  readonly #beginsSlowly: boolean;

  /** Starts, with nothing known; what `beginsSlowly`, as kernels are compiled, tells nothing by its first steps. */
  constructor(clock: () => number, { beginsSlowly = false } = {}) {
    this.#clock = clock;
    this.#beginsSlowly = this.#isBeginning = beginsSlowly;
  }

  /** Begins anew: what has been done so far was not done at this rate. */
  restart(): void {
    this.#readings = [];
    this.#isBeginning = this.#beginsSlowly;
  }

  /** Notes how much is done, and gives the rate, or NaN while it is not known. */
  observe(done: number): number {
    const at = this.#clock();
    const last = this.#readings.at(-1);
    if (last && at - last.at < ONE_MOMENT) last.done = done;
    else this.#readings.push({ at, done });
    const isOver = this.#isBeginning && this.#readings.length > 1;
    if (isOver) this.#isBeginning = false;
    if (isOver || this.#readings.length > RATE_WINDOW) this.#readings.shift();
    const first = this.#readings[0];
    const now = this.#readings.at(-1)!;
    return (now.done - first.done) / ((now.at - first.at) / 1000);
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
