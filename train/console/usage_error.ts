/**
 * Mistakes in a command line, as against runs that fail.
 *
 * @module
 */

/** A command line that cannot be carried out as it stands. */
export class UsageError extends Error {
  /** The name of this error class. */
  override readonly name = "UsageError";
}

/** A command line that lacks something: its help says what it takes. */
export class IncompleteError extends UsageError {}

/**
 * Runs a check of the command line.
 *
 * @throws {UsageError} With the message of whatever it throws.
 */
export function usage<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
