// The range of a video, with and without frames that are not like the others.
import { assert, assertEquals } from "@std/assert";
import type { Plane } from "../../../../train/images/image.ts";
import {
  steadyRange,
  type StrayFrame,
  strayNotes,
} from "../../../../train/images/intensity/steady_range.ts";
import {
  intensityRange,
  type NormalizationSettings,
  videoIntensityRange,
} from "../../../../train/images/normalize.ts";
import { Random } from "../../../../train/images/random.ts";

const SETTINGS: NormalizationSettings = { mode: "video", low: 1, high: 99.8 };
const SIZE = { width: 40, height: 30 };

/** What a frame shows: discs on a noisy ground. */
interface Shown {
  objects?: number;
  ground?: number;
  brightness?: number;
  gain?: number;
  offset?: number;
}

function frame(
  seed: number,
  { objects = 6, ground = 100, brightness = 900, gain = 1, offset = 0 }: Shown = {},
): Plane {
  const random = new Random(seed);
  const centres = Array.from(
    { length: objects },
    () => ({ x: random.uniform(0, 40), y: random.uniform(0, 30) }),
  );
  const data = Float32Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
    const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
    const isIn = centres.some((c) => Math.hypot(c.x - x, c.y - y) < 3);
    return Math.round(gain * (ground + (isIn ? brightness : 0) + 5 * random.normal()) + offset);
  });
  return { ...SIZE, data };
}

const even = (value: number): Plane => ({ ...SIZE, data: new Float32Array(1200).fill(value) });

async function find(planes: readonly Plane[], kinds?: readonly string[]) {
  const read = (i: number) => Promise.resolve(planes[i]);
  const steady = await steadyRange({ length: planes.length, kinds, read }, SETTINGS);
  const ranges = await Promise.all(
    planes.map((plane, i) => steady.of(i, () => Promise.resolve(plane))),
  );
  return { ...steady, ranges };
}

const usual = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => frame(first + i));

Deno.test("steadyRange() of frames that are alike is that of all frames, to the bit", async () => {
  const random = new Random(9);
  const floats = usual(5).map((plane) => ({
    ...plane,
    data: plane.data.map((v) => v + random.next()),
  }));
  const videos: Plane[][] = [
    usual(8),
    floats,
    usual(1),
    usual(2),
    [frame(1), frame(2, { gain: 20 })], // Nobody knows which of two is like the others.
    [0, 0, 0, 1, 2, 4, 8, 12].map((objects, i) => frame(i, { objects })), // Objects come.
    [9, 9, 9, 9, 9, 9, 9, 0].map((objects, i) => frame(i, { objects })), // And go.
    usual(9).map((_, i) => frame(i, { brightness: i === 4 ? 3000 : 900 })), // One shines.
    usual(20).map((_, i) => frame(i, { gain: Math.exp(-i / 6) + 0.1 })), // It bleaches.
    usual(20).map((_, i) => frame(i, { ground: 100 + 40 * i })), // The ground rises.
    usual(12).map((_, i) => frame(i, { gain: i < 6 ? 1 : 4 })), // The exposure was changed.
    usual(12).map((_, i) => frame(i, { gain: 1 + 0.2 * (i % 2) })), // The lamp flickers.
  ];
  for (const [i, planes] of videos.entries()) {
    const { stray, range, ranges } = await find(planes);
    assertEquals(stray, [], `video ${i}`);
    assertEquals(range, await videoIntensityRange(() => planes, SETTINGS), `video ${i}`);
    assert(ranges.every((one) => one === range));
  }
});

Deno.test("steadyRange() leaves out flashes, black and even frames, each for its reason", async () => {
  const cases: [Plane, StrayFrame["why"]][] = [
    [even(65535), "even"],
    [even(0), "even"],
    [frame(50, { gain: 10 }), "bright"],
    [frame(50, { gain: 3 }), "bright"],
    [frame(50, { offset: 800 }), "bright"],
    [frame(50, { objects: 0, ground: 20 }), "dark"],
  ];
  for (const [stranger, why] of cases) {
    for (const at of [0, 3, 7]) {
      const others = usual(7);
      const { stray, range, ranges } = await find(others.toSpliced(at, 0, stranger));
      assertEquals(stray, [{ frame: at, why }]);
      assertEquals(range, await videoIntensityRange(() => others, SETTINGS));
      const own = intensityRange([stranger], SETTINGS);
      const expected = why === "dark"
        ? { low: own.low, high: own.low + range.high - range.low }
        : own;
      assertEquals(ranges[at], expected);
      assert(ranges.every((one, i) => i === at || one === range));
    }
  }
});

Deno.test("steadyRange() leaves out several, runs of them too, and frames of another bit depth", async () => {
  const flash = [frame(60, { gain: 8 }), frame(61, { gain: 8 })];
  const planes = usual(9).toSpliced(4, 0, ...flash).toSpliced(2, 0, even(7));
  assertEquals((await find(planes)).stray.map(({ frame }) => frame), [2, 5, 6]);
  const kinds = ["16-bit", "8-bit", "16-bit", "16-bit"];
  const shallow = frame(3, { ground: 10, brightness: 90 });
  const { stray, ranges } = await find(usual(4).with(1, shallow), kinds);
  assertEquals(stray, [{ frame: 1, why: "kind" }]);
  assertEquals(ranges[1], intensityRange([shallow], SETTINGS));
});

Deno.test("steadyRange() takes what there is where all frames are even, or most are strangers", async () => {
  const black = [even(3), even(4)];
  const { range } = await find(black);
  assertEquals(range, await videoIntensityRange(() => black, SETTINGS));
  const one = await find([even(0), frame(1), even(0)]);
  assertEquals([one.stray.length, one.range], [2, intensityRange([frame(1)], SETTINGS)]);
});

Deno.test("steadyRange() can be told to take all frames, and passes over what cannot be read", async () => {
  const planes = usual(5).with(2, even(9999));
  const all = await steadyRange(
    { length: 5, read: (i) => Promise.resolve(planes[i]) },
    { ...SETTINGS, leavesOut: false },
  );
  assertEquals([all.stray, all.range], [[], await videoIntensityRange(() => planes, SETTINGS)]);
  const read = (i: number) => Promise.resolve(i === 2 ? null : planes[i]);
  const { range } = await steadyRange({ length: 5, read }, SETTINGS);
  assertEquals(range, await videoIntensityRange(() => planes.toSpliced(2, 1), SETTINGS));
});

Deno.test("strayNotes() names the frames by their reasons", () => {
  const stray: StrayFrame[] = [
    { frame: 1, why: "even" },
    ...[3, 4, 5, 6, 7, 8].map((frame) => ({ frame, why: "dark" }) as const),
  ];
  assertEquals(strayNotes(stray, { path: "v", nameOf: (i) => `t${i}.tif` }), [
    "v: t1.tif is without any contrast: left out of the range of intensities that all share, and " +
    "scaled by themselves",
    "v: t3.tif, t4.tif, t5.tif, t6.tif, t7.tif and 1 more are much darker than the others: left out " +
    "of the range of intensities that all share",
  ]);
});
