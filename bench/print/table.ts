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

/** One measured part of the host side. */
export interface HostRow {
  /** Whose part it is. */
  readonly job: string;
  /** What was timed. */
  readonly part: string;
  /** On what. */
  readonly at: string;
  /** What its time is for. */
  readonly unit: string;
  /** Milliseconds of processor time of all threads. */
  readonly ms: number;
  /** Those of the main thread. */
  readonly main: number;
  /** 10⁶ bytes a second; null where they are not counted. */
  readonly mbs: number | null;
}

const HOST_COLUMNS: readonly (readonly [string, number])[] = [
  ["job", -17],
  ["part", -31],
  ["at", -40],
  ["ms", 8],
  ["main", 8],
  ["for each", 9],
  ["MB/s", 8],
];

/** The line above the rows of the host side. */
export function hostHead(): string {
  return line(HOST_COLUMNS.map(([title]) => title), HOST_COLUMNS);
}

/** The line of one part of the host side. */
export function hostLine({ job, part, at, unit, ms, main, mbs }: HostRow): string {
  const speed = mbs === null ? "" : formatNumber(mbs);
  const times = [ms, main].map(formatNumber);
  return line([job, part, at, ...times, unit, speed], HOST_COLUMNS);
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
function line(cells: readonly string[], columns = COLUMNS): string {
  return cells.map((cell, i) => {
    const width = columns[i][1];
    return width < 0 ? `${cell} `.padEnd(-width) : ` ${cell}`.padStart(width);
  }).join("").trimEnd();
}
