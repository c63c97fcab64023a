// Post-processing in bands of rows, against the same in one piece.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import {
  type Band,
  bandedComponentSteps,
  bandedOtsuSteps,
  bandsOf,
  otsuThreshold,
  piecePixels,
  runSteps,
} from "../../../kernels/masks/mod.ts";
import { Random } from "../../../train/images/random.ts";
import { fillRegions, type Grid, grid, noise, spiral } from "./fixtures/reference.ts";

const device = await openDevice();

Deno.test("bandsOf() covers every row once, with one row at least", () => {
  assertEquals(bandsOf({ width: 10, height: 7 }, 35), [
    { top: 0, rows: 3 },
    { top: 3, rows: 3 },
    { top: 6, rows: 1 },
  ]);
  assertEquals(bandsOf({ width: 10, height: 2 }, 3).map(({ rows }) => rows), [1, 1]);
  assertEquals(bandsOf({ width: 10, height: 2 }, 1000), [{ top: 0, rows: 2 }]);
});

async function label(
  { width, height, data }: Grid,
  { pixels, ...options }: { pixels: number; connectivity: 4 | 8; minSize?: number },
) {
  const image = {
    ...{ width, height, bands: bandsOf({ width, height }, pixels) },
    upload: ({ top, rows }: Band) =>
      device.upload<"u32">([rows, width], data.subarray(top * width, (top + rows) * width)),
    same: (a: number, b: number) => data[a] === data[b],
  };
  return await runSteps(device, bandedComponentSteps(device, image, options));
}

Deno.test("bandedComponentSteps() labels as if the image were in one piece", async () => {
  const random = new Random(3);
  const images: Grid[] = [
    spiral(33, 40),
    grid([40, 21], (y, x) => x % 2 === 0 || y === 39), // Teeth that meet in the last row.
    grid([40, 21], (y, x) => x % 2 === 0 || y === 0),
    grid([37, 37], (y, x) => (x + y) % 3 === 0), // Diagonals, joined by 8 neighbours alone.
    grid([37, 37], (y, x) => (x + 2 * y) % 3 === 0),
    grid([12, 9], (_, x) => 1 + x % 3), // Regions of different values that touch.
    ...Array.from({ length: 4 }, () => {
      const shape = [1 + random.integer(70), 1 + random.integer(70)] as const;
      return noise(shape, { random, density: random.uniform(0.2, 0.8) });
    }),
  ];
  await label(images[0], { pixels: 100, connectivity: 4 });
  const { inUse } = device.memory;
  for (const [i, image] of images.entries()) {
    for (const connectivity of [4, 8] as const) {
      const expected = fillRegions(image, connectivity);
      for (const pixels of [(i < 2 ? 1 : 7) * image.width, 16 * image.width + 1]) {
        const found = await label(image, { pixels, connectivity });
        assertEquals(found.count, expected.count, `image ${i}`);
        assertEquals(found.labels, Uint32Array.from(expected.labels.data), `image ${i}`);
      }
    }
  }
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("bandedComponentSteps() leaves out small objects by all their pixels", async () => {
  const column = grid([20, 3], (y, x) => x === 0 && y > 2 || x === 2 && y < 4);
  const found = await label(column, { pixels: 3, connectivity: 4, minSize: 5 });
  assertEquals(found.count, 1);
  assertEquals(found.labels.reduce((sum, id) => sum + id, 0), 17);
  await assertRejects(
    () => label(column, { pixels: 3, connectivity: 4, minSize: -1 }),
    RangeError,
    "minSize is -1",
  );
});

Deno.test("bandedOtsuSteps() is Otsu's threshold of all values together", async () => {
  const random = new Random(5);
  for (const spread of [0.1, 1e-6, 0]) {
    const [width, height] = [31, 47];
    const data = Float32Array.from(
      { length: width * height },
      (_, i) => (i % 5 === 0 ? 0.8 : 0.1) * Number(spread > 0) + spread * random.next(),
    );
    const whole = device.upload([height, width], data);
    const expected = await otsuThreshold(device, whole);
    device.free(whole);
    for (const pixels of [31, 100, 31 * 47]) {
      const bands = bandsOf({ width, height }, pixels);
      const upload = ({ top, rows }: Band) =>
        device.upload([rows, width], data.subarray(top * width, (top + rows) * width));
      assertEquals(await runSteps(device, bandedOtsuSteps(device, bands, upload)), expected);
    }
  }
});

Deno.test("piecePixels() goes by the memory limit, within what one buffer takes", async () => {
  const of = async (mebibytes: number) => {
    using limited = await openDevice({ memoryLimit: mebibytes * 2 ** 20 });
    return piecePixels(limited);
  };
  assertEquals([await of(1), await of(1024), await of(4096)], [2 ** 20, 2 ** 22, 2 ** 24]);
  assert(piecePixels(device) * 4 <= device.maxTensorBytes);
});
