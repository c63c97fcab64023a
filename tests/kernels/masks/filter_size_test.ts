import { assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import {
  connectedComponents,
  objectSizes,
  removeSmallObjects,
} from "../../../kernels/masks/mod.ts";
import { exclusiveSum } from "../../../kernels/masks/scan.ts";
import { Random } from "../../../train/images/random.ts";
import { dropSmall, fillRegions, noise, sizesOf } from "./fixtures/reference.ts";

const device: Device = await openDevice();

Deno.test("exclusiveSum() sums what comes before, across blocks and blocks of blocks", async () => {
  const random = new Random(1);
  for (const count of [1, 3, 255, 1024, 1025, 5000, 1024 * 1024 + 77]) {
    using _scope = device.scope();
    const values = Uint32Array.from({ length: count }, () => random.integer(9));
    const { sums, total } = exclusiveSum(device, device.upload<"u32">([count], values));
    let sum = 0;
    const expected = values.map((value) => (sum += value) - value);
    assertEquals((await device.read(total))[0], sum);
    const found = await device.read(sums);
    assertEquals(found.findIndex((value, i) => value !== expected[i]), -1, `${count} values`);
  }
});

Deno.test("objectSizes() counts the pixels of every label", async () => {
  using _scope = device.scope();
  const mask = noise([120, 90], { random: new Random(2), density: 0.5 });
  const { labels, count } = fillRegions(mask, 8);
  const x = device.upload<"u32">([120, 90], labels.data);
  const sizes = sizesOf(labels);
  assertEquals(
    [...await device.read(objectSizes(device, { labels: x, count }))],
    Array.from({ length: count }, (_, i) => sizes.get(i + 1) ?? 0),
  );
});

Deno.test("removeSmallObjects() removes by size and closes the gaps", async () => {
  const random = new Random(3);
  for (const minSize of [0, 1, 2, 5, 20, 1e6]) {
    using _scope = device.scope();
    const mask = noise([61, 83], { random, density: 0.45 });
    const x = device.upload<"u32">([61, 83], mask.data);
    const components = await connectedComponents(device, x, { connectivity: 4 });
    const expected = dropSmall(fillRegions(mask, 4).labels, minSize);
    const kept = removeSmallObjects(device, components, { minSize });
    assertEquals(await device.read(kept), expected.data, `minSize ${minSize}`);
  }
});

Deno.test("removeSmallObjects() drops labels without pixels and keeps the order", async () => {
  using _scope = device.scope();
  const labels = device.upload<"u32">([2, 4], Uint32Array.of(9, 9, 0, 3, 5, 0, 3, 3));
  const read = (minSize: number) =>
    device.read(removeSmallObjects(device, { labels, count: 9 }, { minSize }));
  assertEquals([...await read(1)], [3, 3, 0, 1, 2, 0, 1, 1]);
  assertEquals([...await read(2)], [2, 2, 0, 1, 0, 0, 1, 1]);
  assertEquals([...await read(4)], [0, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("objectSizes() and removeSmallObjects() leave out labels that are larger than the largest", async () => {
  using _scope = device.scope();
  const x = device.upload<"u32">([2, 4], Uint32Array.of(2, 2, 3, 3, 60, 4000, 4000, 0xffffffff));
  const components = { labels: x, count: 2 };
  assertEquals([...await device.read(objectSizes(device, components))], [0, 2]);
  for (const minSize of [0, 2]) {
    const kept = await device.read(removeSmallObjects(device, components, { minSize }));
    assertEquals([...kept], (minSize === 0 ? [2, 2] : [1, 1]).concat([0, 0, 0, 0, 0, 0]));
  }
});

Deno.test("removeSmallObjects() of an empty image is empty", async () => {
  using _scope = device.scope();
  const labels = device.upload<"u32">([2, 2], new Uint32Array(4));
  const kept = removeSmallObjects(device, { labels, count: 0 }, { minSize: 3 });
  assertEquals([...await device.read(kept)], [0, 0, 0, 0]);
});

Deno.test("removeSmallObjects() refuses sizes that are no count", () => {
  using _scope = device.scope();
  const labels = device.empty([2, 2], "u32");
  for (const minSize of [-1, 2.5, NaN, 2 ** 33]) {
    const remove = () => removeSmallObjects(device, { labels, count: 0 }, { minSize });
    assertThrows(remove, RangeError, `minSize is ${minSize}`);
  }
});
