/**
 * What is known about an adapter.
 *
 * @module
 */

/** What the adapter says of itself. */
export interface AdapterSummary {
  /** Human-readable name, for example `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** Vendor name or number, as the driver gives it. */
  readonly vendor: string;
  /** Whether the adapter runs on the CPU. */
  readonly isSoftware: boolean;
  /** Names of the WebGPU features it offers. */
  readonly features: readonly string[];
}
