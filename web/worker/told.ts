/**
 * Waiting for work that tells nothing itself.
 *
 * @module
 */

/** Milliseconds between two words. */
const EVERY = 200;

/**
 * Waits for work and tells how far it is.
 *
 * @returns What the work gives; it throws what the work throws.
 */
export async function* inTime<T, E>(work: Promise<T>, tell: () => E): AsyncGenerator<E, T> {
  const end = work.then((value) => ({ value }));
  end.catch(() => {});
  for (;;) {
    const pause = Promise.withResolvers<null>();
    const timer = setTimeout(() => pause.resolve(null), EVERY);
    const first = await Promise.race([end, pause.promise]);
    clearTimeout(timer);
    if (first) return first.value;
    yield tell();
  }
}

/**
 * Passes on what a generator tells, and tells how far it is where nothing else is heard.
 *
 * @param options.event What to pass on for an event; null for nothing.
 * @returns What the generator gives in the end.
 */
export async function* inTimeEach<E, R, M, N>(
  work: AsyncGenerator<E, R>,
  { tell, event }: { tell: () => M; event: (event: E) => N | null },
): AsyncGenerator<M | N, R> {
  try {
    for (;;) {
      const step = yield* inTime(work.next(), tell);
      if (step.done) return step.value;
      const message = event(step.value);
      if (message !== null) yield message;
    }
  } finally {
    void work.return(undefined as never);
  }
}
