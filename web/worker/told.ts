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
