import { assertEquals, assertRejects } from "@std/assert";
import type { AdapterSummary } from "../../../../kernels/gpu/adapter.ts";
import { SelfTestError } from "../../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { selfTestMemory } from "../../../../train/jobs/disk/open_gpu.ts";

const ADAPTER: AdapterSummary = { name: "A GPU", vendor: "1", isSoftware: false, features: ["a"] };

/** The machine's WebGPU, whose devices compile every shader to one that does nothing. */
function brokenWebGpu(): GPU {
  const requestAdapter = async () => {
    const adapter = (await navigator.gpu.requestAdapter())!;
    const { features, limits, info } = adapter;
    const requestDevice = async (descriptor: GPUDeviceDescriptor) => {
      const gpu = await adapter.requestDevice(descriptor);
      const make = gpu.createShaderModule.bind(gpu);
      gpu.createShaderModule = ({ code, ...rest }) =>
        make({ ...rest, code: code.replace(/(fn main\([^{]*\{)/, "$1\n  if (true) { return; }") });
      return gpu;
    };
    return { features, limits, info, requestDevice };
  };
  return { requestAdapter } as unknown as GPU;
}

Deno.test("selfTestMemory() knows an adapter that passed, and no other", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const memory = selfTestMemory(`${folder}/cache/kymo/self-test.json`);
    assertEquals(await memory.has(ADAPTER), false);
    await memory.add(ADAPTER);
    assertEquals(await memory.has(ADAPTER), true);
    assertEquals(await memory.has({ ...ADAPTER, name: "another" }), false);
    assertEquals(await memory.has({ ...ADAPTER, features: [] }), false);
    await memory.add({ ...ADAPTER, name: "another" });
    assertEquals(await memory.has(ADAPTER), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("selfTestMemory() forgets after a month, and what was noted for other versions", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/self-test.json`;
    const memory = selfTestMemory(file);
    await memory.add(ADAPTER);
    const [[key, time]] = Object.entries(JSON.parse(await Deno.readTextFile(file)));
    const write = (passed: object) => Deno.writeTextFile(file, JSON.stringify(passed));
    await write({ [key]: Number(time) - 31 * 24 * 3600_000 });
    assertEquals(await memory.has(ADAPTER), false);
    await write({ [key]: Number(time) + 3600_000 });
    assertEquals(await memory.has(ADAPTER), false, "a clock that was wrong");
    await write({ [key.replace(/"kymo":"[^"]+"/, '"kymo":"0.0.1"')]: time });
    assertEquals(await memory.has(ADAPTER), false, "an earlier version");
    for (const text of ["", "[1", "null", "7"]) {
      await Deno.writeTextFile(file, text);
      assertEquals(await memory.has(ADAPTER), false, text);
    }
    await memory.add(ADAPTER);
    assertEquals(await memory.has(ADAPTER), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("selfTestMemory() does without a folder that it cannot write to", async () => {
  const file = await Deno.makeTempFile();
  try {
    const memory = selfTestMemory(`${file}/kymo/self-test.json`);
    await memory.add(ADAPTER);
    assertEquals(await memory.has(ADAPTER), false);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("openDevice() tests an adapter that is not known, and notes that it passed only if it did", async () => {
  const passed: string[] = [];
  const tested = {
    has: ({ name }: AdapterSummary) => Promise.resolve(passed.includes(name)),
    add: ({ name }: AdapterSummary) => Promise.resolve(void passed.push(name)),
  };
  const webgpu = brokenWebGpu();
  await assertRejects(() => openDevice({ webgpu, tested }), SelfTestError);
  assertEquals(passed, []);
  using right = await openDevice({ tested });
  assertEquals(passed, [right.adapter.name]);
  // Known as right by now, it is believed.
  using _broken = await openDevice({ webgpu, tested });
  assertEquals(passed.length, 1);
});
