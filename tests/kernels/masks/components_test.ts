import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { connectedComponents, type Connectivity } from "../../../kernels/masks/mod.ts";
import { Random } from "../../../train/images/random.ts";
import { fillRegions, type Grid, grid, noise, spiral } from "./fixtures/reference.ts";

const device: Device = await openDevice();
const CONNECTIVITIES: readonly Connectivity[] = [4, 8];

async function check(
  name: string,
  image: Grid,
  options: { joinSteps?: number } = {},
): Promise<void> {
  using _scope = device.scope();
  const x = device.upload<"u32">([image.height, image.width], image.data);
  for (const connectivity of CONNECTIVITIES) {
    const found = await connectedComponents(device, x, { connectivity, ...options });
    const expected = fillRegions(image, connectivity);
    const claim = `${name} ${image.height}×${image.width}, ${connectivity} neighbours`;
    assertEquals(found.count, expected.count, claim);
    const labels = await device.read(found.labels);
    assert(labels.every((label, i) => label === expected.labels.data[i]), claim);
  }
}

/** Teeth joined at one end only, so that their labels meet at the very last. */
function combs(height: number, width: number): [string, Grid][] {
  const shape = [height, width] as const;
  return [
    ["comb open at the top", grid(shape, (y, x) => x % 2 === 0 || y === height - 1)],
    ["comb open at the bottom", grid(shape, (y, x) => x % 2 === 0 || y === 0)],
    ["comb open to the left", grid(shape, (y, x) => y % 2 === 0 || x === width - 1)],
    ["snake", grid(shape, (y, x) => y % 2 === 0 || x === (y % 4 === 1 ? width - 1 : 0))],
    ["upright snake", grid(shape, (y, x) => x % 2 === 0 || y === (x % 4 === 1 ? height - 1 : 0))],
    ["stairs", grid(shape, (y, x) => (x + y) % 3 === 0)],
    ["stairs back", grid(shape, (y, x) => (x + 2 * y) % 3 === 0)],
  ];
}

Deno.test("connectedComponents() labels noise of every density at many sizes", async () => {
  const random = new Random(1);
  for (let round = 0; round < 40; round++) {
    const shape = [1 + random.integer(90), 1 + random.integer(90)] as const;
    const density = random.uniform(0.05, 0.95);
    await check(`noise ${density}`, noise(shape, { random, density }));
  }
});

Deno.test("connectedComponents() labels a pixel, a row and a column", async () => {
  for (const shape of [[1, 1], [1, 2], [2, 1], [1, 700], [700, 1], [2, 2], [1, 65_600]] as const) {
    await check("full", grid(shape, () => 1));
    await check("empty", grid(shape, () => 0));
    await check("noise", noise(shape, { random: new Random(8), density: 0.6 }));
  }
});

Deno.test("connectedComponents() labels spirals, combs, snakes and stairs", async () => {
  for (const [height, width] of [[5, 5], [7, 12], [64, 64], [65, 99], [128, 31]] as const) {
    await check("spiral", spiral(height, width));
    for (const [name, image] of combs(height, width)) await check(name, image);
  }
});

Deno.test("connectedComponents() tells a checkerboard's two neighbourhoods apart", async () => {
  await check("checkerboard", grid([33, 40], (y, x) => (x + y) % 2 === 0));
  await check("dots", grid([33, 40], (y, x) => x % 2 === 0 && y % 2 === 0));
  await check("rings", grid([41, 41], (y, x) => Math.max(Math.abs(y - 20), Math.abs(x - 20)) % 2));
});

Deno.test("connectedComponents() follows a path far longer than a software adapter's loops", async () => {
  await check("spiral", spiral(1023, 1023));
  await check("snake", combs(1024, 500)[3][1]);
});

Deno.test("connectedComponents() labels large noise where objects just begin to join", async () => {
  await check("noise", noise([700, 1100], { random: new Random(4), density: 0.59 }));
  await check("noise", noise([700, 1100], { random: new Random(4), density: 0.41 }));
});

Deno.test("connectedComponents() labels 2048² pixels", async () => {
  await check("discs", grid([2048, 2048], (y, x) => Math.hypot(y % 64 - 32, x % 48 - 24) < 20));
});

Deno.test("connectedComponents() gives the same labels when joins give up at once", async () => {
  const random = new Random(6);
  for (const joinSteps of [1, 2]) {
    await check("spiral", spiral(120, 77), { joinSteps });
    for (const density of [0.42, 0.6, 0.8]) {
      await check("noise", noise([150, 130], { random, density }), { joinSteps });
    }
    for (const [name, image] of combs(90, 91)) await check(name, image, { joinSteps });
  }
});

Deno.test("connectedComponents() labels regions of equal value, those that touch apart", async () => {
  const random = new Random(9);
  for (const values of [3, 5]) {
    await check("values", grid([60, 71], () => random.integer(values)));
  }
  await check("large values", grid([20, 30], (_, x) => x % 3 === 0 ? 0 : 0xfffffff0 + x % 3));
});

Deno.test("connectedComponents() works beside another call and frees what it used", async () => {
  const before = device.memory.inUse;
  const images = [spiral(50, 60), noise([80, 33], { random: new Random(3), density: 0.5 })];
  await Promise.all(images.map(async (image) => {
    const x = device.upload<"u32">([image.height, image.width], image.data);
    const { labels, count } = await connectedComponents(device, x, { connectivity: 8 });
    assertEquals(count, fillRegions(image, 8).count);
    for (const tensor of [x, labels]) device.free(tensor);
  }));
  assertEquals(device.memory.inUse, before);
});

Deno.test("connectedComponents() refuses a stack of planes", async () => {
  using _scope = device.scope();
  const stack = device.empty([2, 3, 4], "u32");
  await assertRejects(
    () => connectedComponents(device, stack, { connectivity: 4 }),
    RangeError,
    "Cannot label components: the plane is [2,3,4]",
  );
});
