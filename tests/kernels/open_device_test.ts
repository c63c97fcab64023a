// Opening a device where the adapter does not say what it is: kernels are chosen by a short trial, and
// nothing is waited for without end.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { tryStyles } from "../../kernels/choice/trial.ts";
import { Device } from "../../kernels/gpu/device.ts";
import { GpuUnavailableError, ShaderError } from "../../kernels/gpu/errors.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { convolutionFamilies, weightGradientFamily } from "../../kernels/ops/conv2d/variants.ts";
import {
  upConvolutionFamily,
  upWeightGradientFamily,
} from "../../kernels/ops/up_conv2d/variants.ts";

/** This machine's WebGPU with adapters that say nothing, as in a browser that hides them. */
function muteWebGpu(change: (gpu: GPUDevice) => void = () => {}): GPU {
  const requestAdapter = async () => {
    const { features, limits, ...adapter } = await realAdapter();
    return { features, limits, info: { isFallbackAdapter: true }, ...adapter };
  };
  const realAdapter = async () => {
    const adapter = (await navigator.gpu.requestAdapter())!;
    const { features, limits } = adapter;
    const requestDevice = async (descriptor: GPUDeviceDescriptor) => {
      const gpu = await adapter.requestDevice(descriptor);
      change(gpu);
      return gpu;
    };
    return { features, limits, requestDevice };
  };
  return { requestAdapter } as unknown as GPU;
}

/** Makes the compiler of a device go on for ever over shaders with a label. */
function stuckAt(label: RegExp): (gpu: GPUDevice) => void {
  return (gpu) => {
    const compile = gpu.createComputePipelineAsync.bind(gpu);
    gpu.createComputePipelineAsync = (descriptor) =>
      label.test(descriptor.label ?? "") ? new Promise(() => {}) : compile(descriptor);
  };
}

Deno.test("openDevice() tries kernels where the adapter says nothing, and computes right with them", async () => {
  const seen: [number, number][] = [];
  using device = await openDevice({
    webgpu: muteWebGpu(),
    progress: (done, total) => seen.push([done, total]),
  });
  const { name, isSoftware, style } = device.adapter;
  assertEquals([name, isSoftware], ["unknown adapter", true]);
  assert(style === "textures" || style === "products", style);
  assert(seen.length > 3, "it told of no progress");
  const [, total] = seen[0];
  assertEquals(seen, seen.map((_, i) => [i, total]));
  assertEquals(seen.length, total + 1);
});

Deno.test("tryStyles() does not wait for a kernel that does not compile within the limit", async () => {
  const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
  stuckAt(/bias/)(gpu);
  const [summary, start] = [{ name: "", vendor: "", isSoftware: true, features: [] }, Date.now()];
  using device = new Device(gpu, summary);
  const options = { convolutions: convolutionFamilies.forward, compileLimit: 2500 };
  // The product of matrices has another label.
  assertEquals(await tryStyles(device, options), "products");
  assert(Date.now() - start < 20_000);
});

Deno.test("tryStyles() does not begin with a kernel where the first was slow to compile", async () => {
  const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const compile = gpu.createComputePipelineAsync.bind(gpu);
  const begun: string[] = [];
  gpu.createComputePipelineAsync = async (descriptor) => {
    begun.push(descriptor.label ?? "");
    await new Promise((resolve) => setTimeout(resolve, 50));
    return await compile(descriptor);
  };
  using device = new Device(gpu, { name: "", vendor: "", isSoftware: true, features: [] });
  const options = { convolutions: convolutionFamilies.forward, compileLimit: 100 };
  assertEquals(await tryStyles(device, options), "products");
  assert(begun.length > 0 && begun.every((label) => !label.includes("bias")), `${begun}`);
});

Deno.test("openDevice() gives up after its time limit instead of waiting for ever", async () => {
  await assertRejects(
    () => openDevice({ webgpu: muteWebGpu(stuckAt(/./)), timeLimit: 300 }),
    GpuUnavailableError,
    "Cannot open a GPU: its driver is not ready after 0.3 s",
  );
});

Deno.test("an adapter of style products is given matrix products alone, or what compiles as fast", async () => {
  const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const summary = { name: "", vendor: "", isSoftware: true, features: [] };
  using device = new Device(gpu, { ...summary, style: "products" });
  using _scope = device.scope();
  const sizes = ["1x3x8x8->4 k3", "1x1x8x8->4 k3", "2x32x16x16->32 k3", "1x4x8x8->4 k1"];
  const quick = ["few-inputs", "gemm"];
  for (const family of [...Object.values(convolutionFamilies)]) {
    for (const size of sizes) {
      const problem = family.problemOf(size, (shape) => device.empty(shape))!;
      const names = family.preferred(device, problem);
      assertEquals(names.filter((name) => !quick.includes(name)), []);
      assertEquals(names.at(-1), "gemm");
    }
  }
  const gradient = weightGradientFamily.problemOf(sizes[0], (shape) => device.empty(shape))!;
  assertEquals(weightGradientFamily.preferred(device, gradient), ["gemm"]);
  for (const family of [upConvolutionFamily, upWeightGradientFamily]) {
    const problem = family.problemOf("1x4x8x8+4->4 k3", (shape) => device.empty(shape))!;
    assertEquals(family.preferred(device, problem as never)[0], "separate");
  }
});

Deno.test("Device.prepare() compiles what a computation needs, runs nothing and tells a bad shader", async () => {
  using device = await openDevice();
  const y = device.upload([1], Float32Array.of(1));
  const shader = (value: string) => /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = ${value}; }`;
  const set = (value: string) =>
    device.dispatch({
      label: "set",
      shader: shader(value),
      uniforms: {},
      tensors: [y],
      workgroups: [1],
    });
  const { dispatchCount, memory } = device;
  await device.prepare(() => {
    device.empty([1000]);
    set("2.0");
    set("2.0");
  });
  assertEquals([device.dispatchCount, device.memory], [dispatchCount, memory]);
  assertEquals(await device.read(y), Float32Array.of(1));
  await assertRejects(() => device.prepare(() => set("2u")), ShaderError, "y[0] = 2u;");
  set("2.0");
  assertEquals(await device.read(y), Float32Array.of(2));
});
