/**
 * What this machine's GPU is and can do.
 *
 * @module
 */

import { measureCeilings } from "../../kernels/choice/ceilings.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { selfTest } from "../../kernels/self_test.ts";
import { versions } from "./disk/version.ts";

/**
 * The findings of {@linkcode examine}.
 *
 * @category Jobs
 */
export interface DoctorReport {
  /** Versions of Kymo and Deno. */
  readonly versions: Readonly<Record<string, string>>;
  /** The adapter's name. */
  readonly adapter: string;
  /** Whether it is a program on the CPU. */
  readonly is_software: boolean;
  /** WebGPU features it offers. */
  readonly features: readonly string[];
  /** Limits that matter to Kymo. */
  readonly limits: Readonly<Record<string, number>>;
  /** Largest relative error of each self-tested operation. */
  readonly self_test: Readonly<Record<string, number>>;
  /** Measured peaks: multiply-adds and memory copies. */
  readonly peak: { readonly fma_gflops: number; readonly copy_gbs: number };
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/**
 * Opens the GPU, tests it and measures its peaks.
 *
 * @throws {GpuUnavailableError} If there is none.
 * @throws {SelfTestError} If it computes wrongly.
 * @category Jobs
 */
export async function examine(): Promise<DoctorReport> {
  using device = await openDevice();
  const tests = await selfTest(device);
  const { fmaGflops, copyGbs } = await measureCeilings(device);
  return {
    versions: versions(),
    adapter: device.adapter.name,
    is_software: device.adapter.isSoftware,
    features: device.adapter.features,
    limits: Object.fromEntries(LIMITS.map((name) => [name, device.gpu.limits[name]])),
    self_test: Object.fromEntries(tests.map(({ name, error }) => [name, error])),
    peak: { fma_gflops: fmaGflops, copy_gbs: copyGbs },
  };
}
