import { assertEquals, assertRejects } from "@std/assert";
import type { Plane } from "../../../../train/images/image.ts";
import { type NormalizationSettings, normalizeAll } from "../../../../train/images/normalize.ts";
import { PlaneCache } from "../../../../train/images/plane_cache.ts";
import { normalizedFrames } from "../../../../train/images/series/frames.ts";

const SIZE = { width: 5, height: 3 };

/** Frames of numbers that are no whole ones, each brighter than the one before. */
const PLANES: readonly Plane[] = [0, 1, 2, 3].map((t) => ({
  ...SIZE,
  data: Float32Array.from({ length: 15 }, (_, i) => 10 * t + Math.sin(7 * i + t)),
}));

/** A video of them that counts how often a frame is read. */
function countedVideo() {
  const reads: number[] = PLANES.map(() => 0);
  const frame = (t: number) => {
    reads[t]++;
    return Promise.resolve(PLANES[t]);
  };
  const sourceNames = PLANES.map((_, t) => `t${t}.tif`);
  return { reads, video: { path: "v", length: PLANES.length, ...SIZE, frame, sourceNames } };
}

Deno.test("normalizedFrames() gives the bits of normalizeAll(), whatever the cache holds", async () => {
  for (const mode of ["video", "frame"] as const) {
    const settings: NormalizationSettings = { mode, low: 1, high: 99.8 };
    const expected = normalizeAll(PLANES, settings);
    for (const bytes of [0, 2 * 15 * 4, 2 ** 20]) {
      const { video, reads } = countedVideo();
      const { frames } = await normalizedFrames(video, { settings, cache: new PlaneCache(bytes) });
      assertEquals([frames.length, frames.channels], [4, 1]);
      const before = [...reads];
      for (const t of [3, 0, 1, 2, 2, 1, 0, 3]) {
        assertEquals(await frames.frame(t), { ...expected[t], channels: 1 });
      }
      const again = reads.map((count, t) => count - before[t]);
      if (bytes === 2 ** 20) assertEquals(again, [1, 1, 1, 1], "each is read once more");
    }
  }
});

Deno.test("normalizedFrames() reads all frames before it gives one: a damaged one shows at once", async () => {
  for (const mode of ["video", "frame"] as const) {
    const { video } = countedVideo();
    const frame = (t: number) =>
      t === 3 ? Promise.reject(new SyntaxError("Cannot read t3.tif")) : video.frame(t);
    const options = {
      settings: { mode, low: 1, high: 99.8 },
      cache: new PlaneCache(2 ** 20),
    };
    await assertRejects(
      () => normalizedFrames({ ...video, frame }, options),
      SyntaxError,
      "t3.tif",
    );
  }
});

Deno.test("normalizedFrames() leaves a flash out of the range, and names it", async () => {
  const planes = [0, 1, 2, 3, 4].map((t) => ({
    ...SIZE,
    data: Float32Array.from({ length: 15 }, (_, i) => (t === 3 ? 900 : 0) + Math.sin(7 * i + t)),
  }));
  const video = {
    ...countedVideo().video,
    length: 5,
    frame: (t: number) => Promise.resolve(planes[t]),
    sourceNames: new Array(5).fill("v.tif"),
  };
  const settings: NormalizationSettings = { mode: "video", low: 1, high: 99.8 };
  const cache = () => new PlaneCache(2 ** 20);
  const { frames, notes } = await normalizedFrames(video, { settings, cache: cache() });
  const others = normalizeAll(planes.toSpliced(3, 1), settings);
  for (const [i, t] of [0, 1, 2, 4].entries()) {
    assertEquals(await frames.frame(t), { ...others[i], channels: 1 });
  }
  const [flash] = normalizeAll([planes[3]], settings);
  assertEquals(await frames.frame(3), { ...flash, channels: 1 });
  assertEquals(notes.map((note) => note.split(" is ")[0]), ["v: v.tif#3"]);
  const all = { settings, cache: cache(), leavesOut: false };
  const { frames: spoilt } = await normalizedFrames(video, all);
  assertEquals(await spoilt.frame(0), { ...normalizeAll(planes, settings)[0], channels: 1 });
});
