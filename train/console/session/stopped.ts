/**
 * The end of a command that the user asked to stop.
 *
 * @module
 */

/** What a job throws that was stopped; known by its name, as jobs are loaded only where they run. */
const NAME = "StoppedError";

/** A command that was stopped as asked for. */
export class Stopped extends Error {
  /** The name of this error class. */
  override readonly name = NAME;
  /** What else to say, line by line: how to go on. */
  readonly lines: readonly string[];

  /** Says what was stopped, and how to go on. */
  constructor(message: string, lines: readonly string[] = []) {
    super(message);
    this.lines = lines;
  }
}

/** Whether something ended because the user asked for it. */
export function isStopped(error: unknown): error is Error {
  return error instanceof Error && error.name === NAME;
}
