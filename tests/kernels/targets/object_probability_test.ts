import { assert, assertEquals } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { IGNORED_LABEL } from "../../../kernels/targets/label_grid.ts";
import { objectProbability } from "../../../kernels/targets/object_probability.ts";
import {
  discs,
  idsOf,
  labelImage,
  type Labels,
  objectProbabilityReference,
  subsample,
} from "./fixtures/reference.ts";

const device: Device = await openDevice();

async function probability(image: Labels, grid: number): Promise<number[]> {
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, image.height, image.width], idsOf(image));
  return [...await device.read(objectProbability(device, labels, { grid }))];
}

Deno.test("objectProbability() equals the definition at every grid", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const labels = discs([30 + seed, 41 - seed], { seed, ignored: seed % 2 === 0 });
    for (const grid of [1, 2, 3, 4]) {
      const found = await probability(labels, grid);
      const expected = objectProbabilityReference(subsample(labels, grid));
      assertEquals(found.length, expected.length);
      const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
      assert(worst <= 1e-6, `seed ${seed}, grid ${grid}: ${worst}`);
    }
  }
});

Deno.test("objectProbability() is 1 in the middle of every object and 0 outside", async () => {
  const row = labelImage([1, 12], (_, x) => [0, 1, 1, 1, 0, 2, 0, 3, 3, 0, 4, 4][x]);
  const found = await probability(row, 1);
  assertEquals(found, [0, 0.5, 1, 0.5, 0, 1, 0, 1, 1, 0, 0.5, 1]);
});

Deno.test("objectProbability() is -1 where the label is to be ignored, and an edge there", async () => {
  const row = labelImage([1, 7], (_, x) => [-1, 1, 1, 1, -1, 0, -1][x]);
  assertEquals(await probability(row, 1), [-1, 0.5, 1, 0.5, -1, 0, -1]);
  assertEquals(await probability(labelImage([2, 2], () => -1), 1), [-1, -1, -1, -1]);
});

Deno.test("objectProbability() takes the parts of an object that lies apart together", async () => {
  const row = labelImage([1, 9], (_, x) => [0, 1, 0, 1, 1, 1, 1, 1, 0][x]);
  const found = await probability(row, 1);
  const thirds = [0, 1, 0, 1, 2, 3, 2, 1, 0].map((steps) => steps / 3);
  found.forEach((value, i) => assert(Math.abs(value - thirds[i]) < 1e-6, `${found}`));
});

Deno.test("objectProbability() subsamples before it measures", async () => {
  // At every second pixel the object is a row of three, and its middle is its third pixel.
  const row = labelImage([1, 9], (_, x) => x >= 2 && x <= 6 ? 1 : 0);
  assertEquals(await probability(row, 2), [0, 0.5, 1, 0.5, 0]);
});

Deno.test("objectProbability() takes object numbers of any size, also those that want one slot", async () => {
  const row = labelImage([1, 9], (_, x) => [0, 90_000, 90_000, 0, 1, 1, 1, 0, -1][x]);
  assertEquals(await probability(row, 1), [0, 1, 1, 0, 0.5, 1, 0.5, 0, -1]);
  // Numbers that leave one remainder, as those that are class · 65,536 + object.
  const objects = discs([60, 70], { seed: 3, ignored: true });
  for (const factor of [4200, 65_536, 10_000_019]) {
    const { height, width } = objects;
    const sparse = idsOf(objects).map((id) => id === IGNORED_LABEL ? id : Math.imul(id, factor));
    using _scope = device.scope();
    const labels = device.upload<"u32">([1, 1, height, width], sparse);
    const found = await device.read(objectProbability(device, labels, { grid: 1 }));
    assertEquals([...found], await probability(objects, 1), `factor ${factor}`);
  }
});

Deno.test("objectProbability() finds a slot for as many objects as there are pixels", async () => {
  const ids = Uint32Array.from({ length: 2 * 40 * 50 }, (_, i) => 0xfffffffe - 4096 * i);
  using _scope = device.scope();
  const labels = device.upload<"u32">([2, 1, 40, 50], ids);
  const found = await device.read(objectProbability(device, labels, { grid: 1 }));
  assert(found.every((value) => value === 1));
});

Deno.test("objectProbability() takes a number in two images for two objects", async () => {
  const ids = Uint32Array.of(7, 7, 7, 0, 7, 0, 7, 0);
  using _scope = device.scope();
  const labels = device.upload<"u32">([2, 1, 1, 4], ids);
  const found = await device.read(objectProbability(device, labels, { grid: 1 }));
  const expected = [1, 2 / 3, 1 / 3, 0, 1, 0, 1, 0];
  found.forEach((value, i) => assert(Math.abs(value - expected[i]) < 1e-6, `${found}`));
});
