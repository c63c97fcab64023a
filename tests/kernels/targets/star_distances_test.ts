import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { starDistances } from "../../../kernels/targets/star_distances.ts";
import { Random } from "../../../train/images/random.ts";
import {
  discs,
  idsOf,
  labelImage,
  type Labels,
  starDistancesReference,
} from "./fixtures/reference.ts";

const device: Device = await openDevice();

async function distances(
  image: Labels,
  options: { rays: number; grid: number },
): Promise<number[]> {
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, image.height, image.width], idsOf(image));
  return [...await device.read(starDistances(device, labels, options))];
}

async function check(labels: Labels, options: { rays: number; grid: number }): Promise<void> {
  const found = await distances(labels, options);
  const expected = starDistancesReference(labels, options);
  const claim = `${labels.height}×${labels.width}, ${JSON.stringify(options)}`;
  assertEquals(found.length, expected.length, claim);
  found.forEach((value, i) => {
    const error = Math.abs(value - expected[i]);
    // A step too many or too few would be a whole pixel.
    assert(error <= 1e-6 * (1 + expected[i]), `${claim}: ${value}, not ${expected[i]}, at ${i}`);
  });
}

Deno.test("starDistances() equals the definition for any number of rays and every grid", async () => {
  let seed = 1;
  for (const rays of [3, 4, 5, 8, 12, 32, 33, 100]) {
    for (const grid of [1, 2, 3, 4]) {
      const random = new Random(seed);
      const shape = [1 + random.integer(40), 1 + random.integer(40)] as const;
      await check(discs(shape, { seed: seed++, ignored: rays % 2 === 0 }), { rays, grid });
    }
  }
});

Deno.test("starDistances() rounds a tie to the even pixel, as the definition does", async () => {
  // With 12 rays, sines and cosines of one half put every second step between two pixels.
  const random = new Random(5);
  const checks = labelImage([30, 27], () => random.integer(8) === 0 ? 2 : 1);
  await check(checks, { rays: 12, grid: 1 });
  await check(checks, { rays: 12, grid: 2 });
});

Deno.test("starDistances() stops at a pixel of its own half a pixel away", async () => {
  const dot = labelImage([3, 3], (y, x) => y === 1 && x === 1 ? 9 : 0);
  const found = await distances(dot, { rays: 4, grid: 1 });
  assertEquals(found.filter((value) => value !== 0), [0.5, 0.5, 0.5, 0.5]);
  assertEquals([0, 1, 2, 3].map((ray) => found[ray * 9 + 4]), [0.5, 0.5, 0.5, 0.5]);
});

Deno.test("starDistances() goes right, down, left and up, and ends at the border", async () => {
  const full = labelImage([7, 11], () => 1);
  const found = await distances(full, { rays: 4, grid: 1 });
  const at = 2 * 11 + 3;
  assertEquals([0, 1, 2, 3].map((ray) => found[ray * 77 + at]), [7.5, 4.5, 3.5, 2.5]);
  for (const grid of [1, 2, 4]) await check(full, { rays: 32, grid });
});

Deno.test("starDistances() looks at every pixel of the image whatever the grid", async () => {
  // Only the full image shows the gap at column 3.
  const gap = labelImage([1, 9], (_, x) => x === 3 ? 0 : 1);
  const found = await distances(gap, { rays: 4, grid: 2 });
  assertEquals(found.slice(0, 5), [2.5, 0.5, 4.5, 2.5, 0.5]);
});

Deno.test("starDistances() measures an object at every border, one pixel, none", async () => {
  for (const grid of [1, 2, 4]) {
    const ring = labelImage(
      [17, 22],
      (y, x) => y === 0 || x === 0 || y === 16 || x === 21 ? 1 : 0,
    );
    await check(ring, { rays: 32, grid });
    await check(labelImage([1, 1], () => 1), { rays: 32, grid });
    assertEquals(new Set(await distances(labelImage([6, 7], () => 0), { rays: 8, grid })).size, 1);
    assertEquals(new Set(await distances(labelImage([6, 7], () => -1), { rays: 8, grid })).size, 1);
  }
});

Deno.test("starDistances() follows a ray for thousands of pixels", async () => {
  const [width, right] = [9000, 0];
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, 1, width], new Uint32Array(width).fill(1));
  const found = await device.read(starDistances(device, labels, { rays: 4, grid: 1 }));
  assertEquals(found[right], width - 0.5);
  assertEquals(found[2 * width + width - 1], width - 0.5);
});

Deno.test("starDistances() keeps the images of a batch apart", async () => {
  using _scope = device.scope();
  const images = [1, 2, 3].map((seed) => discs([13, 18], { seed }));
  const data = Uint32Array.from(images.flatMap((image) => [...image.data]));
  const labels = device.upload<"u32">([3, 1, 13, 18], data);
  const options = { rays: 5, grid: 2 };
  const all = starDistances(device, labels, options);
  assertEquals(all.shape, [3, 5, 7, 9]);
  const found = [...await device.read(all)];
  for (const [i, image] of images.entries()) {
    assertEquals(found.slice(i * 5 * 63, (i + 1) * 5 * 63), await distances(image, options));
  }
});

Deno.test("starDistances() refuses fewer than three rays", () => {
  using _scope = device.scope();
  const labels = device.empty([1, 1, 4, 4], "u32");
  for (const rays of [2, 0, -1, 3.5, NaN, 4001]) {
    assertThrows(
      () => starDistances(device, labels, { rays, grid: 1 }),
      RangeError,
      `Cannot compute star distances: ${rays} rays, expected 3 to 4000`,
    );
  }
});
