/**
 * Waiting for long work, whose record says how far it is.
 *
 * @module
 */

import { begin, countedFrames, goOn, type Progress } from "../../learn/progress/progress.ts";
import { stopIfAsked, StoppedError } from "../../learn/stopped.ts";

export { begin, countedFrames, goOn, type Progress, stopIfAsked, StoppedError };

/**
 * Work of which nothing else is heard goes on.
 *
 * @category Jobs
 */
export interface ProgressEvent extends Readonly<Progress> {
  /** What kind of event this is. */
  readonly type: "progress";
}

/** Milliseconds before the first word about work, and between two of them. */
const FIRST = 3000;
const EVERY = 1000;

/**
 * Waits for work, and tells how far it is where it takes long.
 *
 * @param options.progress Where the work notes how far it is.
 * @param options.stop Whether to wait no longer; the work itself then ends when it may.
 * @returns What the work gives; it throws what the work throws.
 * @throws {StoppedError} If it is to stop.
 */
export async function* waitingFor<T>(
  work: Promise<T>,
  { progress, stop }: { progress: Progress; stop?: AbortSignal },
): AsyncGenerator<ProgressEvent, T> {
  const end = work.then((value) => ({ value }));
  // It is thrown where it is awaited, or nobody waits for it any more.
  end.catch(() => {});
  for (let wait = FIRST;; wait = EVERY) {
    const first = await Promise.race([end, pause(wait, { until: end, stop })]);
    if (first) return first.value;
    stopIfAsked(stop, `while ${progress.what}`);
    yield { type: "progress", ...progress };
  }
}

/**
 * Does work that ends early when nobody waits for it any more, and waits for that end: what it has open is
 * closed then.
 *
 * @param work Looks at the signal from time to time, with {@linkcode stopIfAsked}.
 */
export async function* doing<T>(
  progress: Progress,
  work: (stop: AbortSignal) => Promise<T>,
): AsyncGenerator<ProgressEvent, T> {
  const stopping = new AbortController();
  const end = work(stopping.signal);
  try {
    return yield* waitingFor(end, { progress });
  } finally {
    stopping.abort();
    await end.catch(() => {});
  }
}

/** Some time, or less if something ends or is to stop before. */
async function pause(
  milliseconds: number,
  { until, stop }: { until: Promise<unknown>; stop?: AbortSignal },
): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, milliseconds);
  stop?.addEventListener("abort", end);
  if (stop?.aborted) end();
  until.then(end, end);
  await promise;
  clearTimeout(timer);
  stop?.removeEventListener("abort", end);
  return null;
}
