import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Batch, PairStream, stackSamples, StillStream } from "../../../train/learn/batches.ts";
import { defaultAugmentation } from "../../../train/learn/patches/augment.ts";
import { noAugmentation } from "../fixtures/no_augmentation.ts";
import { type Frames, heldFrames } from "../../../train/images/series/frames.ts";
import { Random } from "../../../train/images/random.ts";
import type { Sample } from "../../../train/images/sample.ts";
import { packSample } from "../../../train/images/packed/packed_sample.ts";

/** Samples of noise with objects, all different. */
function samples(count: number, { width = 24, height = 20 } = {}): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(i);
    const area = width * height;
    return {
      channels: 1,
      width,
      height,
      image: Float32Array.from({ length: area }, () => i + random.next()),
      labels: Uint32Array.from({ length: area }, () => random.chance(0.3) ? 7 : 0),
    };
  });
}

const SETTINGS = { patch: 16, count: 3, seed: 5, augmentation: defaultAugmentation };

/** Some batches of a stream. */
async function take(
  stream: { next(): Batch | Promise<Batch> },
  count: number,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  while (batches.length < count) batches.push(await stream.next());
  return batches;
}

/** Samples as the frames of a video. */
function framesOf(samples: readonly Sample[]): Frames {
  return heldFrames(samples.map(({ image, ...size }) => ({ ...size, data: image })));
}

Deno.test("stackSamples() puts images one after another and makes every object foreground", () => {
  const sample = (...values: number[]) => ({
    channels: 1,
    width: 2,
    height: 1,
    image: Float32Array.from(values),
    labels: Uint32Array.from(values),
  });
  assertEquals(stackSamples([sample(0, 300), sample(1, 0)]), {
    shape: [2, 1, 1, 2],
    images: Float32Array.of(0, 300, 1, 0),
    targets: Float32Array.of(0, 1, 1, 0),
  });
  const { labels: _, ...unlabelled } = sample(5, 6);
  assertEquals(stackSamples([unlabelled]).targets, null);
});

Deno.test("StillStream visits every still once an epoch", async () => {
  const stream = new StillStream(samples(6), {
    ...{ ...SETTINGS, augmentation: noAugmentation },
    foreground: 0.9,
  });
  for (let epoch = 0; epoch < 3; epoch++) {
    const seen = (await take(stream, 2)).flatMap(({ images }) =>
      [0, 1, 2].map((i) => Math.floor(images[i * 256]))
    );
    assertEquals(seen.toSorted(), [0, 1, 2, 3, 4, 5]);
  }
});

Deno.test("PairStream gives first frames, then second ones, with the same draw but for noise", async () => {
  const frames = samples(5).map(({ labels: _, ...frame }) => frame);
  const same = frames.map((frame) => ({ ...frame, image: frames[0].image }));
  const stream = (videos: Sample[][], noise: number, gap = 1) =>
    new PairStream(videos.map(framesOf), {
      ...SETTINGS,
      ...{ gap, augmentation: { ...defaultAugmentation, noise } },
    });
  for (const { shape, images, targets } of await take(stream([same], 0), 5)) {
    assertEquals([shape, targets], [[6, 1, 16, 16], null]);
    assertEquals(images.subarray(0, 768), images.subarray(768));
  }
  const [{ images }] = await take(stream([same], 0.1), 1);
  assertNotEquals(images.subarray(0, 768), images.subarray(768));
  assertEquals(stream([frames, frames.slice(3)], 0).length, 5);
  assertEquals(stream([frames, frames.slice(3)], 0, 2).length, 3);
});

Deno.test("streams repeat with their seed, differ without, and go on from a saved state", async () => {
  const stills = samples(5);
  const still = (seed: number) => new StillStream(stills, { ...SETTINGS, seed, foreground: 0.5 });
  const pair = (seed: number) => new PairStream([framesOf(stills)], { ...SETTINGS, seed, gap: 1 });
  for (const stream of [still, pair]) {
    const batches = await take(stream(1), 9);
    assertEquals(await take(stream(1), 9), batches);
    assertNotEquals(await take(stream(2), 9), batches);
    for (const done of [0, 1, 4]) {
      const first = stream(1);
      await take(first, done);
      const state = JSON.parse(JSON.stringify(first.state));
      const resumed = stream(3);
      resumed.restore(state);
      assertEquals(await take(resumed, 9 - done), batches.slice(done));
    }
  }
});

Deno.test("a stream does not go on from the state of other data", () => {
  const stream = (count: number) => new StillStream(samples(count), { ...SETTINGS, foreground: 1 });
  const other = stream(4);
  other.next();
  assertThrows(() => stream(5).restore(other.state), RangeError, "it was saved with 4 images");
});

Deno.test("StillStream mirrors stills that are smaller than the patch", () => {
  const stream = new StillStream(samples(2, { width: 5, height: 3 }), {
    ...SETTINGS,
    foreground: 0.9,
  });
  const { shape, images } = stream.next();
  assertEquals(shape, [3, 1, 16, 16]);
  assert(images.every(Number.isFinite));
});

Deno.test("StillStream gives the same batches of packed stills, also of such that are smaller than a patch", () => {
  for (const size of [undefined, { width: 11, height: 9 }]) {
    const whole = samples(4, size).map((sample) => ({
      ...sample,
      image: sample.image.map((value) => Math.round(20 * value)),
    }));
    const open = (stills: Sample[]) => new StillStream(stills, { ...SETTINGS, foreground: 0.5 });
    const [plain, packed] = [open(whole), open(whole.map(packSample))];
    for (let i = 0; i < 6; i++) assertEquals(packed.next(), plain.next());
  }
});

Deno.test("StillStream unpacks the labels of a packed still once, not for each patch", () => {
  let unpacked = 0;
  const whole = samples(4).map((sample) => ({
    ...sample,
    image: sample.image.map((value) => Math.round(20 * value)),
  }));
  const stills = whole.map(packSample).map((packed): Sample =>
    Object.create(packed, {
      labels: {
        get: () => {
          unpacked++;
          return packed.labels;
        },
      },
    })
  );
  const stream = new StillStream(stills, { ...SETTINGS, foreground: 0.5 });
  for (let i = 0; i < 12; i++) stream.next();
  assertEquals(unpacked, 4);
});
