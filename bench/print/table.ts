/**
 * The lines that a benchmark prints.
 *
 * @module
 */

import type { Ceilings } from "../../kernels/choice/ceilings.ts";

/** One printed measurement. */
export interface TableRow {
  /** What was timed. */
  readonly op: string;
  /** Which part of it. */
  readonly pass: string;
  /** On which shapes. */
  readonly shape: string;
  /** Milliseconds, the median. */
  readonly ms: number;
  /** Longest less shortest measurement, relative to the median. */
  readonly spread: number;
  /** GFLOP/s; null where they are not counted. */
  readonly gflops: number | null;
  /** GB/s; null where they are not counted. */
  readonly gbs: number | null;
  /** Which of the operation's kernels ran. */
  readonly variant?: string;
}

/** Titles and widths; a negative width sets a column to the left. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ["operation", -21],
  ["pass", -9],
  ["shape", -27],
  ["ms", 8],
  ["spread", 8],
  ["GFLOP/s", 9],
  ["of fma", 8],
  ["GB/s", 8],
  ["of copy", 9],
  ["  kernel", -16],
];

/** The line above the rows. */
export function tableHead(): string {
  return line(COLUMNS.map(([title]) => title));
}

/** The line of one measurement, with its shares of the measured ceilings. */
export function tableLine(row: TableRow, ceilings: Ceilings): string {
  return line([
    row.op,
    row.pass,
    row.shape,
    formatNumber(row.ms),
    percent(row.spread),
    ...speed(row.gflops, ceilings.fmaGflops),
    ...speed(row.gbs, ceilings.copyGbs),
    row.variant === undefined || row.variant === "default" ? "" : `  ${row.variant}`,
  ]);
}

/** Three digits, and all before the point. */
export function formatNumber(value: number): string {
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(6, Math.max(0, 2 - magnitude)));
}

function speed(value: number | null, ceiling: number): string[] {
  return value === null ? ["", ""] : [formatNumber(value), percent(value / ceiling)];
}

/** A share in whole hundredths. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Cells that are wider than their column push the others to the right by one space. */
function line(cells: readonly string[]): string {
  return cells.map((cell, i) => {
    const width = COLUMNS[i][1];
    return width < 0 ? `${cell} `.padEnd(-width) : ` ${cell}`.padStart(width);
  }).join("").trimEnd();
}
