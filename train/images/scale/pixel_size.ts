/**
 * How large pixels are, and whether two magnifications differ.
 *
 * @module
 */

import type { Calibration } from "../image.ts";

/** Units of length in micrometres. Inches and centimetres are of printers, not of microscopes. */
const MICROMETRES: Readonly<Record<string, number>> = {
  micron: 1,
  um: 1,
  "µm": 1,
  micrometer: 1,
  nm: 1e-3,
  nanometer: 1e-3,
  mm: 1e3,
  millimeter: 1e3,
};

/** The side of a square of a pixel's area in micrometres; null where it is not known. */
export function pixelSizeOf(calibration: Calibration | undefined): number | null {
  if (calibration === undefined) return null;
  const { width, height, unit } = calibration;
  const size = Math.sqrt(width * height) * (MICROMETRES[unit] ?? NaN);
  return size > 0 && Number.isFinite(size) ? size : null;
}

/** Scales that differ by more than this share are worth a word. */
const MOST_DIFFERENCE = 0.2;

/** By how much an image must be enlarged to have pixels of another size, in micrometres. */
export function factorBetween(own: number, wanted: number): number {
  return own / wanted;
}

/** Whether images of these pixel sizes show the same things in clearly different sizes. */
export function differInScale(a: number, b: number): boolean {
  const ratio = a / b;
  return !(ratio <= 1 + MOST_DIFFERENCE && ratio >= 1 / (1 + MOST_DIFFERENCE));
}

/** A size as it stands in sentences: `0.325 µm`. */
export function formatPixelSize(micrometres: number): string {
  return `${Number(micrometres.toPrecision(3))} µm`;
}

/** The middle one of some numbers; null of none. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) / 2)];
}
