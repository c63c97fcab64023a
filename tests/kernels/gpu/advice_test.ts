// Where there is no GPU, opening a device says what to do in that place.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { gpuAdvice, thisPlace } from "../../../kernels/gpu/advice.ts";
import { GpuUnavailableError } from "../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../kernels/open_device.ts";

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

Deno.test("gpuAdvice() is of use in the place where it is read", () => {
  const advice = (userAgent: string, platform: string, hasWebGpu: boolean, isSecure = true) =>
    gpuAdvice({ userAgent, platform, hasWebGpu, isSecure });
  assertMatch(advice("Deno/2.9.6", "Linux x86_64", true), /no adapter; install a Vulkan driver/);
  assertMatch(advice("Deno/2.9.6", "MacIntel", true), /no adapter; .*Metal/);
  assertMatch(advice("Deno/2.9.6", "Win32", true), /no adapter; .*Direct3D 12/);
  assertMatch(advice("Deno/1.30.0", "Linux x86_64", false), /take Deno 2\.9 or later/);
  assertMatch(advice("Node.js/24", "linux", false), /npm install webgpu.*openDevice\(\{ webgpu/);
  assertMatch(advice("Node.js/24", "darwin", true), /no adapter; .*Metal/);
  assertMatch(
    advice(BROWSER, "Linux x86_64", true),
    /graphics acceleration.*--enable-unsafe-webgpu/,
  );
  assertEquals(advice(BROWSER, "MacIntel", true).includes("Linux"), false);
  assertMatch(advice(BROWSER, "Win32", false), /this browser has no WebGPU/);
  assertMatch(advice(BROWSER, "Win32", false, false), /only over https/);
});

Deno.test("thisPlace() knows Deno", () => {
  const { userAgent, isSecure } = thisPlace({ hasWebGpu: true });
  assertMatch(userAgent, /^Deno\//);
  assertEquals(isSecure, true);
});

Deno.test("openDevice() takes the WebGPU it is given, and says what it lacks", async () => {
  const noAdapter = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  await assertRejects(() => openDevice({ webgpu: noAdapter }), GpuUnavailableError, "no adapter");
  const adapter = {
    features: new Set(),
    limits: {},
    info: {},
    requestDevice: () => Promise.reject(new Error("it was used before")),
  };
  const noDevice = { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
  await assertRejects(
    () => openDevice({ webgpu: noDevice }),
    GpuUnavailableError,
    "Cannot open a GPU: the adapter gave no device (it was used before)",
  );
});
