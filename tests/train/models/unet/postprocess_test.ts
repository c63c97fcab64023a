import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Device } from "../../../../kernels/gpu/device.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { otsuThreshold, readAll, runSteps } from "../../../../kernels/masks/mod.ts";
import type { Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  bandedPostprocessSteps,
  defaultPostprocess,
  postprocess,
  type PostprocessSettings,
  postprocessSteps,
} from "../../../../train/models/unet/postprocess.ts";
import {
  dilate,
  dropSmall,
  erode,
  fillRegions,
  type Grid,
  grid,
} from "../../../kernels/masks/fixtures/reference.ts";

const device: Device = await openDevice();

/** Discs of probability near 1 on noise near 0. */
function discs(height: number, width: number, seed: number): Plane {
  const random = new Random(seed);
  const centres = Array.from(
    { length: 3 + random.integer(20) },
    () => ({ y: random.uniform(0, height), x: random.uniform(0, width), r: random.uniform(1, 7) }),
  );
  const prob = (y: number, x: number) => {
    const depth = Math.max(...centres.map((c) => c.r - Math.hypot(c.y - y, c.x - x)));
    return 1 / (1 + Math.exp(-depth - random.normal()));
  };
  const data = Float32Array.from(
    { length: height * width },
    (_, i) => prob(Math.floor(i / width), i % width),
  );
  return { height, width, data };
}

/** The same steps on the CPU from a given threshold on. */
function labelPlane(
  { height, width, data }: Plane,
  { threshold, opening, connectivity, minSize }: PostprocessSettings & { threshold: number },
): Grid {
  let mask = grid([height, width], (y, x) => data[y * width + x] >= Math.fround(threshold));
  for (let i = 0; i < opening; i++) mask = erode(mask, "cross");
  for (let i = 0; i < opening; i++) mask = dilate(mask, "cross");
  return dropSmall(fillRegions(mask, connectivity).labels, minSize);
}

Deno.test("postprocess() equals its steps one by one, for every setting", async () => {
  const random = new Random(21);
  for (let seed = 0; seed < 16; seed++) {
    const plane = discs(20 + random.integer(60), 20 + random.integer(60), seed);
    const settings: PostprocessSettings = {
      ...defaultPostprocess,
      threshold: seed % 2 === 0 ? random.uniform(0.1, 0.9) : "otsu",
      opening: seed % 3,
      connectivity: seed % 4 < 2 ? 4 : 8,
      minSize: [0, 1, 9, 40][seed % 4],
    };
    const labels = await postprocess(device, plane, settings);
    const x = device.upload([plane.height, plane.width], plane.data);
    const otsu = await otsuThreshold(device, x);
    assert(otsu > settings.otsuFloor && otsu < settings.otsuCeiling);
    device.free(x);
    const threshold = settings.threshold === "otsu" ? otsu : settings.threshold;
    assertEquals(labels, labelPlane(plane, { ...settings, threshold }));
    assert(labels.data.some((label) => label > 0));
  }
});

Deno.test("postprocess() takes a tensor, leaves it to the caller and frees the rest", async () => {
  const plane = discs(40, 50, 3);
  const prob = device.upload([1, 1, 40, 50], plane.data);
  const before = device.memory.inUse;
  const fromTensor = await postprocess(device, prob);
  assertEquals(fromTensor, await postprocess(device, plane));
  assertEquals(device.memory.inUse, before);
  assertEquals(await device.read(prob), plane.data);
  device.free(prob);
});

Deno.test("postprocess() works on several frames at once", async () => {
  const planes = [1, 2, 3].map((seed) => discs(30, 44, seed));
  const together = await Promise.all(planes.map((plane) => postprocess(device, plane)));
  for (const [i, plane] of planes.entries()) {
    assertEquals(together[i], await postprocess(device, plane));
  }
});

Deno.test("bandedPostprocessSteps() gives the labels of one piece, whatever the bands", async () => {
  const planes = [discs(57, 43, 3), discs(8, 90, 1)];
  for (const plane of planes) {
    for (const opening of [0, 1, 3]) {
      for (const threshold of ["otsu", 0.5] as const) {
        const connectivity = opening === 1 ? 8 : 4;
        const settings = {
          ...defaultPostprocess,
          opening,
          threshold,
          connectivity,
          minSize: 4,
        } as const;
        const expected = await postprocess(device, plane, settings);
        for (const pixels of [3 + opening, 20].map((rows) => rows * plane.width)) {
          const steps = bandedPostprocessSteps(device, plane, { ...settings, pixels });
          const { labels, count } = await runSteps(device, steps);
          assertEquals(labels, expected);
          assertEquals(count, expected.data.reduce((most, id) => Math.max(most, id), 0));
        }
      }
    }
  }
});

Deno.test("postprocessSteps() needs three answers with Otsu's threshold and two without", async () => {
  const plane = discs(60, 71, 4);
  const prob = device.upload([60, 71], plane.data);
  const before = device.memory.inUse;
  for (const [threshold, expected] of [["otsu", 3], [0.5, 2]] as const) {
    const settings = { ...defaultPostprocess, threshold };
    const steps = postprocessSteps(device, prob, settings);
    let waits = 0;
    let step = steps.next([]);
    for (; !step.done; waits++) step = steps.next(await readAll(device, step.value));
    assertEquals(waits, expected);
    assertEquals(step.value.labels, await postprocess(device, prob, settings));
    assertEquals(step.value.count, Math.max(...step.value.labels.data));
    assertEquals(device.memory.inUse, before);
  }
  // One that is given up at any step frees what it holds.
  for (const given of [0, 1, 2]) {
    const steps = postprocessSteps(device, prob, defaultPostprocess);
    let step = steps.next([]);
    for (let i = 0; i < given; i++) step = steps.next(await readAll(device, [...step.value as []]));
    steps.return(undefined as never);
    assertEquals(device.memory.inUse, before, `given up after ${given} answers`);
  }
  device.free(prob);
});

Deno.test("postprocess() finds nothing in an empty frame, whatever its noise", async () => {
  const random = new Random(5);
  for (const level of [0, 1e-40, 1e-6, 0.02, 0.2]) {
    const data = Float32Array.from({ length: 64 * 64 }, () => level * random.next());
    const settings = { opening: 0, minSize: 0 };
    const labels = await postprocess(device, { height: 64, width: 64, data }, settings);
    assert(labels.data.every((label) => label === 0), `noise up to ${level}`);
  }
});

Deno.test("postprocess() keeps a frame full of foreground whole", async () => {
  const random = new Random(6);
  for (const spread of [0, 1e-6, 0.2]) {
    const data = Float32Array.from({ length: 32 * 32 }, () => 1 - spread * random.next());
    const labels = await postprocess(device, { height: 32, width: 32, data });
    assert(labels.data.every((label) => label === 1), `spread ${spread}`);
  }
});

Deno.test("postprocess() takes Otsu as it is without floor and ceiling", async () => {
  const plane = { height: 1, width: 4, data: Float32Array.of(0.01, 0.02, 0.08, 0.09) };
  const settings = { opening: 0, minSize: 0, otsuFloor: 0, otsuCeiling: 1 };
  const labels = await postprocess(device, plane, settings);
  assertEquals([...labels.data], [0, 0, 1, 1]);
});

Deno.test("postprocess() names the setting that makes no sense", async () => {
  const plane = discs(8, 8, 1);
  const cases: [Partial<PostprocessSettings>, string][] = [
    [{ threshold: NaN }, "threshold is null"],
    [{ otsuFloor: 0.8 }, "otsuCeiling is 0.75, expected a number from otsuFloor 0.8 up"],
    [{ opening: -1 }, "opening is -1"],
    [{ opening: 0.5 }, "opening is 0.5"],
    [{ connectivity: 6 as 4 }, "connectivity is 6, expected 4 or 8"],
    [{ minSize: -3 }, "minSize is -3"],
  ];
  for (const [settings, message] of cases) {
    await assertRejects(() => postprocess(device, plane, settings), RangeError, message);
  }
});

Deno.test("postprocess() refuses NaN, whatever chooses the threshold, and a stack of planes", async () => {
  const before = device.memory.inUse;
  const plane = discs(8, 8, 1);
  plane.data[9] = NaN;
  for (const threshold of ["otsu", 0.5] as const) {
    await assertRejects(() => postprocess(device, plane, { threshold }), RangeError, "NaN");
  }
  const stack = device.empty([2, 8, 8]);
  await assertRejects(() => postprocess(device, stack), RangeError, "[2,8,8]");
  device.free(stack);
  assertEquals(device.memory.inUse, before);
});
