/**
 * What a job took, in a form that the request of the next one can be made from.
 *
 * @module
 */

import { resourceUsage } from "node:process";
import { formatDuration, type Shown } from "../text.ts";

/** Time and memory of a job that is over. */
export interface Usage {
  /** What kind of event this is. */
  readonly type: "usage";
  /** The command. */
  readonly command: string;
  /** Seconds since the program started. */
  readonly seconds: number;
  /** The most memory that the process held at once, in bytes; that of a GPU is none of it. */
  readonly peakBytes: number;
  /** What to ask a queue for, with a margin. */
  readonly request: {
    /** Minutes: the time and half of it. */
    readonly minutes: number;
    /** Mebibytes: the memory and a quarter of it. */
    readonly mebibytes: number;
  };
}

const MEBIBYTE = 1024 ** 2;
/** Requests for memory are multiples of this, in MiB. */
const STEP = 100;

/** What this process has taken up to now. */
export function usageOf(command: string): Usage {
  const seconds = Number((performance.now() / 1000).toFixed(1));
  // Kilobytes on every system.
  const peakBytes = Math.max(resourceUsage().maxRSS * 1024, Deno.memoryUsage().rss);
  return {
    type: "usage",
    command,
    seconds,
    peakBytes,
    request: requestFor({ seconds, peakBytes }),
  };
}

/** What to ask a queue for where a job takes so much. */
export function requestFor(
  { seconds, peakBytes }: Pick<Usage, "seconds" | "peakBytes">,
): Usage["request"] {
  return {
    minutes: Math.ceil(1.5 * seconds / 60),
    mebibytes: Math.ceil(1.25 * peakBytes / MEBIBYTE / STEP) * STEP,
  };
}

/** The same in one line, with the words of Slurm. */
export function formatUsage({ seconds, peakBytes, request }: Usage): Shown {
  const memory = `${Math.ceil(peakBytes / MEBIBYTE)} MiB of memory`;
  const words = `--time=${request.minutes} --mem=${request.mebibytes}M`;
  const line = `Took ${
    formatDuration(seconds)
  } and ${memory}; for the like, ask a queue for ${words}`;
  return { lines: [line], status: null };
}
