import { assert, assertEquals, assertRejects } from "@std/assert";
import { pinsOf, type TunedProblem, tuneKernels } from "../../../kernels/choice/tuner.ts";
import { kernelFamilies } from "../../../kernels/families.ts";
import { Device } from "../../../kernels/gpu/device.ts";
import { device } from "../fixtures/check_operation.ts";

const KEYS = [
  "conv2d forward 1x4x8x16->8 k3",
  "conv2d dx 1x8x8x16->4 k3",
  "conv2d dw 1x4x8x16->8 k3",
  "conv2d forward 1x4x5x7->3 k1",
  "upConv2d forward 1x4x4x8+3->5 k3",
  "upConv2d dw 1x4x4x8+3->5 k3",
];

function tune(used: readonly string[]): Promise<TunedProblem[]> {
  return Array.fromAsync(tuneKernels(device, { families: kernelFamilies, used }));
}

Deno.test("tuneKernels() gives the fastest of the exact kernels for every problem", async () => {
  const problems: TunedProblem[] = await tune(KEYS);
  assertEquals(problems.map(({ key }) => key), KEYS);
  for (const { best, variants } of problems) {
    const times = variants.map(({ milliseconds }) => milliseconds);
    assertEquals(times, times.toSorted((a, b) => a - b));
    const exact = variants.filter(({ error }) => error <= 1e-5);
    assertEquals(best, exact[0].name);
    assert(variants.length >= 3);
    const limitOf = (name: string) => name.endsWith("f16") ? 2e-3 : 1e-4;
    assert(variants.every(({ name, error }) => error < limitOf(name)), JSON.stringify(variants));
  }
  assertEquals(Object.keys(pinsOf(problems)), KEYS);
  // Winograd serves 3×3 kernels only.
  assert(problems[0].variants.some(({ name }) => name.startsWith("winograd")));
  assert(!problems[3].variants.some(({ name }) => name.startsWith("winograd")));
});

Deno.test("tuneKernels() tries no kernel that an adapter compiles for minutes", async () => {
  const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
  using slow = new Device(gpu, { ...device.adapter, style: "products" });
  const names = [];
  for await (const { variants } of tuneKernels(slow, { families: kernelFamilies, used: KEYS })) {
    names.push(...variants.map(({ name }) => name));
  }
  assertEquals([...new Set(names)].sort(), ["few-inputs", "gemm", "separate"]);
});

Deno.test("tuneKernels() leaves no memory behind", async () => {
  const before = device.memory.inUse;
  await tune(KEYS.slice(0, 1));
  assertEquals(device.memory.inUse, before);
});

Deno.test("tuneKernels() refuses a name that is no problem", async () => {
  await assertRejects(
    () => tune(["conv2d forward 3"]),
    SyntaxError,
    "Cannot tune conv2d forward 3",
  );
});
