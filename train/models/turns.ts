/**
 * Many computations on the GPU one after the other, so that it always has work.
 *
 * A wait for the GPU costs a fixed time, and in Deno the thread does nothing else until the GPU has
 * done everything it was given; giving it more while it is busy can take as long. So there is one
 * wait per turn, for all that is underway at once, and as soon as the GPU is done it is given the
 * next computation; only then are the answers looked at. What follows from them is recorded, and
 * submitted with the next wait. What the thread does besides (reading the next input, writing the
 * last result) happens while the GPU works.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { readAll, type Steps } from "../../kernels/masks/mod.ts";
import type { DType, Tensor, TypedArrayOf } from "../../kernels/gpu/tensor.ts";

/**
 * The most computations that are underway at once; one that needs three answers is in four turns.
 *
 * @category Models
 */
export const MOST_UNDERWAY = 5;

/** Pixels of images that may be underway at once: their values and answers are held in memory. */
const MOST_PIXELS = 2 ** 26;

/** The most where the GPU's memory is that of the process, and a wait is short beside what is computed. */
const MOST_ON_PROCESSORS = 2;

/**
 * How many images of so many pixels may be underway at once.
 *
 * @param options.views In how many views each is seen: turned ones have another shape, and would need memory of
 *   their own beside that of another image; 1 unless told.
 */
export function underwayOf(
  { adapter }: Device,
  pixels: number,
  { views = 1 }: { views?: number } = {},
): number {
  const most = !adapter.isSoftware ? MOST_UNDERWAY : views > 1 ? 1 : MOST_ON_PROCESSORS;
  return Math.max(1, Math.min(most, Math.floor(MOST_PIXELS / pixels)));
}

/** What came of something that may have failed. */
type Outcome<T> = { readonly result: T } | { readonly error: unknown };

/** One computation from its start until its result is given out. */
class Computation<R> {
  /** What it needs from the GPU to go on. */
  wanted: readonly Tensor[] = [];
  /** Its end, once it has come. */
  outcome: Outcome<R> | null = null;
  #steps: Steps<R> | null = null;

  constructor(start: () => Steps<R>) {
    this.#advance(() => (this.#steps = start()).next([]));
  }

  /** Goes on with the values of `wanted`. */
  resume(values: readonly TypedArrayOf<DType>[]): void {
    this.#advance(() => this.#steps!.next(values));
  }

  /** Gives it up: it frees its tensors. */
  close(): void {
    this.#steps?.return(undefined as never);
  }

  #advance(next: () => IteratorResult<readonly Tensor[], R>): void {
    this.wanted = [];
    try {
      const { done, value } = next();
      if (done) this.outcome = { result: value };
      else this.wanted = value;
    } catch (error) {
      this.outcome = { error };
    }
  }
}

/**
 * Starts a computation for each input and gives the results in the order of the inputs.
 *
 * One input is read ahead, and at most `most` computations are underway ({@linkcode MOST_UNDERWAY} unless
 * told), however many inputs there are. An error of an input or a computation is thrown when it is its turn, after
 * the results of those before it.
 *
 * @param inputs What to compute with, read when it is needed.
 * @param start Queues the first part of a computation on the GPU and says what it needs back.
 *
 * @example
 * ```ts ignore
 * for await (const labels of inTurns(device, images, (image) => segment(device, image))) …
 * ```
 *
 * @category Models
 */
export async function* inTurns<I, R>(
  device: Device,
  inputs: AsyncIterable<I>,
  start: (input: I) => Steps<R>,
  { most = MOST_UNDERWAY }: { most?: number } = {},
): AsyncGenerator<R> {
  const source = inputs[Symbol.asyncIterator]();
  const underway: Computation<R>[] = [];
  let coming = outcomeOf(source.next());
  let isOpen = true;
  try {
    while (isOpen || underway.length > 0) {
      const input: Outcome<IteratorResult<I>> | null = isOpen && underway.length < most
        ? await coming
        : null;
      const asking = underway.filter(({ wanted }) => wanted.length > 0);
      const answers = readAll(device, asking.flatMap(({ wanted }) => wanted));
      if (input !== null) {
        isOpen = "result" in input && !input.result.done;
        const started = startWith(input, start);
        if (started !== null) underway.push(started);
        device.flush();
        if (isOpen) coming = outcomeOf(source.next());
      }
      const values = await answers;
      // The last one first: earlier steps upload more, and an upload submits what is recorded.
      for (const computation of asking.toReversed()) {
        computation.resume(values.splice(-computation.wanted.length));
      }
      while (underway.length > 0 && underway[0].outcome !== null) {
        yield valueOf(underway.shift()!.outcome!);
      }
    }
  } finally {
    for (const computation of underway) computation.close();
    await source.return?.();
  }
}

/** The computation for an input, one that has failed for an input that failed, none at the end. */
function startWith<I, R>(
  input: Outcome<IteratorResult<I>>,
  start: (input: I) => Steps<R>,
): Computation<R> | null {
  if ("result" in input && input.result.done) return null;
  return new Computation(() => start(valueOf(input).value));
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.result;
}

/** Waits for a promise; its failure is reported when it is its turn. */
async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { result: await promise };
  } catch (error) {
    return { error };
  }
}

/**
 * Waits for what somebody else finishes, while the next ones are begun; gives results in the order of the
 * items. An error is thrown when it is its turn, after the results of those before it, and nothing comes behind it.
 *
 * @param options.most How many may be unfinished before the first is waited for; asked again and again, as those
 *   who finish may come later.
 */
export async function* finishedInTurns<R>(
  items: AsyncIterable<{ readonly result: Promise<R> }>,
  { most }: { most: () => number },
): AsyncGenerator<R> {
  const waiting: Promise<Outcome<R>>[] = [];
  for await (const { outcome } of begunOnes(items)) {
    waiting.push(outcome);
    while (waiting.length > most()) yield valueOf(await waiting.shift()!);
  }
  for (const outcome of waiting) yield valueOf(await outcome);
}

/** What becomes of items; an error of the items themselves is the last of them. */
async function* begunOnes<R>(
  items: AsyncIterable<{ readonly result: Promise<R> }>,
): AsyncGenerator<{ readonly outcome: Promise<Outcome<R>> }> {
  try {
    for await (const { result } of items) yield { outcome: outcomeOf(result) };
  } catch (error) {
    yield { outcome: Promise.resolve({ error }) };
  }
}
