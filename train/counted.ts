/**
 * Numbers in sentences, so that one thing is never many.
 *
 * @module
 */

/** The form of a word that goes with a number: `frame` or `frames`, `is` or `are`. */
export function wordFor(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** A number of things: `1 frame`, `2 frames`. */
export function counted(count: number, one: string, many?: string): string {
  return `${count} ${wordFor(count, one, many)}`;
}
