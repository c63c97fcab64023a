import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import type { Device } from "../../../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { readAll, runSteps } from "../../../../kernels/masks/mod.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import type { Network } from "../../../../nn/module.ts";
import { buildNetwork } from "../../../../nn/weights.ts";
import type { Plane } from "../../../../train/images/image.ts";
import { orient, ORIENTATIONS, unorient } from "../../../../train/images/orientation.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  predictProbability,
  probabilitySteps,
  queuedProbabilitySteps,
} from "../../../../train/models/unet/probability.ts";
import { ALL_ORIENTATIONS, viewsOf } from "../../../../train/models/views.ts";

const MIB = 1024 ** 2;
const device: Device = await openDevice();

/** A network with fresh weights. */
function network(depth: number, { base = 2, on = device } = {}): Network {
  return buildNetwork(on, {
    architecture: { kind: "unet", options: { depth, base, inChannels: 1 } },
    random: new Random(7),
  });
}

/** An image of noise. */
function noise(width: number, height: number): Plane {
  const random = new Random(width * 1000 + height);
  return {
    width,
    height,
    data: Float32Array.from({ length: width * height }, () => random.next()),
  };
}

/** The largest difference between two maps of the same size. */
function largestDifference(a: Plane, b: Plane): number {
  assertEquals([a.width, a.height], [b.width, b.height]);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

Deno.test("a tiled map is that of the whole image, for odd sizes, thin images and all depths", async () => {
  const cases: [depth: number, width: number, height: number, tiles: number[]][] = [
    [1, 61, 47, [36, 48, 62]],
    [1, 1, 70, [32]],
    [1, 70, 1, [48]],
    [1, 3, 2, [24]],
    [1, 90, 8, [40]],
    [2, 99, 53, [72, 80]],
    [2, 7, 85, [64]],
    [3, 150, 131, [160, 144]],
  ];
  for (const [depth, width, height, tiles] of cases) {
    const image = noise(width, height);
    const net = network(depth);
    const whole = await predictProbability(device, { network: net, image, tile: 1024 });
    assertEquals([whole.width, whole.height, whole.data.length], [width, height, width * height]);
    for (const tile of tiles) {
      const tiled = await predictProbability(device, { network: net, image, tile });
      const difference = largestDifference(tiled, whole);
      assertLess(difference, 1e-5, `depth ${depth}, ${width}x${height} in tiles of ${tile}`);
    }
  }
});

Deno.test("a map is not what the rims of tiles would make it", async () => {
  const image = noise(64, 64);
  const net = network(1);
  const narrow = { ...net, forward: net.forward.bind(net), reach: 0 };
  const whole = await predictProbability(device, { network: net, image });
  const seamed = await predictProbability(device, { network: narrow, image, tile: 16 });
  assertLess(1e-4, largestDifference(seamed, whole));
});

Deno.test("test-time augmentation is the mean over the eight orientations", async () => {
  for (const [width, height] of [[21, 34], [16, 16], [1, 9]]) {
    const image = noise(width, height);
    const net = network(1);
    const mean = new Float64Array(width * height);
    for (let k = 0; k < ORIENTATIONS; k++) {
      const turned = await predictProbability(device, { network: net, image: orient(image, k) });
      unorient(turned, k).data.forEach((p, i) => mean[i] += p / 8);
    }
    const map = await predictProbability(device, { network: net, image, views: ALL_ORIENTATIONS });
    const expected = { width, height, data: Float32Array.from(mean) };
    assertLess(largestDifference(map, expected), 1e-6);
    const plain = await predictProbability(device, { network: net, image });
    assertLess(1e-5, largestDifference(map, plain));
  }
});

Deno.test("a large image is predicted within the memory limit, in smaller tiles", async () => {
  using small = await openDevice({ memoryLimit: 2 * MIB });
  const image = noise(400, 260);
  const maps = [];
  for (const on of [small, device]) {
    const net = network(1, { base: 4, on });
    maps.push(await predictProbability(on, { network: net, image }));
  }
  assertLess(largestDifference(maps[0], maps[1]), 1e-5);
  assert(small.memory.peak <= 2 * MIB, `${small.memory.peak} bytes`);
  // The whole image alone has 4 channels of 400 × 260 float32 values several times over.
  assertLess(3 * 2 * MIB, device.memory.peak);
});

Deno.test("a map is predicted in smaller tiles once other tensors take the memory", async () => {
  using small = await openDevice({ memoryLimit: 8 * MIB });
  const image = noise(200, 160);
  const net = network(1, { base: 4, on: small });
  const roomy = await predictProbability(small, { network: net, image });
  const { inUse } = small.memory;
  const other = small.empty([6 * MIB / 4]);
  const tight = await predictProbability(small, { network: net, image });
  assertLess(largestDifference(roomy, tight), 1e-5);
  assert(small.memory.peak <= 8 * MIB, `${small.memory.peak} bytes`);
  small.free(other);
  assertEquals(small.memory.inUse, inUse);
});

Deno.test("a device that cannot hold even a small tile says so", async () => {
  using tiny = await openDevice({ memoryLimit: MIB });
  const net = network(1, { base: 32, on: tiny });
  await assertRejects(
    () => predictProbability(tiny, { network: net, image: noise(300, 300) }),
    OutOfMemoryError,
    "the memory limit is 1 MiB; lower the patch or tile size",
  );
});

Deno.test("probabilitySteps() gives the map that is put together on the GPU", async () => {
  const net = network(2);
  const image = noise(99, 71);
  for (const views of [undefined, viewsOf(3), ALL_ORIENTATIONS]) {
    const options = { network: net, image, tile: 64, views, exposure: 1.5 };
    const map = await runSteps(device, probabilitySteps(device, options));
    const expected = await predictProbability(device, options);
    assertEquals([map.width, map.height], [99, 71]);
    assertLess(largestDifference(map, expected), 1e-7);
    if (views === undefined) assertEquals(map.data, expected.data);
  }
});

Deno.test("queuedProbabilitySteps() waits after each of several tiles, to the same bits", async () => {
  const net = network(2);
  const { inUse } = device.memory;
  for (const tile of [64, undefined]) {
    for (const views of [undefined, viewsOf(3)]) {
      const options = { network: net, image: noise(99, 71), tile, views };
      const expected = await predictProbability(device, options);
      const steps = queuedProbabilitySteps(device, options);
      let count = 0;
      let step = steps.next([]);
      for (; !step.done; count++) step = steps.next(await readAll(device, step.value));
      assertEquals(count, tile === undefined ? 0 : 8 * (views?.length ?? 1));
      assertEquals(await device.read(step.value), expected.data);
      device.free(step.value);
    }
  }
  const steps = queuedProbabilitySteps(device, { network: net, image: noise(99, 71), tile: 64 });
  steps.next([]);
  steps.return(undefined as never);
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("predicting leaves nothing on the GPU", async () => {
  const net = network(2);
  const { inUse } = device.memory;
  await predictProbability(device, { network: net, image: noise(50, 80), tile: 64 });
  await predictProbability(device, { network: net, image: noise(50, 50), views: ALL_ORIENTATIONS });
  await runSteps(
    device,
    probabilitySteps(device, { network: net, image: noise(50, 80), tile: 64 }),
  );
  const steps = probabilitySteps(device, { network: net, image: noise(50, 80), tile: 64 });
  steps.next([]);
  steps.return(undefined as never);
  assertEquals(device.memory.inUse, inUse);
});
