/**
 * Numbers as a page shows them.
 *
 * @module
 */

/** The number with a real minus sign; never minus zero. */
export function formatNumber(value: number, { digits = 3 }: { digits?: number } = {}): string {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}
