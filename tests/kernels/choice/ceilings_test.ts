import { assert, assertEquals } from "@std/assert";
import { measureCeilings } from "../../../kernels/choice/ceilings.ts";
import { openDevice } from "../../../kernels/open_device.ts";

Deno.test("measureCeilings() gives plausible speeds again and again, and its memory back", async () => {
  using device = await openDevice();
  device.trim();
  const before = device.memory;
  const first = await measureCeilings(device);
  assertEquals(device.memory.inUse, before.inUse);
  assertEquals(device.memory.allocated, before.allocated);
  const second = await measureCeilings(device);
  for (const key of ["fmaGflops", "copyGbs"] as const) {
    const [a, b] = [first[key], second[key]];
    assert(Number.isFinite(a) && a > 0, `${key} is ${a}`);
    assert(Math.max(a, b) < 8 * Math.min(a, b), `${key} is ${a}, then ${b}`);
  }
});
