/**
 * `deno task bench [--only NAME] [--peers] [--host] [--out FILE.json] [--docs FILE.md]`:
 * times every operation,
 * forward and backward, and the U-Net as a whole, and sets them against what the adapter can do at
 * best and, with `--peers`, against other libraries. With `--host` it measures what the processor does
 * around them instead.
 *
 * Exits with 2 for a wrong command line and with 1 if a result is wrong or the GPU fails.
 *
 * @module
 */

import { cpus } from "node:os";
import { type Ceilings, measureCeilings } from "../kernels/choice/ceilings.ts";
import { Device } from "../kernels/gpu/device.ts";
import { openDevice } from "../kernels/open_device.ts";
import { operations } from "../kernels/operations.ts";
import { countLaunches, learners, type StepLaunches } from "./measure/launches.ts";
import { timeOperation } from "./measure/operations.ts";
import { type BenchOptions, readOptions, UNET } from "./options.ts";
import { benchmarksPage } from "./page.ts";
import { benchPeers } from "./peers/bench.ts";
import type { OperationTime, UNetTimes } from "./measure/times.ts";
import { hostJobs } from "./host/list.ts";
import { type HostTime, measureHost } from "./host/measure.ts";
import type { BenchReport, HostReport, Machine } from "./report.ts";
import {
  formatNumber,
  hostHead,
  hostLine,
  tableHead,
  tableLine,
  type TableRow,
} from "./print/table.ts";
import { FORWARD_SHAPE, STEP_SHAPE, timeUNet } from "./measure/unet.ts";

/** What a benchmark prints. */
type Print = (line: string) => void;

/** Measures the host side, printing a line at a time. */
async function runHost({ only }: BenchOptions, print: Print): Promise<HostReport> {
  const machine = describeMachine();
  print(hostHead());
  const host: HostTime[] = [];
  for (const job of hostJobs) {
    if (only !== undefined && only !== job.name) continue;
    for await (const time of measureHost(job)) {
      host.push(time);
      print(hostLine(time));
    }
  }
  return { machine: { ...machine, load_after: loadOfLastMinute() }, host };
}

/** Measures, printing a line at a time, and gives the report. */
export async function runBench(options: BenchOptions, print: Print): Promise<BenchReport> {
  const machine = describeMachine();
  const { only, peers } = options;
  const own = await benchOperations({ only, machine }, print);
  const isUNetWanted = only === undefined || only === UNET;
  const unet = isUNetWanted
    ? { unet: await benchUNet(own.measured, print), launches: await countAll(print) }
    : {};
  const others = peers ? { peers: await benchPeers({ names: peers, only }, print) } : {};
  const { adapter, ceilings, operations } = own;
  return {
    adapter,
    machine: { ...machine, load_after: loadOfLastMinute() },
    ceilings,
    operations,
    ...unet,
    ...others,
  };
}

async function benchOperations(
  { only, machine }: { only?: string; machine: Omit<Machine, "load_after"> },
  print: Print,
): Promise<Pick<BenchReport, "adapter" | "ceilings" | "operations"> & { measured: Ceilings }> {
  using device = await openDevice();
  const adapter = device.adapter.name;
  print(
    `${adapter}; ${machine.processors} processors, load average ` +
      machine.load_before.toFixed(2),
  );
  const before = await measureCeilings(device);
  printCeilings(before, print);
  print(tableHead());
  const times: OperationTime[] = [];
  for (const operation of operations) {
    if (only !== undefined && only !== operation.name) continue;
    for await (const { time, spread } of timeOperation(device, operation)) {
      times.push(time);
      print(tableLine({ ...time, spread }, before));
    }
  }
  // Other work may have held the first measurement down; a ceiling is the best that was seen.
  const after = await measureCeilings(device);
  const measured = {
    fmaGflops: Math.max(before.fmaGflops, after.fmaGflops),
    copyGbs: Math.max(before.copyGbs, after.copyGbs),
  };
  if (measured.fmaGflops > before.fmaGflops || measured.copyGbs > before.copyGbs) {
    printCeilings(measured, print);
  }
  const ceilings = { fma_gflops: measured.fmaGflops, copy_gbs: measured.copyGbs };
  return { adapter, ceilings, operations: times, measured };
}

function printCeilings({ fmaGflops, copyGbs }: Ceilings, print: Print): void {
  print(
    `At best ${formatNumber(fmaGflops)} GFLOP/s in registers (fma) and ` +
      `${formatNumber(copyGbs)} GB/s from buffer to buffer (copy)`,
  );
}

async function benchUNet(ceilings: Ceilings, print: Print): Promise<UNetTimes> {
  using device = await openDevice();
  const { times, forwardSpread, stepSpread } = await timeUNet(device);
  const rows: TableRow[] = [
    { ...times.forward, pass: "forward", shape: FORWARD_SHAPE.join("x"), spread: forwardSpread },
    { ...times.step, pass: "step", shape: STEP_SHAPE.join("x"), spread: stepSpread },
  ].map((row) => ({ op: UNET, gbs: null, ...row }));
  for (const row of rows) print(tableLine(row, ceilings));
  print(
    `The first step took ${formatNumber(times.first_step_ms)} ms; training held at most ` +
      `${formatNumber(times.peak_bytes / 1024 ** 2)} MiB`,
  );
  return times;
}

/** Counts what steps launch as the rules choose kernels for GPUs, whatever computes here. */
async function countAll(print: Print): Promise<Record<string, StepLaunches>> {
  using opened = await openDevice();
  const device = new Device(opened.gpu, { ...opened.adapter, style: "registers" });
  using _scope = device.scope();
  const counts: Record<string, StepLaunches> = {};
  for (const [name, learnerOf] of Object.entries(learners)) {
    counts[name] = countLaunches(device, { learner: learnerOf(device), shape: STEP_SHAPE });
    const [dispatches, copies] = counts[name].step;
    print(`A step of ${name} is ${dispatches} dispatches and ${copies} copies on a GPU`);
  }
  return counts;
}

function describeMachine(): Omit<Machine, "load_after"> {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? "unknown",
    processors: processors.length,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    load_before: loadOfLastMinute(),
  };
}

/** What else runs on the machine makes every time longer. */
function loadOfLastMinute(): number {
  return Deno.loadavg()[0];
}

/** Creates the file, so that a long measurement is not lost for want of a folder or a permission. */
async function requireWritable(path: string): Promise<void> {
  try {
    const file = await Deno.open(path, { write: true, create: true });
    file.close();
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function main(): Promise<number> {
  const fail = (error: unknown, code: number) => {
    console.error(error instanceof Error ? error.message : error);
    return code;
  };
  let options: BenchOptions;
  try {
    options = readOptions(Deno.args);
  } catch (error) {
    return fail(error, 2);
  }
  const { out, docs } = options;
  try {
    for (const file of [out, docs]) if (file !== undefined) await requireWritable(file);
    const write = async (report: object) => {
      if (out !== undefined) await Deno.writeTextFile(out, `${JSON.stringify(report, null, 2)}\n`);
    };
    if (options.host) {
      await write(await runHost(options, console.log));
      return 0;
    }
    const report = await runBench(options, console.log);
    await write(report);
    if (docs !== undefined) {
      const before = await Deno.readTextFile(docs);
      await Deno.writeTextFile(docs, benchmarksPage(report, { before }));
    }
    return 0;
  } catch (error) {
    return fail(error, 1);
  }
}

if (import.meta.main) Deno.exit(await main());
