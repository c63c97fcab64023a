/**
 * Opens the WebGPU device and makes sure that it computes right.
 *
 * @module
 */

import { tryStyles } from "./choice/trial.ts";
import { type AdapterSummary, summariseAdapter } from "./gpu/adapter.ts";
import { gpuAdvice, thisPlace } from "./gpu/advice.ts";
import { Device, type DeviceOptions } from "./gpu/device.ts";
import { GpuUnavailableError } from "./gpu/errors.ts";
import { convolutionFamilies } from "./ops/conv2d/variants.ts";
import { selfTest } from "./self_test.ts";

/**
 * Remembers which adapters have passed the self-test, so that each is tested once.
 *
 * @category Device
 */
export interface SelfTestMemory {
  /** Whether an adapter has passed before, with the same driver and the same kernels. */
  has(adapter: AdapterSummary): Promise<boolean>;
  /** Notes that an adapter has passed. */
  add(adapter: AdapterSummary): Promise<void>;
}

/**
 * Options of {@linkcode openDevice}.
 *
 * @category Device
 */
export interface OpenOptions extends DeviceOptions {
  /** Where WebGPU comes from; `navigator.gpu` unless told. In Node: `create([])` of npm's `webgpu`. */
  readonly webgpu?: GPU;
  /** Is told how many of the shaders that the self-test needs are compiled, of how many. */
  readonly progress?: (done: number, total: number) => void;
  /** The most milliseconds that opening may take; 120,000 unless told. */
  readonly timeLimit?: number;
  /** Which adapters need no self-test as they have passed it; every device is tested unless told. */
  readonly tested?: SelfTestMemory;
}

/** Features that some kernels use where there are. */
const WELCOME_FEATURES: readonly GPUFeatureName[] = ["shader-f16"];
const TIME_LIMIT = 120_000;

/**
 * Opens the default WebGPU device with the largest buffers the adapter offers, and runs the numeric
 * self-test, because drivers do get it wrong; only once for each adapter where `tested` remembers it.
 *
 * Which kernels suit the adapter is told by its name or kind; where it does not say what it is, as in
 * some browsers, two convolutions are tried.
 *
 * @throws {GpuUnavailableError} If there is no WebGPU, adapter or device, with what to do about it in
 * this browser, Node or Deno, or opening takes longer than the limit.
 * @throws {SelfTestError} If an operation gives a wrong answer.
 * @category Device
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  const { timeLimit = TIME_LIMIT } = options;
  const opened: Device[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new GpuUnavailableError(
      `Cannot open a GPU: its driver is not ready after ${timeLimit / 1000} s`,
    );
    timer = setTimeout(() => reject(error), timeLimit);
  });
  try {
    return await Promise.race([open(options, opened), late]);
  } catch (error) {
    opened.forEach((device) => device[Symbol.dispose]());
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a device; all that it opens is in `opened`, for whoever does not wait for the end. */
async function open(options: OpenOptions, opened: Device[]): Promise<Device> {
  const webgpu = options.webgpu ?? globalThis.navigator?.gpu;
  const adapter = await findAdapter(webgpu);
  const guess = summariseAdapter(adapter);
  const style = guess.style ?? await tryAdapter(webgpu, opened);
  const gpu = await requestDevice(adapter, options);
  const device = new Device(gpu, { ...guess, style }, options);
  opened.push(device);
  const { tested } = options;
  if (await tested?.has(device.adapter)) return device;
  await selfTest(device, options);
  await tested?.add(device.adapter);
  return device;
}

/** Tries kernels on a device of its own: one that compiles in vain is better thrown away. */
async function tryAdapter(webgpu: GPU | undefined, opened: Device[]) {
  const adapter = await findAdapter(webgpu);
  const summary: AdapterSummary = { ...summariseAdapter(adapter), style: "products" };
  using device = new Device(await requestDevice(adapter, {}), summary);
  opened.push(device);
  return await tryStyles(device, { convolutions: convolutionFamilies.forward });
}

async function findAdapter(webgpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await webgpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter ?? refuse(gpuAdvice(thisPlace({ hasWebGpu: webgpu !== undefined })));
}

async function requestDevice(
  adapter: GPUAdapter,
  { profile }: DeviceOptions,
): Promise<GPUDevice> {
  const requiredFeatures = WELCOME_FEATURES.filter((feature) => adapter.features.has(feature));
  if (profile) {
    if (!adapter.features.has("timestamp-query")) {
      throw new GpuUnavailableError("Cannot profile kernels: the adapter has no timestamp-query");
    }
    requiredFeatures.push("timestamp-query");
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return await adapter.requestDevice({
    requiredFeatures,
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  }).catch((error) => refuse(`the adapter gave no device (${error.message})`));
}

function refuse(why: string): never {
  throw new GpuUnavailableError(`Cannot open a GPU: ${why}`);
}
