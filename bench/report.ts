/**
 * What a benchmark writes with `--out`.
 *
 * @module
 */

import type { PeerReport } from "./peers/report.ts";

/** The time of one pass of one operation on one sample. */
export interface OperationTime {
  /** Name of the operation. */
  readonly op: string;
  /** `forward`, or `d` and the first letter of the input whose gradient it is. */
  readonly pass: string;
  /** Shapes of the inputs; for a convolution `input->channels kSIDE`. */
  readonly shape: string;
  /** Which of the operation's kernels ran. */
  readonly variant: string;
  /** Milliseconds, the median of several measurements. */
  readonly ms: number;
  /** 10⁹ floating point operations a second; null where they are not counted. */
  readonly gflops: number | null;
  /** 10⁹ bytes a second of the inputs that the pass reads and of its result. */
  readonly gbs: number;
}

/** Time and speed of a whole network. */
export interface NetworkTime {
  /** Milliseconds, the median of several measurements. */
  readonly ms: number;
  /** 10⁹ floating point operations of the convolutions a second. */
  readonly gflops: number;
}

/** The times of the U-Net: depth 3, base 16, one channel. */
export interface UNetTimes {
  /** Prediction of one image of 256 × 256. */
  readonly forward: NetworkTime;
  /** One step on 4 images of 128 × 128: forward, Dice, backward, Adam. */
  readonly step: NetworkTime;
  /** Milliseconds of the very first step, with the compilation of its kernels. */
  readonly first_step_ms: number;
  /** The most GPU memory that training held, in bytes. */
  readonly peak_bytes: number;
}

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
  /** Kymo's peers by name, and under `kymo` what they are set against; only with `--peers`. */
  readonly peers?: Readonly<Record<string, PeerReport>>;
}
