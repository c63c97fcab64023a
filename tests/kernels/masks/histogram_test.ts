import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { otsuThreshold, threshold } from "../../../kernels/masks/mod.ts";
import { histogram, HISTOGRAM_BINS, histogramEdges } from "../../../kernels/masks/histogram.ts";
import { otsuOfHistogram } from "../../../kernels/masks/otsu.ts";
import { type ValueRange, valueRange } from "../../../kernels/masks/value_range.ts";
import { Random } from "../../../train/images/random.ts";
import { bestSplit } from "./fixtures/reference.ts";

const device: Device = await openDevice();

function normals(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal() * 40 + (seed % 3) * 100);
}

function rangeOf(values: Float32Array): ValueRange {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return { min, max };
}

/** Counts by the definition: the last bin that starts at or below the value. */
function countValues(values: Float32Array, edges: ArrayLike<number>): Uint32Array {
  const starts = Array.from(edges).slice(0, HISTOGRAM_BINS);
  const counts = new Uint32Array(HISTOGRAM_BINS);
  for (const value of values) counts[starts.findLastIndex((start) => start <= value)]++;
  return counts;
}

/** The largest float32 number below one that is not 0. */
function below(value: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] -= Math.sign(value);
  return new Float32Array(bits.buffer)[0];
}

Deno.test("valueRange() finds both ends at any size and place", async () => {
  using _scope = device.scope();
  for (const count of [1, 2, 255, 4096, 4097, 70_000]) {
    const values = normals(count, count);
    const x = device.upload([count], values);
    assertEquals(await valueRange(device, x), rangeOf(values));
  }
});

Deno.test("valueRange() sorts signs, zeros and the smallest numbers as numbers", async () => {
  using _scope = device.scope();
  const cases = [[-3, -1], [-1e-42, 1e-42], [-0, 0], [-3.4e38, 3.4e38], [0, 1e-45], [7, 7]];
  for (const [min, max] of cases) {
    const x = device.upload([3], Float32Array.of(max, min, max));
    const range = await valueRange(device, x);
    assert(range.min === Math.fround(min) && range.max === Math.fround(max), `${min} ${max}`);
  }
});

Deno.test("valueRange() refuses NaN, infinities and nothing at all", async () => {
  using _scope = device.scope();
  const negativeNan = new Float32Array(Uint32Array.of(0xffc00000).buffer)[0];
  for (const value of [NaN, negativeNan, Infinity, -Infinity]) {
    const x = device.upload([1, 3], Float32Array.of(0, value, 1));
    await assertRejects(() => valueRange(device, x), RangeError, "NaN");
    await assertRejects(() => otsuThreshold(device, x), RangeError, "NaN");
  }
  await assertRejects(() => valueRange(device, device.empty([0])), RangeError, "none");
});

Deno.test("histogram() counts every value in the bin that holds it", async () => {
  using _scope = device.scope();
  for (const count of [2, 257, 4095, 8193, 60_001]) {
    const values = normals(count, count);
    const range = rangeOf(values);
    const x = device.upload([1, count], values);
    const counts = await device.read(histogram(device, x, { range }));
    assertEquals(counts, countValues(values, histogramEdges(range)));
  }
});

Deno.test("histogram() puts a value on an edge to the right of it, and the maximum in the last bin", async () => {
  using _scope = device.scope();
  for (const range of [{ min: 0, max: 1 }, { min: -0.1, max: 0.7 }, { min: 3, max: 1e5 }]) {
    const edges = histogramEdges({ min: Math.fround(range.min), max: Math.fround(range.max) });
    const x = device.upload([1, edges.length], edges);
    const counts = await device.read(
      histogram(device, x, { range: { min: edges[0], max: edges[HISTOGRAM_BINS] } }),
    );
    const expected = new Uint32Array(HISTOGRAM_BINS).fill(1);
    expected[HISTOGRAM_BINS - 1] = 2;
    assertEquals(counts, expected);
  }
});

Deno.test("histogram() puts the value just below an edge to the left of it", async () => {
  using _scope = device.scope();
  for (const [min, max] of [[0, 1], [-0.1, 0.7], [3, 1e5], [-2.3, 5.9]]) {
    const range = { min: Math.fround(min), max: Math.fround(max) };
    const edges = histogramEdges(range);
    const values = edges.map((edge, i) => i % HISTOGRAM_BINS === 0 ? edge : below(edge));
    const x = device.upload([1, values.length], values);
    const counts = await device.read(histogram(device, x, { range }));
    assertEquals(counts, countValues(values, edges));
  }
});

Deno.test("histogram() refuses a range that float32 cannot cut", () => {
  using _scope = device.scope();
  const x = device.upload([1, 2], Float32Array.of(1, 1));
  for (const range of [{ min: 1, max: 1 }, { min: 0, max: 1e-40 }, { min: -3e38, max: 3e38 }]) {
    assertThrows(() => histogram(device, x, { range }), RangeError, "no 256 bins fit");
  }
});

Deno.test("otsuOfHistogram() finds the split with the largest variance between the classes", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const counts = Uint32Array.from({ length: HISTOGRAM_BINS }, () => 1 + random.integer(999));
    const range = { min: -seed, max: 2 ** seed };
    const edges = histogramEdges(range);
    const best = bestSplit(counts, edges);
    const chosen = otsuOfHistogram(counts, range);
    assert(Math.abs(chosen - best.centre) < 1e-6 * range.max, `${seed}: ${chosen}`);
  }
});

Deno.test("otsuOfHistogram() takes the first of equal splits", () => {
  const counts = new Uint32Array(HISTOGRAM_BINS);
  counts[0] = counts[HISTOGRAM_BINS - 1] = 10;
  assertEquals(otsuOfHistogram(counts, { min: 0, max: 256 }), 0.5);
});

Deno.test("otsuOfHistogram() refuses another number of bins", () => {
  assertThrows(() => otsuOfHistogram([1, 2], { min: 0, max: 1 }), RangeError, "2 counts given");
});

Deno.test("otsuThreshold() is the centre of the bin with the highest value of the lower class", async () => {
  using _scope = device.scope();
  const x = device.upload([2, 3], Float32Array.of(0, 0.3, 1, 0.96, 0.1, 1));
  assertEquals(await otsuThreshold(device, x), (76 + 0.5) / HISTOGRAM_BINS);
});

Deno.test("otsuThreshold() of one value, and of values too close to cut, is the smallest", async () => {
  using _scope = device.scope();
  for (const [low, high] of [[0.25, 0.25], [0, 0], [0, 1e-40], [-3e38, 3e38]]) {
    const x = device.upload([2, 2], Float32Array.of(high, low, low, high));
    assertEquals(await otsuThreshold(device, x), Math.fround(low));
  }
});

Deno.test("threshold() sets values that reach the threshold, rounded to float32", async () => {
  using _scope = device.scope();
  const x = device.upload([1, 5], Float32Array.of(0.1, 0.09999999, 0.2, -1, 0));
  const read = (limit: number) => device.read(threshold(device, x, { threshold: limit }));
  assertEquals([...await read(0.1)], [1, 0, 1, 0, 0]);
  assertEquals([...await read(0)], [1, 1, 1, 0, 1]);
  assertEquals([...await read(-1)], [1, 1, 1, 1, 1]);
  assertEquals([...await read(0.21)], [0, 0, 0, 0, 0]);
});

Deno.test("threshold() takes NaN of either sign for foreground: a broken map does not look empty", async () => {
  using _scope = device.scope();
  const values = Float32Array.of(NaN, NaN, 0.5, 0.4, -0);
  new Uint32Array(values.buffer)[1] = 0xffc00001;
  const x = device.upload([1, 5], values);
  const read = (limit: number) => device.read(threshold(device, x, { threshold: limit }));
  assertEquals([...await read(0.5)], [1, 1, 1, 0, 0]);
  assertEquals([...await read(0)], [1, 1, 1, 1, 1]);
});

Deno.test("threshold() refuses what is not a number", () => {
  using _scope = device.scope();
  const x = device.empty([2, 2]);
  for (const limit of [NaN, Infinity, 1e39]) {
    assertThrows(() => threshold(device, x, { threshold: limit }), RangeError, `${limit}`);
  }
});
