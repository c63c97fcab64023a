/**
 * What this machine's GPU is and can do.
 *
 * @module
 */

import { measureCeilings } from "../../kernels/choice/ceilings.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { selfTest } from "../../kernels/self_test.ts";
import { memoryFile } from "./disk/open_gpu.ts";
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
  /**
   * Milliseconds that the start of a command is made of: `modules` from the start of the program until its
   * code is loaded, `device`, `self_test` and of that `compile`, the shaders of the self-test.
   */
  readonly start_ms: Readonly<Record<"modules" | "device" | "self_test" | "compile", number>>;
  /** The file in which jobs remember which adapters have passed the self-test; null where there is no place. */
  readonly self_test_file: string | null;
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
  const begun = performance.now();
  // It is tested in any case, and only once its start is timed.
  const tested = { has: () => Promise.resolve(true), add: () => Promise.resolve() };
  using device = await openDevice({ tested });
  const opened = performance.now();
  await selfTest(device);
  const passed = performance.now();
  const tests = await selfTest(device);
  const again = performance.now() - passed;
  const { fmaGflops, copyGbs } = await measureCeilings(device);
  return {
    versions: versions(),
    adapter: device.adapter.name,
    is_software: device.adapter.isSoftware,
    features: device.adapter.features,
    limits: Object.fromEntries(LIMITS.map((name) => [name, device.gpu.limits[name]])),
    self_test: Object.fromEntries(tests.map(({ name, error }) => [name, error])),
    start_ms: {
      modules: begun,
      device: opened - begun,
      self_test: passed - opened,
      compile: Math.max(0, passed - opened - again),
    },
    self_test_file: memoryFile({ isUsed: false }),
    peak: { fma_gflops: fmaGflops, copy_gbs: copyGbs },
  };
}
