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
  return { reads, video: { path: "v", length: PLANES.length, ...SIZE, frame } };
}

Deno.test("normalizedFrames() gives the bits of normalizeAll(), whatever the cache holds", async () => {
  for (const mode of ["video", "frame"] as const) {
    const settings: NormalizationSettings = { mode, low: 1, high: 99.8 };
    const expected = normalizeAll(PLANES, settings);
    for (const bytes of [0, 2 * 15 * 4, 2 ** 20]) {
      const { video, reads } = countedVideo();
      const frames = await normalizedFrames(video, { settings, cache: new PlaneCache(bytes) });
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
