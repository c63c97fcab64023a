/**
 * Kymo and its peers on the page of a benchmark.
 *
 * @module
 */

import { markdownTable, paragraph } from "../../print/markdown.ts";
import { formatNumber } from "../../print/table.ts";
import { KYMO } from "../list.ts";
import type { PeerReport, PeerTime } from "./report.ts";
import { errorText } from "./table.ts";

/** Reports by name. */
type Peers = Readonly<Record<string, PeerReport>>;

/** What is said about one problem and one peer. */
type Cell = (time: PeerTime) => string;

const NONE = "–";

/** The part of the page about peers. */
export function peersSection(peers: Peers): string {
  const [convolutions, unets] = [problemsOf(peers, "conv2d"), problemsOf(peers, "unet")];
  const problems = [...unets, ...convolutions];
  return [
    "## Beside its peers",
    paragraph(
      "Each in a process of its own, with the same numbers to compute on. The processes take turns, " +
        "and a ratio is the median over the turns.",
    ),
    whoTable(peers),
    ...unets.some(({ pass }) => pass === "step") ? [processTable(peers)] : [],
    "### How many times as long as Kymo",
    "Below 1 the peer is faster.",
    matrix(peers, { problems, cell: ratioCell }),
    "### Milliseconds",
    matrix(peers, { problems, cell: ({ ms }) => numberCell(ms) }),
    "### GFLOP/s",
    matrix(peers, { problems, cell: ({ gflops }) => numberCell(gflops) }),
    "### Errors",
    paragraph(
      "The largest difference from the reference (PyTorch in float64, or Kymo where there is none), " +
        "relative to the largest value of the same array: of the output, or of the gradient. Of a " +
        "training step all gradients of the first step are compared, and the losses of the first three.",
    ),
    matrix(peers, { problems, cell: (time) => time.ms === null ? NONE : errorText(time) }),
    ...failures(peers),
  ].join("\n\n");
}

function numberCell(value: number | null): string {
  return value === null ? NONE : formatNumber(value);
}

function whoTable(peers: Peers): string {
  const rows = Object.entries(peers).map(([name, { version, setting, failure }]) => [
    name,
    version ?? NONE,
    failure === null ? setting ?? "" : `left out: ${reason(failure)}`,
  ]);
  return markdownTable(["", "version", "how it is used"], rows, { left: 3 });
}

function processTable(peers: Peers): string {
  const seconds = (ms: number | null) => ms === null ? NONE : formatNumber(ms / 1000);
  const rows = withTimes(peers).filter(([, { first_step_cold_ms }]) => first_step_cold_ms !== null)
    .map(([name, { first_step_cold_ms, first_step_warm_ms, peak_bytes }]) => [
      name,
      seconds(first_step_cold_ms),
      seconds(first_step_warm_ms),
      peak_bytes === null ? NONE : (peak_bytes / 1024 ** 2).toFixed(0),
    ]);
  const titles = ["", "first step, cold, s", "first step, warm, s", "peak memory, MiB"];
  return [
    "### The whole process",
    paragraph(
      "From the start of the process to the end of its first training step: cold with no shader " +
        "compiled before (libraries are in Deno's cache), warm with the shaders that the driver keeps " +
        "from an earlier process. Peak memory is that of the process after a few steps.",
    ),
    markdownTable(titles, rows),
  ].join("\n\n");
}

/** A table with a row a problem and a column a peer. */
function matrix(
  peers: Peers,
  { problems, cell }: { problems: readonly PeerTime[]; cell: Cell },
): string {
  const columns = withTimes(peers);
  const rows = problems.map(({ op, pass, shape }) => [
    `${op} ${pass} ${shape}`,
    ...columns.map(([, { problems }]) => {
      const time = problems.find((time) =>
        time.op === op && time.pass === pass && time.shape === shape
      );
      return time ? cell(time) : NONE;
    }),
  ]);
  return markdownTable(["", ...columns.map(([name]) => name)], rows);
}

function ratioCell({ ratio, agrees }: PeerTime): string {
  if (ratio === null) return NONE;
  return agrees ? formatNumber(ratio) : `${formatNumber(ratio)} (wrong)`;
}

/** The problems of an operation, as the first peer that was asked knows them. */
function problemsOf(peers: Peers, op: PeerTime["op"]): readonly PeerTime[] {
  return withTimes(peers)[0]?.[1].problems.filter((time) => time.op === op) ?? [];
}

/** The peers that could be started, Kymo first. */
function withTimes(peers: Peers): [string, PeerReport][] {
  return Object.entries(peers).filter(([, { failure }]) => failure === null)
    .sort(([a], [b]) => Number(b === KYMO) - Number(a === KYMO));
}

/** What did not work, and why. */
function failures(peers: Peers): string[] {
  const rows = withTimes(peers).flatMap(([name, { problems }]) =>
    problems.flatMap(({ op, pass, shape, failure }) =>
      failure === null ? [] : [[name, `${op} ${pass} ${shape}`, reason(failure)]]
    )
  );
  if (rows.length === 0) return [];
  return ["### Without a time", markdownTable(["", "problem", "why"], rows, { left: 3 })];
}

/** An error's text for a page that others read: without addresses and folders of this machine. */
function reason(failure: string): string {
  const text = failure.replaceAll(/(?:\w+:\/\/|\/|\b[A-Z]:\\)[^\s"'`]*[\/\\]/g, "")
    .replaceAll(/[`|\s]+/g, " ");
  return `\`${text.trim()}\``;
}
