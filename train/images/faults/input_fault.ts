/**
 * Errors that are the fault of a file that was given: it is missing, damaged, or not what was asked for.
 * Their class says what kind of fault it is (content, size, kind); who starts the program wants to tell
 * them from all others, whatever their class.
 *
 * @module
 */

/** The mark of such an error; the console, which loads images only where it needs them, knows it too. */
const MARK = Symbol.for("kymo.fault of an input");

/** Notes that an error is the fault of a file that was given, and gives it back. */
export function ofInput<E>(error: E): E {
  if (error instanceof Error) Object.defineProperty(error, MARK, { value: true });
  return error;
}

/** Throws what was caught, as the fault of a file that was given. */
export function blame(error: unknown): never {
  throw ofInput(error);
}

/** Runs what reads a file that was given: whatever it throws is that file's fault. */
export function blaming<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return blame(error);
  }
}

/** The error of a file that can be read and not be used as asked: `Cannot VERB NAME: what; remedy`. */
export function unusable(message: string): RangeError {
  return ofInput(new RangeError(message));
}
