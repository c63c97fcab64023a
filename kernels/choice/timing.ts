/**
 * GPU time of queued work without the time that waiting itself takes, which in Deno is about 11 ms
 * and would hide most kernels.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";

/**
 * How long one run takes.
 *
 * @category Tuning
 */
export interface Timing {
  /** Milliseconds of one run, the median of the measurements. */
  readonly milliseconds: number;
  /** Longest less shortest measurement, relative to the median. */
  readonly spread: number;
}

/**
 * Options of {@linkcode timeQueued}.
 *
 * @category Tuning
 */
export interface TimingOptions {
  /** How many measurements to take the median of; 5 unless told. */
  readonly measurements?: number;
  /** The least milliseconds of work in one measurement; 40 unless told. */
  readonly atLeast?: number;
}

const LARGEST_GROWTH = 8;
const MOST_RUNS = 2 ** 20;

/**
 * Times work on the GPU. One measurement is the difference of two waits, for one run more or less
 * `count` runs, so that what a wait costs cancels; `count` grows until the difference is large enough
 * to trust. The first run is a warm-up: pipelines are compiled and buffers allocated.
 *
 * Where recording a run on the CPU takes longer than running it, the time is that of recording: the
 * pace at which a program gets results.
 *
 * @param queue Queues this many runs on the device, without waiting.
 * @throws {RangeError} If even a million runs take no time.
 * @category Tuning
 */
export async function timeQueued(
  device: Device,
  queue: (count: number) => void,
  { measurements = 5, atLeast = 40 }: TimingOptions = {},
): Promise<Timing> {
  const wait = async (count: number) => {
    const start = performance.now();
    queue(count);
    await device.finish();
    return performance.now() - start;
  };
  const measure = async (count: number) => await wait(1 + count) - await wait(1);
  await wait(1);
  for (let count = 1; count <= MOST_RUNS;) {
    const totals = [await measure(count)];
    if (totals[0] >= atLeast) {
      while (totals.length < measurements) totals.push(await measure(count));
    }
    totals.sort((a, b) => a - b);
    const median = totals[Math.floor(totals.length / 2)];
    // A first measurement that was long by chance does not end the growth.
    if (totals.length === measurements && median >= atLeast / 2) {
      return { milliseconds: median / count, spread: (totals.at(-1)! - totals[0]) / median };
    }
    const growth = 1.2 * atLeast / Math.max(median, 1);
    count = Math.ceil(count * Math.min(LARGEST_GROWTH, Math.max(2, growth)));
  }
  throw new RangeError(
    `Cannot time the queued work: ${MOST_RUNS} runs take less than ${atLeast} ms`,
  );
}
