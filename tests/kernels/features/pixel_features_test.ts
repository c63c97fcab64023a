import { assert, assertEquals, assertThrows } from "@std/assert";
import { relativeError } from "../../../kernels/parts/accuracy.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import {
  pickFeatures,
  pixelFeatureNames,
  pixelFeatureReach,
  pixelFeatures,
} from "../../../kernels/features/mod.ts";
import { pixelFeaturesReference } from "../../../kernels/features/pixel_features.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Random } from "../../../train/images/random.ts";
import fixtures from "./fixtures/scipy.json" with { type: "json" };

const device: Device = await openDevice();

function numbers(text: string): Float64Array {
  return Float64Array.from(text.split(" "), Number);
}

function noise(height: number, width: number): Float32Array<ArrayBuffer> {
  const random = new Random(height * 1000 + width);
  return Float32Array.from({ length: height * width }, () => random.normal());
}

/** The features on the GPU, one array for each. */
async function featuresOf(
  { shape: [height, width], data, sigmas }: {
    shape: readonly number[];
    data: Float32Array<ArrayBuffer>;
    sigmas: readonly number[];
  },
): Promise<Float32Array[]> {
  using _scope = device.scope();
  const features = pixelFeatures(device, device.upload([height, width], data), { sigmas });
  const values = await device.read(features);
  const count = height * width;
  return Array.from(
    { length: values.length / count },
    (_, i) => values.subarray(i * count, (i + 1) * count),
  );
}

/** How each feature grows with the values of the image and with the scale. */
const SIZES: readonly ((value: number, sigma: number) => number)[] = [
  (value) => value,
  (value, sigma) => value / sigma ** 2,
  (value, sigma) => value / sigma,
  (value, sigma) => value / sigma ** 2,
  (value, sigma) => value / sigma ** 2,
  (value, sigma) => (value / sigma) ** 2,
  (value, sigma) => (value / sigma) ** 2,
];

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Float32 sums are as exact as their terms are large, also where these cancel each other. */
function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { what, size }: { what: string; size: number },
): void {
  assertEquals(actual.length, expected.length, what);
  const error = largest(Array.from(expected, (value, i) => actual[i] - value));
  assert(error <= Math.max(3e-6 * largest(expected), 3e-7 * size), `${what}: ${error}`);
}

for (const { shape, sigma, plane, features } of fixtures) {
  Deno.test(`pixelFeatures() equals SciPy: ${shape.join("×")}, sigma ${sigma}`, async () => {
    const data = Float32Array.from(numbers(plane));
    const found = await featuresOf({ shape, data, sigmas: [sigma] });
    const [height, width] = shape;
    const reference = pixelFeaturesReference({ height, width, data }, { sigmas: [sigma] });
    const names = pixelFeatureNames([sigma]);
    assertEquals(found.length, features.length);
    features.forEach((text, i) => {
      const expected = numbers(text);
      assertClose(found[i], expected, { what: names[i], size: SIZES[i](largest(data), sigma) });
      const error = relativeError(reference[i], expected);
      assert(error <= 1e-7, `reference of ${names[i]}: ${error}`);
    });
  });
}

Deno.test("pixelFeatures() equals its reference at every size and scale", async () => {
  const cases: [number, number, number[]][] = [
    [1, 1, [0.7, 10]],
    [7, 1, [1.6]],
    [2, 3, [5]],
    [31, 70, [0.7, 3.5]],
    [70, 31, [10]],
  ];
  for (const [height, width, sigmas] of cases) {
    const data = noise(height, width);
    const found = await featuresOf({ shape: [height, width], data, sigmas });
    const expected = pixelFeaturesReference({ height, width, data }, { sigmas });
    const scales = sigmas.length * 7;
    assertEquals([found.length, expected.length], [scales, scales]);
    const names = pixelFeatureNames(sigmas);
    expected.forEach((plane, i) => {
      const size = SIZES[i % 7](largest(data), sigmas[Math.floor(i / 7)]);
      assertClose(found[i], plane, { what: `${height}×${width}: ${names[i]}`, size });
    });
  }
});

Deno.test("pixelFeatures() knows what a ramp and a parabola are", async () => {
  const [height, width, at] = [61, 61, 30 * 61 + 30];
  const sigmas = [2];
  const shape = [height, width];
  const slope = 3 / 64;
  const sloped = Float32Array.from({ length: height * width }, (_, i) => slope * (i % width - 30));
  const ramp = (await featuresOf({ shape, data: sloped, sigmas })).map((plane) => plane[at]);
  // A Gaussian that is cut off at 4 sigmas misses a thousandth of the second moment.
  const expected = [0, 0, slope, 0, 0, slope * slope, 0];
  ramp.forEach((value, i) =>
    assert(Math.abs(value - expected[i]) < 2e-3 * slope, `${i}: ${value}`)
  );
  const bowl = Float32Array.from(
    { length: height * width },
    (_, i) => ((i % width - 30) / 8) ** 2 + 2 * ((Math.floor(i / width) - 30) / 8) ** 2,
  );
  const [, laplacian, gradient, large, small] = (await featuresOf({ shape, data: bowl, sigmas }))
    .map((plane) => plane[at]);
  // The second derivatives are 2/64 and 4/64.
  const wanted = [6 / 64, 0, 4 / 64, 2 / 64];
  [laplacian, gradient, large, small].forEach((value, i) =>
    assert(Math.abs(value - wanted[i]) < 5e-3 * wanted[0], `${i}: ${value}`)
  );
});

Deno.test("pixelFeatures() sees no further than its reach", async () => {
  const sigmas = [1, 1.6];
  const reach = pixelFeatureReach(sigmas);
  assertEquals(reach, 6 + 3);
  const [height, width] = [1, 41];
  const data = noise(height, width);
  const before = await featuresOf({ shape: [height, width], data, sigmas });
  data[20] += 1;
  const after = await featuresOf({ shape: [height, width], data, sigmas });
  const changed = new Set(
    before.flatMap((plane, f) => [...plane.keys()].filter((x) => plane[x] !== after[f][x])),
  );
  assertEquals(Math.min(...changed) >= 20 - reach, true);
  assertEquals(Math.max(...changed) <= 20 + reach, true);
  assertEquals(changed.size > 15, true);
});

Deno.test("pixelFeatures() gives the same bits twice and frees what it needs in between", async () => {
  using _scope = device.scope();
  const plane = device.upload([40, 50], noise(40, 50));
  const first = pixelFeatures(device, plane, { sigmas: [1, 3.5] });
  const before = device.memory.inUse;
  const second = pixelFeatures(device, plane, { sigmas: [1, 3.5] });
  assertEquals(await device.read(second), await device.read(first));
  device.free(second);
  assertEquals(device.memory.inUse, before);
});

Deno.test("pixelFeatures() refuses stacks and sigmas that are none", () => {
  using _scope = device.scope();
  const plane = device.empty([4, 4]);
  for (const sigma of [0, -1, NaN, 101]) {
    const compute = () => pixelFeatures(device, plane, { sigmas: [sigma] });
    assertThrows(compute, RangeError, `sigma is ${sigma}`);
  }
  assertThrows(() => pixelFeatures(device, plane, { sigmas: [] }), RangeError, "no sigmas");
  const stack = device.empty([2, 4, 4]);
  assertThrows(() => pixelFeatures(device, stack, { sigmas: [1] }), RangeError, "[2,4,4]");
});

Deno.test("pickFeatures() gives the features of the pixels asked for", async () => {
  using _scope = device.scope();
  const values = Float32Array.from({ length: 3 * 4 * 5 }, (_, i) => i);
  const features = device.upload([3, 4, 5], values);
  const places = Uint32Array.of(19, 0, 7, 7);
  const rows = pickFeatures(device, features, { places });
  assertEquals(rows.shape, [4, 3]);
  assertEquals(
    [...await device.read(rows)],
    [...places].flatMap((place) => [place, 20 + place, 40 + place]),
  );
  const pick = (...places: number[]) => () =>
    pickFeatures(device, features, { places: Uint32Array.from(places) });
  assertThrows(pick(3, 20), RangeError, "pixel 20 of 4×5");
  assertThrows(pick(), RangeError, "no pixels");
});
