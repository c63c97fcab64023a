import { assert, assertEquals, assertThrows } from "@std/assert";
import { focusPlane, smoothAlongZ } from "../../../nn/labels/focus.ts";
import { Random } from "../../../train/images/random.ts";

const STACK = [0.1, 0.9, 0.2, 0.3, 0.8, 0.7, 0.05, 0.6, 0.4, 0.95, 0.15, 0.5];

/** The definition: a mean weighted by a Gaussian, with zeros beyond the ends. */
function smooth(stack: readonly number[], sigma: number): number[] {
  const reach = Math.floor(4 * sigma);
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const weight = (offset: number) => offset === 0 ? 1 : Math.exp(-0.5 * (offset / sigma) ** 2);
  const total = offsets.reduce((sum, offset) => sum + weight(offset), 0);
  return stack.map((_, z) =>
    offsets.reduce((sum, offset) => sum + weight(offset) * (stack[z + offset] ?? 0), 0) / total
  );
}

Deno.test("smoothAlongZ() is a mean weighted by a Gaussian, with zeros beyond the ends", () => {
  for (const sigma of [0, 0.2, 1, 2, 3.7, 100]) {
    const expected = smooth(STACK, sigma);
    smoothAlongZ(STACK, { sigma }).forEach((value, z) => {
      assert(Math.abs(value - expected[z]) < 1e-14, `sigma ${sigma}, plane ${z}: ${value}`);
    });
  }
});

Deno.test("smoothAlongZ() equals scipy's gaussian_filter1d", () => {
  // gaussian_filter1d(p, 2, mode="constant", truncate=4) in scipy 1.10.
  const expected = [
    0.250136280232,
    0.341345180739,
    0.413277871445,
    0.461079499397,
    0.485376891639,
    0.490248931226,
    0.486895335132,
    0.485439807108,
    0.479623363361,
    0.449365715914,
    0.381825874886,
    0.285540896007,
  ];
  smoothAlongZ(STACK, { sigma: 2 }).forEach((value, z) => {
    assert(Math.abs(value - expected[z]) < 1e-11, `plane ${z}: ${value}`);
  });
});

Deno.test("smoothAlongZ() keeps what is even but for the ends, and everything without smoothing", () => {
  const smooth = smoothAlongZ(Array(30).fill(0.5), { sigma: 2 });
  smooth.subarray(8, 22).forEach((value) => assert(Math.abs(value - 0.5) < 1e-15));
  assert(smooth[0] < 0.31 && smooth[0] === smooth[29]);
  assertEquals([...smoothAlongZ(STACK, { sigma: 0 })], STACK);
  assertEquals([...smoothAlongZ([])], []);
});

Deno.test("focusPlane() takes the lowest of several largest, also after smoothing", () => {
  assertEquals(focusPlane([0.2, 0.7, 0.7, 0.1], { sigma: 0 }), { plane: 1, probability: 0.7 });
  assertEquals(focusPlane([0, 0, 0]).plane, 0);
  const random = new Random(8);
  for (let trial = 0; trial < 200; trial++) {
    const half = Array.from({ length: 1 + random.integer(12) }, () => random.next());
    const { plane } = focusPlane([...half, ...half.toReversed()], { sigma: 3 * random.next() });
    assert(plane < half.length, `a mirrored stack is in focus at ${plane} of ${2 * half.length}`);
  }
});

Deno.test("focusPlane() finds a peak at either end, which does not attract others", () => {
  const ending = [0.9, 0.1, 0, 0, 0, 0, 0, 0];
  assertEquals(focusPlane(ending).plane, 0);
  assertEquals(focusPlane(ending.toReversed()).plane, 7);
  const near = [0.6, 1, 1, 1, 0.5, 0, 0, 0];
  assertEquals(focusPlane(near).plane, 2);
  assertEquals(focusPlane(near.toReversed()).plane, 5);
});

Deno.test("focusPlane() prefers planes that agree to one that stands out", () => {
  const stack = [0.99, 0, 0, 0, 0, 0, 0.7, 0.8, 0.8, 0.7, 0, 0, 0, 0, 0];
  assertEquals(focusPlane(stack, { sigma: 0 }).plane, 0);
  assertEquals(focusPlane(stack, { sigma: 1 }).plane, 7);
});

Deno.test("focusPlane() refuses empty stacks and numbers that are no probabilities", () => {
  assertThrows(() => focusPlane([]), RangeError, "the stack has no planes");
  assertThrows(() => focusPlane([0.5, NaN]), RangeError, "plane 1 has probability NaN");
  assertThrows(() => focusPlane([1.5]), RangeError, "plane 0 has probability 1.5");
  assertThrows(() => focusPlane([-0.1]), RangeError, "plane 0 has probability -0.1");
  for (const sigma of [-1, NaN, Infinity]) {
    assertThrows(() => focusPlane([0.5], { sigma }), RangeError, `sigma is ${sigma}`);
  }
});
