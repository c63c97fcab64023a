/**
 * Opens the WebGPU device and makes sure that it computes right.
 *
 * @module
 */

import { Device, type DeviceOptions } from "./gpu/device.ts";
import { GpuUnavailableError } from "./gpu/errors.ts";
import { selfTest } from "./self_test.ts";

/** Features that some kernels use where there are. */
const WELCOME_FEATURES: readonly GPUFeatureName[] = ["shader-f16"];

/**
 * Opens the default WebGPU device with the largest buffers the adapter offers, and runs the numeric
 * self-test, because drivers do get it wrong.
 *
 * @throws {GpuUnavailableError} If there is no adapter, with what to install.
 * @throws {SelfTestError} If an operation gives a wrong answer.
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new GpuUnavailableError(
      "Cannot open a GPU: WebGPU found no adapter; install a Vulkan driver (Debian and Ubuntu: " +
        "mesa-vulkan-drivers) or run `sh setup.sh`",
    );
  }
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
  });
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
