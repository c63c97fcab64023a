import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ForegroundPositions } from "../../../../train/learn/patches/foreground_positions.ts";
import {
  cropSample,
  PairSampler,
  PatchSampler,
  samplePatch,
} from "../../../../train/learn/patches/patches.ts";
import { heldFrames, pickFrames } from "../../../../train/images/series/frames.ts";
import { IGNORED_LABEL, type Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { reflectIndex, type Sample, sampleFromPlanes } from "../../../../train/images/sample.ts";

/** A sample whose pixels are numbered, with the labelled pixels given as [x, y, id]. */
function numbered(
  { width, height, channels = 1 }: { width: number; height: number; channels?: number },
  labelled: readonly (readonly [number, number, number])[] = [],
): Sample {
  const image = Float32Array.from({ length: channels * width * height }, (_, i) => i);
  const labels = new Uint32Array(width * height);
  for (const [x, y, id] of labelled) labels[y * width + x] = id;
  return { channels, width, height, image, labels };
}

/** Where a patch of a one-channel numbered sample was cut out. */
function cornerOf(patch: Sample, { width }: Sample): [number, number] {
  return [patch.image[0] % width, Math.floor(patch.image[0] / width)];
}

Deno.test("sampleFromPlanes() stacks channels and refuses different sizes", () => {
  const a = { width: 2, height: 1, data: Float32Array.of(1, 2) };
  const b = { width: 2, height: 1, data: Float32Array.of(3, 4) };
  const labels = { width: 2, height: 1, data: Uint32Array.of(0, 9) };
  const { channels, image } = sampleFromPlanes([a, b], labels);
  assertEquals([channels, ...image], [2, 1, 2, 3, 4]);
  assertThrows(() => sampleFromPlanes([]), RangeError, "no channels");
  assertThrows(
    () => sampleFromPlanes([a], { width: 1, height: 2, data: Uint32Array.of(0, 9) }),
    RangeError,
    "of 2x1 pixels: another channel or its labels have 1x2",
  );
});

Deno.test("reflectIndex() mirrors as numpy's reflect padding", () => {
  // np.pad(np.arange(4), (5, 8), mode="reflect")
  const padded = Array.from({ length: 17 }, (_, i) => reflectIndex(i - 5, 4));
  assertEquals(padded, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]);
  assertEquals([-2, 0, 5].map((i) => reflectIndex(i, 1)), [0, 0, 0]);
});

Deno.test("cropSample() cuts every channel and the labels at the same place", () => {
  const sample = numbered({ width: 5, height: 4, channels: 2 }, [[2, 1, 70000], [3, 2, 5]]);
  const patch = cropSample(sample, { x: 2, y: 1, size: 2 });
  assertEquals([...patch.image], [7, 8, 12, 13, 27, 28, 32, 33]);
  assertEquals(patch.labels, Uint32Array.of(70000, 0, 0, 5));
});

Deno.test("cropSample() mirrors beyond the end of a sample smaller than the patch", () => {
  const sample = numbered({ width: 3, height: 2 }, [[1, 0, 4]]);
  const patch = cropSample(sample, { x: 0, y: 0, size: 4 });
  assertEquals([...patch.image], [0, 1, 2, 1, 3, 4, 5, 4, 0, 1, 2, 1, 3, 4, 5, 4]);
  assertEquals([...patch.labels!], [0, 4, 0, 4, 0, 0, 0, 0, 0, 4, 0, 4, 0, 0, 0, 0]);
});

Deno.test("ForegroundPositions are where the patch-sized maximum of the labels is over 0", () => {
  const random = new Random(12);
  for (const [width, height, size] of [[13, 9, 4], [9, 13, 1], [7, 7, 7], [5, 11, 8], [4, 3, 6]]) {
    const labelled = Array.from(
      { length: random.integer(4) },
      () => [random.integer(width), random.integer(height), 3] as const,
    );
    const sample = numbered({ width, height }, labelled);
    const expected: { x: number; y: number }[] = [];
    for (let y = 0; y <= Math.max(0, height - size); y++) {
      for (let x = 0; x <= Math.max(0, width - size); x++) {
        const isInside = ([px, py]: readonly number[]) =>
          px >= x && px < x + size && py >= y && py < y + size;
        if (labelled.some(isInside)) expected.push({ x, y });
      }
    }
    const positions = new ForegroundPositions(sample, size);
    assertEquals(positions.count, expected.length);
    assertEquals(expected.map((_, rank) => positions.at(rank)), expected);
  }
});

Deno.test("ForegroundPositions have an object, not only what is to be ignored", () => {
  const size = { width: 6, height: 2 };
  const ignored = numbered(size, [[0, 0, IGNORED_LABEL], [1, 1, IGNORED_LABEL], [5, 0, 3]]);
  const positions = new ForegroundPositions(ignored, 2);
  assertEquals([positions.count, positions.at(0)], [1, { x: 4, y: 0 }]);
  assertEquals(new ForegroundPositions(numbered(size, [[0, 0, IGNORED_LABEL]]), 2).count, 0);
});

Deno.test("samplePatch() shows foreground with its probability, every such place equally often", () => {
  const sample = numbered({ width: 40, height: 40 }, [[5, 5, 1]]);
  const random = new Random(1);
  const places = new Map<string, number>();
  let hits = 0;
  for (let i = 0; i < 4000; i++) {
    const patch = samplePatch(random, sample, { size: 4, foregroundOnly: 0.9 });
    if (!patch.labels!.some((id) => id > 0)) continue;
    hits++;
    const place = cornerOf(patch, sample).join();
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  // 16 of 37 x 37 places show the object: 0.9 + 0.1 * 16 / 1369.
  assertAlmostEquals(hits / 4000, 0.901, 0.02);
  assertEquals(places.size, 16);
  for (const count of places.values()) assert(Math.abs(count - hits / 16) < 75, `${count}`);
});

Deno.test("samplePatch() without a wish for foreground reaches every place to the last", () => {
  const sample = numbered({ width: 6, height: 5 }, [[0, 0, 1]]);
  const random = new Random(2);
  const places = new Set<string>();
  for (let i = 0; i < 500; i++) {
    places.add(
      cornerOf(samplePatch(random, sample, { size: 4, foregroundOnly: 0 }), sample).join(),
    );
  }
  assertEquals([...places].sort(), ["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]);
});

Deno.test("samplePatch() takes any place where there is no foreground or no labels", () => {
  const empty = numbered({ width: 8, height: 8 });
  const unlabelled = { ...empty, labels: undefined };
  for (const sample of [empty, unlabelled]) {
    const patch = samplePatch(new Random(3), sample, { size: 3, foregroundOnly: 1 });
    assertEquals([patch.width, patch.height, patch.image.length], [3, 3, 9]);
  }
  for (const size of [0, -4, 2.5, NaN]) {
    assertThrows(() => samplePatch(new Random(1), empty, { size }), RangeError, `size ${size}`);
  }
});

Deno.test("PatchSampler visits every still once per round, in changing order", () => {
  const stills = Array.from({ length: 7 }, (_, k) => {
    const still = numbered({ width: 4, height: 4 });
    return { ...still, image: still.image.fill(k) };
  });
  const sampler = new PatchSampler(stills, { size: 4, seed: 5 });
  const rounds = Array.from(
    { length: 6 },
    () => Array.from({ length: 7 }, () => sampler.next().image[0]),
  );
  for (const round of rounds) assertEquals([...round].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert(new Set(rounds.map((round) => round.join())).size > 1);
});

Deno.test("PatchSampler continues from its saved state, at every step of a round", () => {
  const stills = [10, 12, 14].map((width) => numbered({ width, height: 11 }, [[3, 3, 1]]));
  const options = { size: 5, seed: 6 };
  const whole = new PatchSampler(stills, options);
  for (let steps = 0; steps < 8; steps++) {
    const saved = JSON.parse(JSON.stringify(whole.state));
    const resumed = new PatchSampler(stills, { ...options, seed: 99 });
    resumed.restore(saved);
    const ahead = new PatchSampler(stills, options);
    ahead.restore(saved);
    for (let i = 0; i < 5; i++) assertEquals(resumed.next(), ahead.next());
    whole.next();
    assertEquals(JSON.stringify(saved) === JSON.stringify(whole.state), false);
  }
  assertThrows(
    () => new PatchSampler(stills.slice(1), options).restore(whole.state),
    RangeError,
    "saved with 3 images or pairs, now there are 2",
  );
});

Deno.test("PatchSampler depends on its seed and refuses nothing to draw from", () => {
  const stills = [numbered({ width: 30, height: 30 })];
  const [a, b, c] = [1, 1, 2].map((seed) => new PatchSampler(stills, { size: 4, seed }).next());
  assertEquals(a, b);
  assert(a.image[0] !== c.image[0]);
  assertThrows(() => new PatchSampler([], { size: 4, seed: 1 }), RangeError, "there are no stills");
});

Deno.test("PairSampler cuts both frames at the same place", async () => {
  const planes = [1, 2].map((seed) => {
    const random = new Random(seed);
    return { width: 20, height: 30, data: Float32Array.from({ length: 600 }, () => random.next()) };
  });
  const sampler = new PairSampler([heldFrames(planes)], { size: 8, seed: 1 });
  const places = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const [a, b] = (await sampler.next()).map(({ image }, k) => planes[k].data.indexOf(image[0]));
    assertEquals(a, b);
    places.add(a);
  }
  assert(places.size > 10);
});

Deno.test("PairSampler draws no pair across a missing frame", async () => {
  const frame = (value: number): Plane => ({
    width: 4,
    height: 4,
    data: new Float32Array(16).fill(value),
  });
  const times = [0, 1, 3, 4, 5];
  const video = heldFrames(times.map(frame), { times });
  const drawn = async (options: { gap?: number; window?: number }) => {
    const sampler = new PairSampler([video], { size: 4, seed: 7, ...options });
    const draws = await Promise.all(Array.from({ length: sampler.length }, () => sampler.next()));
    return draws.map((pair) => pair.map(({ image }) => image[0]).join()).sort();
  };
  assertEquals(await drawn({}), ["0,1", "3,4", "4,5"]);
  assertEquals(await drawn({ gap: 2 }), ["1,3", "3,5"], "two time points apart, not two files");
  assertEquals(await drawn({ window: 3 }), ["3,4,5"]);
  const lone = heldFrames([0, 7].map(frame), { times: [0, 7] });
  assertThrows(
    () => new PairSampler([lone], { size: 4, seed: 7 }),
    RangeError,
    "2 frames in a row",
  );
  assertEquals(pickFrames(video, [1, 2]).times, [1, 3]);
});

Deno.test("PairSampler draws neighbours of each video, a gap apart, once per round", async () => {
  const frame = (value: number): Plane => ({
    width: 6,
    height: 6,
    data: new Float32Array(36).fill(value),
  });
  const videos = [[0, 1, 2, 3], [10, 11], [20]].map((values) => heldFrames(values.map(frame)));
  const sampler = new PairSampler(videos, { size: 4, seed: 7 });
  assertEquals(sampler.length, 4);
  const draws = await Promise.all(Array.from({ length: 4 }, () => sampler.next()));
  const pairs = draws.map((pair) => pair.map(({ image }) => image[0]).join());
  assertEquals(pairs.sort(), ["0,1", "1,2", "10,11", "2,3"]);
  const wide = new PairSampler(videos, { size: 4, gap: 2, seed: 7 });
  assertEquals(wide.length, 2);

  const saved = JSON.parse(JSON.stringify(sampler.state));
  const resumed = new PairSampler(videos, { size: 4, seed: 1 });
  resumed.restore(saved);
  for (let i = 0; i < 9; i++) assertEquals(await resumed.next(), await sampler.next());

  assertThrows(() => new PairSampler(videos, { size: 4, gap: 4, seed: 7 }), RangeError, "5 frames");
  assertThrows(() => new PairSampler([], { size: 4, seed: 7 }), RangeError, "2 frames");
  assertThrows(() => new PairSampler(videos, { size: 4, gap: 0, seed: 7 }), RangeError, "gap 0");
});
