/**
 * The end of work that somebody asked to stop.
 *
 * @module
 */

/**
 * Work that was stopped as asked for; what it saved stays.
 *
 * @category Stages
 */
export class StoppedError extends Error {
  /** The name of this error class. */
  override readonly name = "StoppedError";
}

/**
 * Ends work that is to stop.
 *
 * @throws {StoppedError} If `stop` says so.
 */
export function stopIfAsked(stop: AbortSignal | undefined, what: string): void {
  if (stop?.aborted) throw new StoppedError(`Stopped ${what}`);
}
