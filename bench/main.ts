/**
 * `deno task bench [--only NAME] [--out FILE.json]`: times every operation, forward and backward, and
 * the U-Net as a whole, and sets them against what the adapter can do at best.
 *
 * Exits with 2 for a wrong command line and with 1 if a result is wrong or the GPU fails.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { type Ceilings, measureCeilings } from "../kernels/ceilings.ts";
import { openDevice } from "../kernels/open_device.ts";
import { operations } from "../kernels/operations.ts";
import { timeOperation } from "./operations.ts";
import type { BenchReport, OperationTime, UNetTimes } from "./report.ts";
import { formatNumber, tableHead, tableLine, type TableRow } from "./table.ts";
import { FORWARD_SHAPE, STEP_SHAPE, timeUNet } from "./unet.ts";

/** What the command line asks for. */
export interface BenchOptions {
  /** The one operation to time, or `unet`; everything unless told. */
  readonly only?: string;
  /** Where to write the report as JSON. */
  readonly out?: string;
}

const UNET = "unet";
const NAMES = [...operations.map(({ name }) => name), UNET];

/**
 * Reads the command line.
 *
 * @throws {TypeError | RangeError} If it asks for what there is not, with what there is.
 */
export function readOptions(args: string[]): BenchOptions {
  const unknown: string[] = [];
  const { only, out, peers } = parseArgs(args, {
    string: ["only", "out"],
    boolean: ["peers"],
    unknown: (word) => {
      unknown.push(word);
      return false;
    },
  });
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot run the bench: ${unknown[0]} is unknown; there are --only NAME and --out FILE.json`,
    );
  }
  if (peers) throw new RangeError("Cannot run the bench: --peers is not there yet; leave it out");
  if (only !== undefined && !NAMES.includes(only)) {
    throw new RangeError(
      `Cannot run the bench: --only is "${only}", expected one of ${NAMES.join(", ")}`,
    );
  }
  if (out === "") throw new TypeError("Cannot run the bench: --out is empty, expected a file name");
  return { only, out };
}

/** Measures, printing a line at a time, and gives the report. */
export async function runBench(
  { only }: BenchOptions,
  print: (line: string) => void,
): Promise<BenchReport> {
  using device = await openDevice();
  const adapter = device.adapter.name;
  print(`${adapter}; ${navigator.hardwareConcurrency} processors, load average ${loadAverage()}`);
  const ceilings = await measureCeilings(device);
  const { fmaGflops, copyGbs } = ceilings;
  print(
    `At best ${formatNumber(fmaGflops)} GFLOP/s in registers (fma) and ` +
      `${formatNumber(copyGbs)} GB/s from buffer to buffer (copy)`,
  );
  print(tableHead());
  const times: OperationTime[] = [];
  for (const operation of operations) {
    if (only !== undefined && only !== operation.name) continue;
    for await (const { time, spread } of timeOperation(device, operation)) {
      times.push(time);
      print(tableLine({ ...time, spread }, ceilings));
    }
  }
  device.trim();
  const isUNetWanted = only === undefined || only === UNET;
  return {
    adapter,
    ceilings: { fma_gflops: fmaGflops, copy_gbs: copyGbs },
    operations: times,
    ...isUNetWanted ? { unet: await benchUNet(ceilings, print) } : {},
  };
}

async function benchUNet(ceilings: Ceilings, print: (line: string) => void): Promise<UNetTimes> {
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

/** Of the last minute: what else runs on the machine makes every time longer. */
function loadAverage(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "loadavg" });
  return state === "granted" ? Deno.loadavg()[0].toFixed(1) : "unknown (needs --allow-sys=loadavg)";
}

/** Fails before minutes of measuring rather than after. */
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
  const { out } = options;
  try {
    if (out !== undefined) await requireWritable(out);
    const report = await runBench(options, console.log);
    if (out !== undefined) await Deno.writeTextFile(out, `${JSON.stringify(report, null, 2)}\n`);
    return 0;
  } catch (error) {
    return fail(error, 1);
  }
}

if (import.meta.main) Deno.exit(await main());
