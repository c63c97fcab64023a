/**
 * The report of a benchmark as a page: `docs/benchmarks.md`.
 *
 * @module
 */

import { markdownTable, paragraph } from "./print/markdown.ts";
import { peersSection } from "./peers/results/page.ts";
import type { Launches } from "./measure/launches.ts";
import type { NetworkTime } from "./measure/times.ts";
import type { BenchReport } from "./report.ts";
import { formatNumber, percent } from "./print/table.ts";
import { FORWARD_SHAPE, STEP_SHAPE } from "./measure/unet.ts";

/** What is written by hand on the page, and stays. */
const HAND_WRITTEN = "## The host side\n";

/**
 * The page of a report, laid out as `deno fmt` would lay it out.
 *
 * @param options.before The page as it was, whose part on the host side is kept.
 */
export function benchmarksPage(report: BenchReport, { before = "" } = {}): string {
  const { operations, unet, peers } = report;
  const sections = [
    head(report),
    ...peers ? [peersSection(peers)] : [],
    ...unet ? [unetSection(report)] : [],
    ...report.launches ? [launchesSection(report.launches)] : [],
    ...operations.length > 0 ? [operationsSection(report)] : [],
    ...keptSection(before),
    REPEAT,
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The part on the host side of a page. */
function keptSection(page: string): string[] {
  const start = page.indexOf(HAND_WRITTEN);
  if (start < 0) return [];
  const end = page.indexOf("\n## ", start + HAND_WRITTEN.length);
  return [page.slice(start, end < 0 ? undefined : end).trimEnd()];
}

const REPEAT = `## To repeat it

    deno task bench --peers                 everything, and this page anew
    deno task bench                         Kymo alone
    deno task bench --only unet --peers     the U-Net alone; also --only conv2d
    deno task bench --peers jax-js          some peers; several with commas between
    deno task bench --host                  the processor's part, on a device that computes nothing
    deno task bench --out FILE.json         the numbers as JSON, with all that is above

${
  paragraph(
    "The first run downloads the peers into Deno's cache; they are no part of Kymo. PyTorch is used " +
      "where `python3` has it. Other work on the machine makes every time longer: look at the load " +
      "average.",
  )
}`;

function head({ adapter, machine, ceilings }: BenchReport): string {
  const { processor, processors, system, deno, load_before, load_after } = machine;
  const rows = [
    ["Adapter", adapter],
    ["Processor", `${processor}, ${processors} cores`],
    ["System", `${system}, Deno ${deno}`],
    ["Load average", `${load_before.toFixed(2)} before, ${load_after.toFixed(2)} after`],
    ["Multiply-add in registers", `${formatNumber(ceilings.fma_gflops)} GFLOP/s`],
    ["Copy from buffer to buffer", `${formatNumber(ceilings.copy_gbs)} GB/s`],
  ];
  const what = paragraph(
    "Written by `deno task bench --peers`. Times are medians; every result was checked before its " +
      "time counts. A convolution counts 2 · k² · c_in · c_out operations for each output pixel, " +
      "whatever way it is computed, and so does each of its two large gradients; a training step " +
      "counts as three predictions.",
  );
  return `# Benchmarks

${what}

${markdownTable(["", "measured in one run"], rows, { left: 2 })}

The last two are the ceilings of this adapter: shares below are shares of them.`;
}

function unetSection({ ceilings, unet }: BenchReport): string {
  const { forward, step, first_step_ms, peak_bytes } = unet!;
  const row = (name: string, { ms, gflops }: NetworkTime) => [
    name,
    formatNumber(ms),
    formatNumber(gflops),
    percent(gflops / ceilings.fma_gflops),
  ];
  const table = markdownTable(["U-Net, depth 3, base 16", "ms", "GFLOP/s", "of FMA"], [
    row(`prediction, ${FORWARD_SHAPE.join("×")}`, forward),
    row(`training step, ${STEP_SHAPE.join("×")}`, step),
  ]);
  const text = paragraph(
    `In one process, without its start. Its first step took ${
      formatNumber(first_step_ms)
    } ms, and ` +
      `training held at most ${formatNumber(peak_bytes / 1024 ** 2)} MiB of GPU memory.`,
  );
  return `## The U-Net\n\n${table}\n\n${text}`;
}

function launchesSection(launches: NonNullable<BenchReport["launches"]>): string {
  const parts = ["forward", "loss", "backward", "update", "step"] as const;
  const shown = ([dispatches, copies]: Launches) =>
    copies === 0 ? `${dispatches}` : `${dispatches} + ${copies}`;
  const rows = Object.entries(launches).map(([name, step]) => [
    name,
    ...parts.map((part) => shown(step[part])),
  ]);
  const text = paragraph(
    "Dispatches of a training step with kernels as the rules choose them for GPUs, and after a plus " +
      `copies, where there are any; batch and patch are those of the step above. They are counted, not ` +
      "timed: a GPU launches each by itself, which docs/gpu.md takes at 5 to 10 µs.",
  );
  return `## What a step launches\n\n${text}\n\n${markdownTable(["", ...parts], rows)}`;
}

function operationsSection({ operations, ceilings }: BenchReport): string {
  const rows = operations.map(({ op, pass, shape, variant, ms, gflops, gbs }) => [
    `${op} ${pass}`,
    shape,
    variant,
    formatNumber(ms),
    gflops === null ? "" : formatNumber(gflops),
    gflops === null ? "" : percent(gflops / ceilings.fma_gflops),
    formatNumber(gbs),
    percent(gbs / ceilings.copy_gbs),
  ]);
  const titles = ["operation", "shape", "variant", "ms", "GFLOP/s", "of FMA", "GB/s", "of copy"];
  return `## Every operation

GB/s count the tensors that a pass reads and its result, each once.

${markdownTable(titles, rows, { left: 3 })}`;
}
