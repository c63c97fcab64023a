/**
 * What a benchmark writes with `--out`.
 *
 * @module
 */

import type { StepLaunches } from "./measure/launches.ts";
import type { OperationTime, UNetTimes } from "./measure/times.ts";
import type { HostTime } from "./host/measure.ts";
import type { PeerReport } from "./peers/results/report.ts";

/** Where a benchmark ran. */
export interface Machine {
  /** What the processor calls itself. */
  readonly processor: string;
  /** How many it has. */
  readonly processors: number;
  /** Operating system and architecture. */
  readonly system: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Load average of the last minute before the measurements: other work makes every time longer. */
  readonly load_before: number;
  /** The same at their end. */
  readonly load_after: number;
}

/** The report of one benchmark. */
export interface BenchReport {
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** What computed, and how busy it was. */
  readonly machine: Machine;
  /** What the adapter can do at best, in GFLOP/s and GB/s. */
  readonly ceilings: { readonly fma_gflops: number; readonly copy_gbs: number };
  /** All timed passes; empty when only the U-Net was asked for. */
  readonly operations: readonly OperationTime[];
  /** The U-Net; left out when only one operation was asked for. */
  readonly unet?: UNetTimes;
  /** What a training step of each network launches on a GPU; counted with the U-Net. */
  readonly launches?: Readonly<Record<string, StepLaunches>>;
  /** Kymo's peers by name, and under `kymo` what they are set against; only with `--peers`. */
  readonly peers?: Readonly<Record<string, PeerReport>>;
}

/** The report of the host side. */
export interface HostReport {
  /** What computed, and how busy it was. */
  readonly machine: Machine;
  /** All measured parts. */
  readonly host: readonly HostTime[];
}
