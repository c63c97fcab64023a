/**
 * What is known about an adapter.
 *
 * @module
 */

/**
 * Which kernels suit an adapter, where several compute the same:
 *
 * - `registers`: tiles in registers, and matrix products where layers are wide: GPUs.
 * - `textures`: operands read through textures, which cost a quarter of a buffer's loads: Mesa's
 *   software adapters.
 * - `products`: matrix products in workgroup memory alone. They compile in moments everywhere, where
 *   kernels that are unrolled into registers can take minutes, as on SwiftShader.
 *
 * @category Device
 */
export type KernelStyle = "registers" | "textures" | "products";

/**
 * What the adapter says of itself.
 *
 * @category Device
 */
export interface AdapterSummary {
  /** Human-readable name, for example `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** Vendor name or number, as the driver gives it. */
  readonly vendor: string;
  /** Whether the adapter runs on the CPU. */
  readonly isSoftware: boolean;
  /** Names of the WebGPU features it offers. */
  readonly features: readonly string[];
  /** Which kernels suit it; unless told `textures` for software, `registers` for all others. */
  readonly style?: KernelStyle;
}

/** The parts of a `GPUAdapter` that say what it is; browsers leave texts empty. */
export interface AdapterFacts {
  /** What it says of itself. */
  readonly info:
    & Partial<Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description">>
    & {
      readonly isFallbackAdapter?: boolean;
    };
  /** The features that it offers. */
  readonly features: Iterable<string>;
  /** Whether it is slow, where older browsers say so. */
  readonly isFallbackAdapter?: boolean;
}

/** A summary of an adapter whose style is null where what it says does not tell which kernels suit. */
export type AdapterGuess = Omit<AdapterSummary, "style"> & { readonly style: KernelStyle | null };

/**
 * What an adapter says of itself. Native programs get its name, browsers often no more than whether
 * it is a fallback, which is one that runs on the CPU.
 */
export function summariseAdapter(adapter: AdapterFacts): AdapterGuess {
  const { vendor = "", architecture = "", device = "", description = "" } = adapter.info;
  const texts = [description, device, architecture, vendor].filter((text) => text !== "");
  const words = texts.join(" ");
  const isFallback = adapter.info.isFallbackAdapter ?? adapter.isFallbackAdapter;
  const isSoftware = isFallback ??
    /llvmpipe|lavapipe|swiftshader|software|basic render|\bcpu\b/i.test(words);
  const isMute = texts.length === 0 && isFallback !== false;
  return {
    name: description || device || [vendor, architecture].filter(Boolean).join(" ") ||
      "unknown adapter",
    vendor,
    isSoftware,
    features: [...adapter.features].sort(),
    style: styleOfNamed(words) ?? (isSoftware || isMute ? null : "registers"),
  };
}

function styleOfNamed(words: string): KernelStyle | null {
  if (/swiftshader/i.test(words)) return "products";
  return /llvmpipe|lavapipe/i.test(words) ? "textures" : null;
}

/** Which kernels suit an adapter. */
export function styleOf({ style, isSoftware }: AdapterSummary): KernelStyle {
  return style ?? (isSoftware ? "textures" : "registers");
}
