// Frames whose pixels are packed: what they take, and that they are what was packed.
import { assertEquals, assertLess, assertStrictEquals } from "@std/assert";
import {
  frameSample,
  packFrame,
  unpackedLater,
} from "../../../../train/images/packed/packed_frame.ts";
import { normalize } from "../../../../train/images/normalize.ts";
import { PlaneCache } from "../../../../train/images/plane_cache.ts";
import { normalizedFrames } from "../../../../train/images/series/frames.ts";
import { cropSample } from "../../../../train/learn/patches/patches.ts";

const [WIDTH, HEIGHT] = [300, 200];
/** A frame of 16 bits, scaled by a range that no intensity divides evenly. */
const frameOf = (seed: number, most = 65536) => ({
  ...{ width: WIDTH, height: HEIGHT, channels: 1 },
  data: Float32Array.from(
    { length: WIDTH * HEIGHT },
    (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 16 & most - 1,
  ),
});
const RANGE = { low: 117, high: 31_003 };

Deno.test("packFrame() keeps pixels of 16 bits to the bit, in two bytes and a list", () => {
  const frame = normalize(frameOf(1, 4096), RANGE);
  const packed = packFrame(frame);
  if (!("packed" in packed)) throw new Error("it is not packed");
  assertEquals(packed.packed.byteLength, 2 * WIDTH * HEIGHT + 4 * 4096);
  assertEquals(unpackedLater(packed), frame);
  const place = { x: 31, y: 17, size: 64 };
  assertEquals(cropSample(frameSample(packed), place), cropSample(frameSample(frame), place));
  const atEdge = { x: WIDTH - 10, y: HEIGHT - 30, size: 64 };
  assertEquals(cropSample(frameSample(packed), atEdge), cropSample(frameSample(frame), atEdge));
});

Deno.test("unpackedLater() unpacks once for each object, and a copy of it is plain", () => {
  const packed = packFrame(normalize(frameOf(2, 256), RANGE));
  const image = unpackedLater(packed);
  assertStrictEquals(image.data, image.data);
  assertEquals("packed" in image, true);
  assertEquals("packed" in { ...image }, false);
});

Deno.test("packFrame() leaves an image of too many different pixels as it is", () => {
  const data = Float32Array.from({ length: 70_000 }, (_, i) => Math.fround(Math.sin(i)) + i);
  const frame = { width: 700, height: 100, channels: 1, data };
  assertEquals(packFrame(frame), frame);
});

Deno.test("normalizedFrames() keeps frames of 16 bits in two bytes for a pixel", async () => {
  const length = 6;
  const video = {
    ...{ path: "v", length, width: WIDTH, height: HEIGHT },
    sourceNames: Array.from({ length }, (_, t) => `t${t}.tif`),
    frame: (t: number) => Promise.resolve(frameOf(t, 4096)),
  };
  const cache = new PlaneCache(2 ** 30);
  const settings = { mode: "video", low: 1, high: 99.8 } as const;
  const { frames, range } = await normalizedFrames(video, { settings, cache });
  for (let t = 0; t < length; t++) {
    assertEquals(await frames.frame(t), normalize(frameOf(t, 4096), range!));
  }
  assertLess(cache.bytes, length * (2 * WIDTH * HEIGHT + 4 * 4097));
});
