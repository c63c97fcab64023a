import { assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { distanceTransform } from "../../../kernels/targets/distance_transform.ts";
import { Random } from "../../../train/images/random.ts";
import {
  discs,
  idsOf,
  labelImage,
  type Labels,
  squaredDistances,
  subsample,
} from "./fixtures/reference.ts";

const device: Device = await openDevice();

async function transform(image: Labels, grid: number): Promise<number[]> {
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, image.height, image.width], idsOf(image));
  return [...await device.read(distanceTransform(device, labels, { grid }))];
}

async function check(name: string, labels: Labels): Promise<void> {
  for (const grid of [1, 2, 3, 4]) {
    const expected = [...squaredDistances(subsample(labels, grid))];
    const claim = `${name}, ${labels.height}×${labels.width}, grid ${grid}`;
    assertEquals(await transform(labels, grid), expected, claim);
  }
}

Deno.test("distanceTransform() equals the distances over all pairs of pixels, exactly", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const shape = [1 + random.integer(40), 1 + random.integer(40)] as const;
    await check("discs", discs(shape, { seed, ignored: seed % 2 === 0 }));
    await check("noise", labelImage(shape, () => random.integer(3)));
    await check("rare background", labelImage(shape, () => random.chance(0.02) ? 0 : 5));
  }
});

Deno.test("distanceTransform() takes touching objects apart", async () => {
  await check("halves", labelImage([9, 14], (_, x) => x < 6 ? 1 : 2));
  await check("quarters", labelImage([11, 8], (y, x) => 1 + Number(y < 5) + 2 * Number(x < 3)));
  await check("checks", labelImage([10, 10], (y, x) => 1 + (x + y) % 2));
});

Deno.test("distanceTransform() takes the border of the image for no edge", async () => {
  assertEquals(await transform(labelImage([1, 5], (_, x) => x < 4 ? 3 : 0), 1), [16, 9, 4, 1, 0]);
  assertEquals(await transform(labelImage([5, 1], (y) => y > 0 ? 3 : 0), 1), [0, 1, 4, 9, 16]);
  await check("one corner is background", labelImage([13, 17], (y, x) => y + x > 0 ? 1 : 0));
});

Deno.test("distanceTransform() surrounds an object that fills the image with background", async () => {
  for (const shape of [[1, 1], [1, 6], [6, 1], [5, 8], [33, 20]] as const) {
    await check("full", labelImage(shape, () => 4));
  }
  const dots = labelImage([7, 7], (y, x) => y % 2 === 0 && x % 2 === 0 ? 4 : 0);
  await check("full at every second pixel", dots);
});

Deno.test("distanceTransform() leaves an image without objects at 0", async () => {
  await check("empty", labelImage([6, 9], () => 0));
  await check("ignored", labelImage([6, 9], () => -1));
});

Deno.test("distanceTransform() treats each image of a batch alone", async () => {
  using _scope = device.scope();
  const images = [
    discs([20, 31], { seed: 3 }),
    labelImage([20, 31], () => 1),
    labelImage([20, 31], () => 0),
  ];
  const data = Uint32Array.from(images.flatMap((image) => [...image.data]));
  const labels = device.upload<"u32">([3, 1, 20, 31], data);
  const found = await device.read(distanceTransform(device, labels, { grid: 2 }));
  assertEquals([...found], images.flatMap((image) => [...squaredDistances(subsample(image, 2))]));
});

Deno.test("distanceTransform() is exact across a thousand pixels", async () => {
  // The background is the first pixel alone, so every distance is that to it.
  const [height, width] = [40, 1100];
  const found = await transform(labelImage([height, width], (y, x) => y + x > 0 ? 2 : 0), 1);
  found.forEach((square, i) => {
    const expected = Math.floor(i / width) ** 2 + (i % width) ** 2;
    if (square !== expected) assertEquals(square, expected, `pixel ${i}`);
  });
});

Deno.test("distanceTransform() refuses what is not a batch of label images, and odd grids", () => {
  using _scope = device.scope();
  const transformed = (shape: number[], grid: number) => () =>
    distanceTransform(device, device.empty(shape, "u32"), { grid });
  assertThrows(
    transformed([4, 5], 1),
    TypeError,
    "Cannot transform distances: the labels are [4,5], expected [n,1,h,w]",
  );
  assertThrows(transformed([1, 2, 4, 5], 1), RangeError, "expected one channel");
  assertThrows(transformed([1, 1, 0, 5], 1), RangeError, "an axis is empty");
  assertThrows(transformed([1, 1, 1, 16385], 1), RangeError, "at most 16384 pixels");
  assertThrows(transformed([1, 1, 4, 5], 0), RangeError, "the grid is 0");
  assertThrows(transformed([1, 1, 4, 5], 1.5), RangeError, "the grid is 1.5");
});
