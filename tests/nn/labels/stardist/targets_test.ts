import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../../kernels/gpu/device.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { numberLabels, starDistTargets } from "../../../../nn/labels/stardist/targets.ts";
import {
  discs,
  labelImage,
  objectProbabilityReference,
  starDistancesReference,
  subsample,
} from "../../../kernels/targets/fixtures/reference.ts";

const device: Device = await openDevice();
const IGNORED = 2 ** 32 - 1;

async function targets(
  labels: Int32Array | Uint32Array,
  { shape, rays = 8, grid = 1 }: { shape: readonly number[]; rays?: number; grid?: number },
) {
  using _scope = device.scope();
  const pixels = shape[2] * shape[3];
  const numbers = device.upload<"u32">(shape, numberLabels(labels, { pixels }));
  const { prob, dist } = starDistTargets(device, numbers, { rays, grid });
  const shapes = { prob: prob.shape, dist: dist.shape };
  return { shapes, prob: await device.read(prob), dist: await device.read(dist) };
}

function largestError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  assertEquals(found.length, expected.length);
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    largest = Math.max(largest, Math.abs(found[i] - expected[i]));
  }
  return largest;
}

Deno.test("starDistTargets() equals the definitions for a batch, at grid 1, 2 and 4", async () => {
  const images = [1, 2, 3].map((seed) => discs([37, 42], { seed, ignored: seed === 3 }));
  const labels = Int32Array.from(images.flatMap(({ data }) => [...data]));
  for (const grid of [1, 2, 4]) {
    const found = await targets(labels, { shape: [3, 1, 37, 42], rays: 32, grid });
    const [rows, columns] = [Math.floor(36 / grid) + 1, Math.floor(41 / grid) + 1];
    assertEquals(found.shapes, { prob: [3, 1, rows, columns], dist: [3, 32, rows, columns] });
    const prob = images.flatMap((image) => [
      ...objectProbabilityReference(subsample(image, grid)),
    ]);
    const dist = images.flatMap((image) => [...starDistancesReference(image, { rays: 32, grid })]);
    assert(largestError(found.prob, prob) <= 1e-6);
    assert(largestError(found.dist, dist) <= 1e-5);
  }
});

/** Label images at the edge of what there can be, 13 rows of 18 pixels. */
const EDGES: Record<string, (y: number, x: number) => number> = {
  "nothing": () => 0,
  "all ignored": () => -1,
  "one object": (y, x) => Math.hypot(y - 6, x - 8) < 5 ? 40 : 0,
  "one object that fills the image": () => 3,
  "one object that touches every border": (y, x) =>
    Math.abs(y - 6) < 3 || Math.abs(x - 8) < 3 ? 9 : 0,
  "one object around a hole": (y, x) => Math.hypot(y - 6, x - 8) < 3 ? 0 : 5,
  "objects in all corners": (y, x) =>
    (y < 4 || y > 8) && (x < 5 || x > 12) ? 1 + +(y > 8) + 2 * +(x > 12) : 0,
  "objects of one pixel": (y, x) => y % 2 === 0 && x % 3 === 0 ? 1 + 18 * y + x : 0,
  "objects of one pixel that touch": (y, x) => 1 + 18 * y + x,
  "objects between the points of grid 2": (y, x) => y % 2 === 1 && x % 2 === 1 ? 1 + 18 * y + x : 0,
  "gaps between the points of grid 2": (y, x) => y % 2 === 1 && x % 2 === 1 ? 0 : 7,
  "an object among ignored pixels": (y, x) => Math.hypot(y - 6, x - 8) < 4 ? 2 : -1,
  "an ignored hole in an object": (y, x) => Math.hypot(y - 6, x - 8) < 3 ? -8 : 2,
};

for (const [name, rule] of Object.entries(EDGES)) {
  Deno.test(`starDistTargets() equals the definitions: ${name}`, async () => {
    const image = labelImage([13, 18], rule);
    for (const grid of [1, 2, 4]) {
      const found = await targets(image.data, { shape: [1, 1, 13, 18], rays: 12, grid });
      const prob = objectProbabilityReference(subsample(image, grid));
      const dist = starDistancesReference(image, { rays: 12, grid });
      assert(largestError(found.prob, prob) <= 1e-6, `probability on grid ${grid}`);
      assert(largestError(found.dist, dist) <= 1e-5, `distances on grid ${grid}`);
      assert(found.prob.every((value) => value === -1 || value >= 0 && value <= 1));
    }
  });
}

Deno.test("starDistTargets() tells more than 65,535 objects apart, whatever their ids", async () => {
  // Every pixel is an object; cut to 16 bits, all the ids would be the same.
  const labels = Uint32Array.from({ length: 70_000 }, (_, i) => 65_536 * (i % 65_535) + 1);
  const { prob, dist } = await targets(labels, { shape: [1, 1, 250, 280], rays: 4 });
  assert(prob.every((value) => value === 1));
  assert(dist.every((value) => value === 0.5));
  // The ids 1 to 70,000, of two pixels each.
  const pairs = Uint32Array.from({ length: 140_000 }, (_, i) => 1 + (i >> 1));
  const found = await targets(pairs, { shape: [1, 1, 250, 560], rays: 4 });
  assert(found.prob.every((value) => value === 1));
  const right = found.dist.subarray(0, 140_000);
  assert(right.every((value, i) => value === (i % 2 === 0 ? 1.5 : 0.5)));
  // On grid 2 each is seen once, at its first pixel of every second row.
  const coarse = await targets(pairs, { shape: [1, 1, 250, 560], rays: 4, grid: 2 });
  assert(coarse.prob.every((value) => value === 1));
  assert(coarse.dist.subarray(0, 35_000).every((value) => value === 1.5));
});

Deno.test("starDistTargets() gives the same bits again", async () => {
  const { data } = discs([40, 40], { seed: 6 });
  const options = { shape: [1, 1, 40, 40], rays: 32, grid: 2 };
  assertEquals(await targets(data, options), await targets(data, options));
});

Deno.test("starDistTargets() can be captured and replayed with other labels", async () => {
  using _scope = device.scope();
  const shape = [1, 1, 24, 24];
  const images = [discs([24, 24], { seed: 1 }), discs([24, 24], { seed: 2, ignored: true })];
  const labels = device.empty(shape, "u32");
  const [prob, dist] = [device.empty([1, 1, 12, 12]), device.empty([1, 8, 12, 12])];
  using recording = device.capture(() => {
    const made = starDistTargets(device, labels, { rays: 8, grid: 2 });
    device.copy({ from: made.prob, to: prob, count: prob.size });
    device.copy({ from: made.dist, to: dist, count: dist.size });
  });
  for (const { data } of images) {
    device.write(labels, numberLabels(data, { pixels: 24 * 24 }));
    recording.replay();
    const direct = await targets(data, { shape, grid: 2 });
    assertEquals(await device.read(prob), direct.prob);
    assertEquals(await device.read(dist), direct.dist);
  }
});

Deno.test("starDistTargets() frees what it needs on the way", () => {
  using _scope = device.scope();
  const labels = device.upload<"u32">([1, 1, 64, 64], new Uint32Array(64 * 64));
  device.trim(); // So that nothing larger serves.
  const before = device.memory.inUse;
  {
    using _inner = device.scope();
    const { prob, dist } = starDistTargets(device, labels, { rays: 4, grid: 1 });
    assertEquals(device.memory.inUse - before, prob.byteLength + dist.byteLength);
  }
  assertEquals(device.memory.inUse, before);
});

Deno.test("numberLabels() numbers objects in order, each image for itself", () => {
  const labels = Int32Array.of(5, 5, 0, 9, 5, 9, 9, 5, 0, 0, 1, 1);
  assertEquals([...numberLabels(labels, { pixels: 6 })], [1, 1, 0, 2, 1, 2, 3, 4, 0, 0, 5, 5]);
});

Deno.test("numberLabels() does not carry an object into the next image", () => {
  assertEquals([...numberLabels(Int32Array.of(7, 7, 7, 7), { pixels: 2 })], [1, 1, 2, 2]);
  assertEquals([...numberLabels(Int32Array.of(-4, -4), { pixels: 1 })], [IGNORED, IGNORED]);
});

Deno.test("numberLabels() ignores negative ids, and takes large ones of a Uint32Array", () => {
  const ids = Int32Array.of(-1, -2147483648, 2147483647, 0);
  assertEquals([...numberLabels(ids, { pixels: 4 })], [IGNORED, IGNORED, 1, 0]);
  const large = Uint32Array.of(2 ** 32 - 2, 2 ** 31, 0, 2 ** 31);
  assertEquals([...numberLabels(large, { pixels: 4 })], [1, 2, 0, 2]);
  const partly = Uint32Array.of(IGNORED, 7, IGNORED, 0);
  assertEquals([...numberLabels(partly, { pixels: 4 })], [IGNORED, 1, IGNORED, 0]);
});

Deno.test("numberLabels() refuses part of an image", () => {
  assertThrows(
    () => numberLabels(new Int32Array(10), { pixels: 4 }),
    RangeError,
    "Cannot number 10 labels: not whole images of 4 pixels",
  );
  assertThrows(() => numberLabels(new Int32Array(10), { pixels: 0 }), RangeError);
});
