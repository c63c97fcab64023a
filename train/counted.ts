/**
 * Numbers as people read them: in sentences, so that one thing is never many, and with a real minus sign.
 * Files that programs read (JSON, CSV) have their own.
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

/** The text of a number with a real minus sign in place of the hyphen before it. */
export function withMinus(text: string): string {
  return text.replace(/^-/, "−");
}

/** The number with so many digits behind the point, 3 unless told; never minus zero. */
export function formatNumber(value: number, { digits = 3 }: { digits?: number } = {}): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : withMinus(text);
}

/** The same of a difference: with a plus sign over zero. */
export function formatSigned(value: number, options: { digits?: number } = {}): string {
  const text = formatNumber(value, options);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}
