import { assert, assertEquals, assertThrows } from "@std/assert";
import { focusPlane, smoothAlongZ } from "../../../nn/labels/focus.ts";
import { Random } from "../../../train/data/random.ts";

const STACK = [0.1, 0.9, 0.2, 0.3, 0.8, 0.7, 0.05, 0.6, 0.4, 0.95, 0.15, 0.5];

/** The definition: a mean over the planes that are there, weighted by a Gaussian. */
function smooth(stack: readonly number[], sigma: number): number[] {
  const reach = Math.floor(4 * sigma);
  return stack.map((_, z) => {
    let [sum, total] = [0, 0];
    stack.forEach((value, other) => {
      const distance = Math.abs(other - z);
      if (distance > reach) return;
      const weight = sigma === 0 ? 1 : Math.exp(-0.5 * (distance / sigma) ** 2);
      sum += weight * value;
      total += weight;
    });
    return sum / total;
  });
}

Deno.test("smoothAlongZ() is the mean over the planes that are there, weighted by a Gaussian", () => {
  for (const sigma of [0, 0.2, 1, 2, 3.7, 100]) {
    const expected = smooth(STACK, sigma);
    smoothAlongZ(STACK, { sigma }).forEach((value, z) => {
      assert(Math.abs(value - expected[z]) < 1e-14, `sigma ${sigma}, plane ${z}: ${value}`);
    });
  }
});

Deno.test("smoothAlongZ() equals scipy's gaussian_filter1d over that of ones", () => {
  // gaussian_filter1d(p, 2, mode="constant", truncate=4) / the same of ones, in scipy 1.10.
  const expected = [
    0.417076393698,
    0.440006476507,
    0.46085642487,
    0.479531632442,
    0.49104872496,
    0.491833862795,
    0.488469424821,
    0.491112375622,
    0.498817611042,
    0.501098877061,
    0.492187578228,
    0.476109931152,
  ];
  smoothAlongZ(STACK, { sigma: 2 }).forEach((value, z) => {
    assert(Math.abs(value - expected[z]) < 1e-11, `plane ${z}: ${value}`);
  });
});

Deno.test("smoothAlongZ() keeps even stacks even, and leaves one plane as it is", () => {
  assertEquals([...smoothAlongZ([0.25])], [0.25]);
  for (const value of smoothAlongZ(Array(9).fill(0.5), { sigma: 3 })) {
    assert(Math.abs(value - 0.5) < 1e-15);
  }
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

Deno.test("focusPlane() finds a peak at either end of the stack", () => {
  const falling = [0.9, 0.8, 0.5, 0.2, 0.1, 0, 0, 0];
  assertEquals(focusPlane(falling).plane, 0);
  assertEquals(focusPlane(falling.toReversed()).plane, 7);
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
