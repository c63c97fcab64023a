/**
 * Opens the WebGPU device and makes sure that it computes right.
 *
 * @module
 */

import { gpuAdvice, thisPlace } from "./gpu/advice.ts";
import { Device, type DeviceOptions } from "./gpu/device.ts";
import { GpuUnavailableError } from "./gpu/errors.ts";
import { selfTest } from "./self_test.ts";

/** Options of {@linkcode openDevice}. */
export interface OpenOptions extends DeviceOptions {
  /** Where WebGPU comes from; `navigator.gpu` unless told. In Node: `create([])` of npm's `webgpu`. */
  readonly webgpu?: GPU;
}

/** Features that some kernels use where there are. */
const WELCOME_FEATURES: readonly GPUFeatureName[] = ["shader-f16"];

/**
 * Opens the default WebGPU device with the largest buffers the adapter offers, and runs the numeric
 * self-test, because drivers do get it wrong.
 *
 * @throws {GpuUnavailableError} If there is no WebGPU, adapter or device, with what to do about it in
 * this browser, Node or Deno.
 * @throws {SelfTestError} If an operation gives a wrong answer.
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  const webgpu = options.webgpu ?? globalThis.navigator?.gpu;
  const adapter = await findAdapter(webgpu);
  const requiredFeatures = WELCOME_FEATURES.filter((feature) => adapter.features.has(feature));
  if (options.profile) {
    if (!adapter.features.has("timestamp-query")) {
      throw new GpuUnavailableError("Cannot profile kernels: the adapter has no timestamp-query");
    }
    requiredFeatures.push("timestamp-query");
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const gpu = await adapter.requestDevice({
    requiredFeatures,
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  }).catch((error) => refuse(`the adapter gave no device (${error.message})`));
  const { description, vendor, device } = adapter.info;
  const opened = new Device(gpu, {
    name: description || device || "unknown adapter",
    vendor,
    isSoftware: /llvmpipe|lavapipe|swiftshader|software|cpu/i.test(description),
    features: [...adapter.features].sort(),
  }, options);
  try {
    await selfTest(opened);
    return opened;
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

async function findAdapter(webgpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await webgpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter ?? refuse(gpuAdvice(thisPlace({ hasWebGpu: webgpu !== undefined })));
}

function refuse(why: string): never {
  throw new GpuUnavailableError(`Cannot open a GPU: ${why}`);
}
