/**
 * The lines that a comparison with peers prints.
 *
 * @module
 */

import { formatNumber } from "../../print/table.ts";
import type { PeerReport, PeerTime } from "./report.ts";

const COLUMNS: readonly (readonly [title: string, width: number])[] = [
  ["problem", -15],
  ["shape", -26],
  ["by", -20],
  ["ms", 8],
  ["spread", 8],
  ["GFLOP/s", 9],
  ["of Kymo's", 11],
  ["error", 10],
];

/** The line above the rows. */
export function peerTableHead(): string {
  return line(COLUMNS.map(([title]) => title));
}

/** The line of one peer and one problem. */
export function peerTableLine(name: string, time: PeerTime): string {
  const { op, pass, shape, ms, spread, gflops, ratio, failure } = time;
  const what = [`${op} ${pass}`, shape, name];
  if (ms === null) return `${line(what)} no time: ${failure}`;
  return line([
    ...what,
    formatNumber(ms),
    `${(100 * spread!).toFixed(0)} %`,
    formatNumber(gflops!),
    ratio === null ? "" : `${formatNumber(ratio)} x`,
    errorText(time),
  ]);
}

/** The error of a result, and whether it is too large. */
export function errorText({ error, agrees }: PeerTime): string {
  const text = error === null ? "not finite" : error.toExponential(0);
  return agrees ? text : `${text} WRONG`;
}

/** Start and memory of a peer in one line. */
export function describePeer(name: string, report: PeerReport): string {
  const { first_step_cold_ms: cold, first_step_warm_ms: warm, peak_bytes: peak } = report;
  const seconds = (ms: number | null) => ms === null ? "unknown" : `${formatNumber(ms / 1000)} s`;
  if (cold === null) return `${name}: no training step`;
  const memory = peak === null ? "unknown" : `${(peak / 1024 ** 2).toFixed(0)} MiB`;
  return `${name}: first step after ${seconds(cold)}, with kept shaders ${seconds(warm)}; ` +
    `peak memory ${memory}`;
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => {
    const width = COLUMNS[i][1];
    return width < 0 ? `${cell} `.padEnd(-width) : ` ${cell}`.padStart(width);
  }).join("").trimEnd();
}
