// Packing of lifetimes into buffers, against an oracle that checks every pair.
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  largestSizes,
  type Lifetime,
  LifetimeTrace,
  packLifetimes,
  PlannedMemory,
} from "../../../../kernels/gpu/memory/memory_plan.ts";
import { Random } from "../../../../train/images/random.ts";

/** Most bytes that live at once: no plan can take less. */
function mostAlive(lifetimes: readonly Lifetime[]): number {
  const alive = ({ start }: Lifetime) =>
    lifetimes.filter((other) => other.start <= start && start < other.end);
  return Math.max(
    0,
    ...lifetimes.map((one) => alive(one).reduce((sum, { bytes }) => sum + bytes, 0)),
  );
}

function overlap(a: Lifetime, b: Lifetime): boolean {
  return a.start < b.end && b.start < a.end;
}

Deno.test("packLifetimes() never gives a buffer to two at once, nor one that is too small", () => {
  const random = new Random(3);
  for (let trial = 0; trial < 50; trial++) {
    const lifetimes = Array.from({ length: random.integer(40) }, (): Lifetime => {
      const start = random.integer(50);
      return { bytes: 256 * (1 + random.integer(20)), start, end: start + 1 + random.integer(20) };
    });
    const { sizes, places } = packLifetimes(lifetimes);
    assertEquals(places.length, lifetimes.length);
    assertEquals(sizes, sizes.toSorted((a, b) => b - a));
    lifetimes.forEach((one, i) => {
      assert(sizes[places[i]] >= one.bytes);
      const others = lifetimes.filter((_, j) => j !== i && places[j] === places[i]);
      assert(!others.some((other) => overlap(one, other)));
    });
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    assert(total >= mostAlive(lifetimes) && total <= 2 * mostAlive(lifetimes), `${total}`);
  }
});

Deno.test("packLifetimes() reuses a larger buffer for a smaller tensor, and the smallest that is free", () => {
  const lifetimes = [
    { bytes: 1024, start: 0, end: 2 },
    { bytes: 512, start: 1, end: 3 },
    { bytes: 256, start: 3, end: 5 },
    { bytes: 768, start: 4, end: 6 },
  ];
  assertEquals(packLifetimes(lifetimes), { sizes: [1024, 512], places: [0, 1, 1, 0] });
  assertEquals(packLifetimes([]), { sizes: [], places: [] });
});

Deno.test("LifetimeTrace notes when each lease begins and ends, padded", () => {
  const trace = new LifetimeTrace();
  const [a, b] = [trace.lease(1), trace.lease(300)];
  a.release();
  trace.lease(0);
  b.release();
  assertEquals(trace.lifetimes, [
    { bytes: 256, start: 0, end: 2 },
    { bytes: 512, start: 1, end: 4 },
    { bytes: 256, start: 3, end: Infinity },
  ]);
});

Deno.test("largestSizes() holds each of the plans", () => {
  const plans = [[900, 300], [500, 400, 100], []].map((sizes) => ({ sizes, places: [] }));
  assertEquals(largestSizes(plans), [900, 400, 100]);
  assertEquals(largestSizes([]), []);
});

Deno.test("PlannedMemory gives what was planned, in its order, and refuses anything else", () => {
  const lifetimes = [{ bytes: 256, start: 0, end: 1 }, { bytes: 512, start: 1, end: 2 }];
  const [first, second] = [{ label: "first" }, { label: "second" }] as GPUBuffer[];
  const memory = new PlannedMemory(lifetimes, [first, second]);
  assertEquals(memory.lease(3).buffer, first);
  assertEquals(memory.lease(500).buffer, second);
  assertThrows(() => memory.lease(500), RangeError, "tensor 2 takes 512 bytes, 0 were planned");
});
